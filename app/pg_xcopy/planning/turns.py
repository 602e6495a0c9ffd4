"""Foreign keys in groups that can be added at the same time, or take turns: adding one locks both its tables."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Protocol

from pg_xcopy.planning.plan import ForeignKey, TableFinish
from pg_xcopy.sql.names import TableName

Family = TableName
"""The table at the top of a hierarchy, which stands for all tables in it: they are locked together."""


class Locks(Protocol):
    """Says what adding some keys in one transaction locks."""

    def __call__(self, *keys: ForeignKey) -> frozenset[Family]:
        """Give the families."""


def families(tables: Iterable[TableFinish]) -> dict[TableName, Family]:
    """Find the top above every table; what has an heir in common is one family."""
    above: dict[TableName, TableName] = {}

    def top(table: TableName) -> Family:
        while (parent := above.setdefault(table, table)) != table:
            table = parent
        return table

    for each in tables:
        for parent in each.parents:
            above[top(each.table)] = top(parent)
        top(each.table)
    return {table: top(table) for table in tuple(above)}


def side_by_side(keys: Sequence[ForeignKey], locks: Locks) -> Iterator[ForeignKey]:
    """Give keys that lock the same tables one after the other, so that groups of them share few with each other."""
    of_family: dict[Family, list[ForeignKey]] = defaultdict(list)
    for key in keys:
        for each in locks(key):
            of_family[each].append(key)
    given: set[ForeignKey] = set()
    for first in keys:
        near = deque([first])
        while near:
            if (key := near.popleft()) not in given:
                given.add(key)
                yield key
                for each in locks(key):
                    near.extend(of_family.pop(each, ()))


def in_turns(groups: Iterable[list[ForeignKey]], locks: Locks) -> list[list[ForeignKey]]:
    """Order groups so that as many as possible of the first, and then of the next, lock nothing in common."""
    taken: dict[Family, set[int]] = defaultdict(set)
    turns: list[tuple[int, list[ForeignKey]]] = []
    for group in groups:
        held = locks(*group)
        others = set[int]().union(*(taken[each] for each in held))
        turn = next(number for number in count() if number not in others)
        turns.append((turn, group))
        for each in held:
            taken[each].add(turn)
    return [group for _, group in sorted(turns, key=lambda each: each[0])]
