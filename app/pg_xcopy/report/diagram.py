"""The foreign keys among the copied tables, as a drawing: boxes and lines with their places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from msgspec import Struct

from pg_xcopy.observe.wording import count_text
from pg_xcopy.report.layers import components, layers

BOX_WIDTH, BOX_HEIGHT = 200, 40
GAP_X, GAP_Y, MARGIN = 90, 14, 16
LONGEST = 26
"""Characters of a name in a box."""


class Node(Struct, frozen=True):
    """A table to draw: `name` identifies it, `label` is shown. One that is not `copied` only is referred to."""

    name: str
    label: str
    remark: str
    copied: bool = True


class Reference(Struct, frozen=True):
    """A foreign key: between the names of two nodes. One that does not `hold` was left out on the target."""

    child: str
    parent: str
    name: str
    holds: bool


class Box(Struct, frozen=True):
    """A drawn table."""

    number: int
    node: Node
    x: int
    y: int

    @property
    def short(self) -> str:
        """Its label, as far as there is room."""
        label = self.node.label
        return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


class Line(Struct, frozen=True):
    """A drawn foreign key, or several between the same two tables: numbers of boxes, an SVG path, what they are."""

    child: int
    parent: int
    path: str
    label: str
    holds: bool


class Drawing(Struct, frozen=True):
    """Tables that hang together."""

    title: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


class Diagram(Struct, frozen=True):
    """All drawings, the largest first, and the tables that neither refer to another nor are referred to."""

    drawings: tuple[Drawing, ...]
    alone: tuple[str, ...]
    references: int


def draw(nodes: Sequence[Node], references: Sequence[Reference]) -> Diagram:
    """Lay out tables and their foreign keys."""
    by_name = {each.name: each for each in nodes}
    edges = [(each.child, each.parent) for each in references]
    linked = {name for edge in edges for name in edge}
    numbers = count()
    drawings = tuple(
        _drawing([by_name[name] for name in names], references, numbers)
        for names in components([each.name for each in nodes if each.name in linked], edges)
    )
    alone = tuple(each.label for each in nodes if each.name not in linked)
    return Diagram(drawings, alone, len(references))


def _drawing(nodes: Sequence[Node], references: Sequence[Reference], numbers: Iterable[int]) -> Drawing:
    by_name = {each.name: each for each in nodes}
    own = [each for each in references if each.child in by_name]
    arranged = layers(list(by_name), [(each.child, each.parent) for each in own])
    tallest = max(map(len, arranged))
    boxes = {
        name: Box(
            next(iter(numbers)), by_name[name], MARGIN + column * (BOX_WIDTH + GAP_X), _y(row, len(names), tallest)
        )
        for column, names in enumerate(arranged)
        for row, name in enumerate(names)
    }
    return Drawing(
        title=_title(nodes, own),
        width=2 * MARGIN + len(arranged) * (BOX_WIDTH + GAP_X) - GAP_X + 24,
        height=2 * MARGIN + tallest * (BOX_HEIGHT + GAP_Y) - GAP_Y,
        boxes=tuple(boxes.values()),
        lines=tuple(_lines(own, boxes)),
    )


def _y(row: int, rows: int, tallest: int) -> int:
    """Put a column of boxes in the middle of the drawing's height."""
    step = BOX_HEIGHT + GAP_Y
    return MARGIN + (tallest - rows) * step // 2 + row * step


def _title(nodes: Sequence[Node], references: Sequence[Reference]) -> str:
    degree: dict[str, int] = defaultdict(int)
    for each in references:
        degree[each.parent] += 1
    first = sorted(nodes, key=lambda each: -degree[each.name])[:2]
    more = len(nodes) - len(first)
    names = ", ".join(each.label for each in first) + (f" and {more} more" if more else "")
    return f"{names} ({count_text(len(nodes), 'table')}, {count_text(len(references), 'foreign key')})"


def _lines(references: Iterable[Reference], boxes: Mapping[str, Box]) -> Iterable[Line]:
    bundles: dict[tuple[str, str], list[Reference]] = defaultdict(list)
    for each in references:
        bundles[each.child, each.parent].append(each)
    for (child, parent), bundle in bundles.items():
        names = ", ".join(each.name if each.holds else f"{each.name} (left out)" for each in bundle)
        ends = f"{boxes[child].node.label} → {boxes[parent].node.label}"
        holds = any(each.holds for each in bundle)
        path = _path(boxes[child], boxes[parent])
        yield Line(boxes[child].number, boxes[parent].number, path, f"{ends}: {names}", holds)


def _path(child: Box, parent: Box) -> str:
    """Lead from the child's left side to the parent's right one; or around, where the child stands elsewhere."""
    y, end_y = child.y + BOX_HEIGHT // 2, parent.y + BOX_HEIGHT // 2
    end_x = parent.x + BOX_WIDTH
    if child.x > parent.x:
        bend = GAP_X // 2
        return f"M{child.x} {y}C{child.x - bend} {y} {end_x + bend} {end_y} {end_x} {end_y}"
    start_x, out = child.x + BOX_WIDTH, 40
    if child is parent:
        y, end_y = y - 8, end_y + 8
    return f"M{start_x} {y}C{start_x + out} {y} {end_x + out} {end_y} {end_x} {end_y}"
