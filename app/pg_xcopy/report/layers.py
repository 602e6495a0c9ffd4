"""A graph in layers: what others refer to stands to the left of them. A simple form of Sugiyama's method.

Circles are broken where a depth-first walk closes them, a node's layer is the length of the longest path from it to a
node that refers to nothing, and within a layer nodes are ordered by the mean place of their neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

Edge = tuple[str, str]
"""From the node that refers to the one that it refers to."""

SWEEPS = 6


def components(nodes: Iterable[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Split a graph into what hangs together, the largest first, each in the order of `nodes`."""
    near = _neighbours(edges)
    order = {node: number for number, node in enumerate(nodes)}
    seen: set[str] = set()
    found: list[list[str]] = []
    for node in order:
        if node in seen:
            continue
        reached, waiting = {node}, [node]
        while waiting:
            fresh = near[waiting.pop()] - reached
            reached |= fresh
            waiting += fresh
        seen |= reached
        found.append(sorted(reached, key=order.__getitem__))
    return sorted(found, key=len, reverse=True)


def layers(nodes: Sequence[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Arrange the nodes of one component; the first layer refers to nothing."""
    wanted = dict.fromkeys(edge for edge in edges if edge[0] != edge[1])
    depths = _depths(nodes, wanted)
    rows: dict[int, list[str]] = defaultdict(list)
    for node in nodes:
        rows[depths[node]].append(node)
    arranged = [rows[depth] for depth in sorted(rows)]
    near = _neighbours(wanted)
    places = {node: place for row in arranged for node, place in _places(row)}
    for sweep in range(SWEEPS):
        for row in arranged if sweep % 2 == 0 else reversed(arranged):
            row.sort(key=lambda node: _mean([places[each] for each in near[node]], places[node]))
            places.update(_places(row))
    return arranged


def _depths(nodes: Sequence[str], edges: Iterable[Edge]) -> Mapping[str, int]:
    """Walk without recursion: a chain of a thousand tables is deeper than Python's stack."""
    refers: dict[str, list[str]] = defaultdict(list)
    for child, parent in edges:
        refers[child].append(parent)
    depths: dict[str, int] = {}
    open_: set[str] = set()
    for node in nodes:
        waiting = [node]
        while waiting:
            one = waiting[-1]
            ahead = [each for each in refers[one] if each not in depths and each not in open_]
            if one not in depths and ahead:
                open_.add(one)
                waiting.append(ahead[0])
                continue
            if one not in depths:
                depths[one] = 1 + max((depths[each] for each in refers[one] if each in depths), default=-1)
            open_.discard(one)
            waiting.pop()
    return depths


def _neighbours(edges: Iterable[Edge]) -> dict[str, set[str]]:
    near: dict[str, set[str]] = defaultdict(set)
    for one, other in edges:
        near[one].add(other)
        near[other].add(one)
    return near


def _places(row: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Give each node its height, from 0 to 1, whatever the number of nodes in its layer."""
    yield from ((node, (number + 0.5) / len(row)) for number, node in enumerate(row))


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise
