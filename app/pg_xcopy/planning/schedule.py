"""In which order the work of a run can be done, and what of it at the same time: tables, their parts, their indexes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.plan import CopyPlan, ForeignKey, ReplacePlan, Step, TableFinish, TableStart
from pg_xcopy.planning.turns import Family, families, in_turns, side_by_side
from pg_xcopy.sql.names import TableName

Item = TypeVar("Item")

SMALL = 8 * 1024 * 1024
"""Bytes below which tables are worked on together, since a transaction for each would cost more than their rows."""

TOGETHER = 50
"""Tables in one transaction: each takes locks for itself, its indexes and its TOAST table."""

BUILDING = 6
"""An index costs a sixth of copying its table: 0.4 s beside 2.9 s, measured with 1.5 million rows of 290 bytes."""

ANALYZING = 10
"""The statistics of a table cost a tenth of copying it, …"""

SAMPLE = 64 * 1024 * 1024
"""… but no more than copying this many bytes: they are gathered from 30,000 rows at most."""


class Load(Struct, frozen=True):
    """Rows to copy, in one transaction on the target: small tables, or one part of a large one."""

    parts: tuple[tuple[CopyPlan, int], ...]


class Make(Struct, frozen=True):
    """Statements to run on the target, `together` in one transaction or each in its own.

    `table` is the one that all of them are about; None where there are several.
    """

    steps: tuple[Step, ...]
    together: bool
    phase: Phase = Phase.FINISH
    table: TableName | None = None


class Validate(Struct, frozen=True):
    """Foreign keys of one `table` to validate, where adding them was possible."""

    table: TableName
    keys: tuple[ForeignKey, ...]


class Work(Struct, frozen=True):
    """Something for one worker, which can begin when the works at the places in `after` are done.

    `weight` is the length of the longest chain of works that begins with it, in bytes to copy: a run can't end sooner.
    """

    task: Load | Make | Validate
    after: frozenset[int]
    weight: int


class _Schedule:
    """Collects works; a work is known by its place, which comes after those that it waits for."""

    def __init__(self) -> None:
        self._works: list[tuple[Load | Make | Validate, frozenset[int], int]] = []

    def add(self, task: Load | Make | Validate, after: Iterable[int], cost: int) -> int:
        """Add a work that costs as much as copying `cost` bytes; return its place."""
        self._works.append((task, frozenset(after), cost))
        return len(self._works) - 1

    def works(self) -> tuple[Work, ...]:
        """Give all, each with its weight."""
        longest = [0] * len(self._works)
        for place, (_, after, cost) in reversed(tuple(enumerate(self._works))):
            longest[place] += cost
            for each in after:
                longest[each] = max(longest[each], longest[place])
        return tuple(Work(task, after, longest[place]) for place, (task, after, _) in enumerate(self._works))


def make_schedule(plan: ReplacePlan) -> tuple[Work, ...]:
    """Arrange everything from the tables that stand alone to the foreign keys' last row.

    A table's keys come when its rows are in, and its partitions, whose keys it adopts, and heirs are complete; then its
    indexes, any of them at once; then what needs these. Foreign keys come when both their tables are complete.
    """
    schedule = _Schedule()
    starts = _starts(plan, schedule)
    loads = {table: [place] for table, place in starts.items()} | _loads(plan, starts, schedule)
    ready: dict[TableName, int] = {}
    below: dict[TableName, list[TableName]] = defaultdict(list)
    for each in sorted(plan.finish, key=lambda each: each.depth):
        for parent in each.parents:
            below[parent].append(each.table)
            # Rows may come through the partitioned table, whichever partition they end in.
            loads.setdefault(each.table, []).extend(loads.get(parent, ()))
    for depth in sorted({each.depth for each in plan.finish}, reverse=True):
        tables = [each for each in plan.finish if each.depth == depth]
        for group in _groups(tables):
            waits = {place for each in group for place in loads.get(each.table, ())}
            waits |= {ready[heir] for each in group for heir in below[each.table]}
            ready |= dict.fromkeys((each.table for each in group), _finish(group, waits, schedule))
    _foreign_keys(plan, ready, schedule)
    return schedule.works()


def _starts(plan: ReplacePlan, schedule: _Schedule) -> dict[TableName, int]:
    """Add the making of tables, in the groups in which they are filled; return the place of each table's."""
    sizes: dict[TableName, int] = defaultdict(int)
    for copy in plan.copies:
        sizes[copy.target] += copy.estimated_bytes
    places: dict[TableName, int] = {}
    ordered = sorted(plan.separate, key=lambda each: -sizes[each.table])
    for group in _full(ordered, lambda each: sizes[each.table]):
        making = Make(_steps(group), together=True, phase=Phase.BUILD, table=_only(group))
        place = schedule.add(making, (), 0)
        places |= dict.fromkeys((each.table for each in group), place)
    return places


def _loads(plan: ReplacePlan, starts: Mapping[TableName, int], schedule: _Schedule) -> dict[TableName, list[int]]:
    """Add the loads, in the order in which several targets want them; return the places of those that fill each."""
    places: dict[TableName, list[int]] = {}
    ordered = sorted(plan.copies, key=lambda each: (each.rank, -each.estimated_bytes))
    for group in [ordered] if _at_once(plan) else _full(ordered, _weight):
        size, parts = sum(each.estimated_bytes for each in group), len(group[0].copy_to)
        for part in range(parts):
            load = Load(tuple((each, part) for each in group))
            place = schedule.add(load, _started(group, starts), size // parts)
            for each in group:
                places.setdefault(each.target, []).append(place)
    return places


def _at_once(plan: ReplacePlan) -> bool:
    """Tell whether all rows have to come in one transaction."""
    return bool(plan.copies and plan.transport and plan.transport.at_once)


def _weight(copy: CopyPlan) -> int:
    """Give its bytes; what comes in parts is never put together with others."""
    return copy.estimated_bytes if len(copy.copy_to) == 1 else max(copy.estimated_bytes, SMALL + 1)


def _started(copies: Iterable[CopyPlan], starts: Mapping[TableName, int]) -> set[int]:
    return {starts[each.target] for each in copies if each.target in starts}


def _groups(tables: list[TableFinish]) -> Iterator[list[TableFinish]]:
    """Give large tables alone, small ones in the groups in which they are loaded."""
    ordered = sorted(tables, key=lambda each: -each.bytes)
    yield from ([each] for each in ordered if each.bytes >= SMALL)
    yield from _full((each for each in ordered if each.bytes < SMALL), lambda each: each.bytes)


def _full(items: Iterable[Item], size_of: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Fill groups up to what is small, in number and in bytes."""
    group: list[Item] = []
    size = 0
    for item in items:
        size += size_of(item)
        if group and (len(group) == TOGETHER or size > SMALL):
            yield group
            group, size = [], size_of(item)
        group.append(item)
    if group:
        yield group


def _finish(group: list[TableFinish], after: set[int], schedule: _Schedule) -> int:
    """Add what completes these tables; return the place of the last work."""
    size = sum(each.bytes for each in group)
    if size < SMALL or len(group) > 1:
        return schedule.add(Make(_steps(group), together=True, table=_only(group)), after, size)
    (table,) = group
    if table.keys:
        keys = Make(table.keys, together=False, phase=Phase.KEYS, table=table.table)
        after = {schedule.add(keys, after, len(table.keys) * size // BUILDING)}
    indexes = {
        schedule.add(Make((each,), together=False, phase=Phase.INDEXES, table=table.table), after, size // BUILDING)
        for each in table.indexes
    }
    rest = Make(table.rest, together=False, phase=Phase.ANALYZE, table=table.table)
    return schedule.add(rest, indexes or after, min(size, SAMPLE) // ANALYZING if table.rest else 0)


def _steps(group: Iterable[TableStart | TableFinish]) -> tuple[Step, ...]:
    return tuple(step for each in group for step in each.steps)


def _only(group: Sequence[TableStart | TableFinish]) -> TableName | None:
    """Name the table of a group that has no other."""
    return group[0].table if len(group) == 1 else None


def _foreign_keys(plan: ReplacePlan, ready: Mapping[TableName, int], schedule: _Schedule) -> None:
    """Add keys in groups, none beside one that locks the same tables; validate the large ones apart."""
    family = families(plan.finish)
    last: dict[Family, set[int]] = defaultdict(set)
    for table, place in ready.items():
        last[family[table]].add(place)

    def locks(*keys: ForeignKey) -> frozenset[Family]:
        return frozenset(family.get(table, table) for key in keys for table in (key.table, key.refers_to) if table)

    groups = list(_full(side_by_side(plan.foreign_keys, locks), lambda key: 0 if key.validate else key.bytes))
    for group in in_turns(groups, locks):
        adding = Make(tuple(key.add for key in group), together=True, phase=Phase.FOREIGN_KEYS)
        held = locks(*group)
        place = schedule.add(adding, set[int]().union(*(last[each] for each in held)), 0)
        last |= {each: {place} for each in held}
    apart = [key for key in plan.foreign_keys if key.validate]
    for table in dict.fromkeys(key.table for key in apart):
        keys = tuple(key for key in apart if key.table == table)
        schedule.add(Validate(table, keys), last[family[table]], keys[0].bytes)
