"""How several targets are fed from one reading: what their plans agree on, and the order in which they ask for rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from msgspec.structs import replace

from pg_xcopy.catalog.servers import Server
from pg_xcopy.planning.plan import CopyPlan, Plan
from pg_xcopy.planning.rows.shape import Agreement
from pg_xcopy.sql.quoting import Sql

P = TypeVar("P", bound=Plan)


def agree(plans: Sequence[Plan], servers: Iterable[Server]) -> Agreement:
    """Find what must be the same for a SELECT to be read once: text where one target needs it, the fewest parts.

    `servers` are those of the plans' targets. Targets on one share the workers that each of them would have alone, and
    so a table has fewer parts.
    """
    formats: dict[Sql, list[str]] = defaultdict(list)
    parts: dict[Sql, list[int]] = defaultdict(list)
    for copy in _copies(plans):
        formats[copy.select].append(copy.format)
        parts[copy.select].append(len(copy.copy_to))
    neighbours = Counter(server.instance for server in servers)
    crowd = max(neighbours.values(), default=1)
    alone = min((plan.resources.workers for plan in plans), default=1) // crowd <= 1
    return Agreement(
        text=frozenset(select for select, found in formats.items() if len(set(found)) > 1),
        parts={
            select: 1 if alone else max(1, min(found) // crowd)
            for select, found in parts.items()
            if len(found) > 1 and (crowd > 1 or len(set(found)) > 1)
        },
        neighbours={instance: number for instance, number in neighbours.items() if number > 1},
    )


def in_one_order(plans: Sequence[P]) -> tuple[P, ...]:
    """Give every copy its rank, the same in all plans; raises CycleError where plans contradict each other.

    A plan whose tables must come in a certain order keeps it; of what may come first, the largest does. All have as
    many readers as the one with the fewest: who asked for more at once would wait for the others.
    """
    sizes = {copy.select: copy.estimated_bytes for copy in _copies(plans)}
    order: TopologicalSorter[Sql] = TopologicalSorter(dict.fromkeys(sizes, ()))
    for plan in plans:
        for before, after in zip(plan.copies, plan.copies[1:], strict=False) if plan.in_order else ():
            order.add(after.select, before.select)
    ranks = {select: rank for rank, select in enumerate(_largest_first(order, sizes))}
    readers = min((plan.resources.readers for plan in plans), default=1)
    return tuple(
        replace(
            plan,
            copies=tuple(replace(copy, rank=ranks[copy.select]) for copy in plan.copies),
            resources=replace(plan.resources, readers=readers),
        )
        for plan in plans
    )


def contradicts(plans: Sequence[Plan], another: Plan) -> bool:
    """Tell whether a plan can't be fed in one order with the others."""
    try:
        in_one_order([*plans, another])
    except CycleError:
        return True
    return False


def statements(plan: Plan) -> frozenset[Sql]:
    """Give all that a plan asks the source for."""
    return frozenset(statement for copy in plan.copies for statement in copy.copy_to)


def _copies(plans: Sequence[Plan]) -> Iterator[CopyPlan]:
    return (copy for plan in plans for copy in plan.copies)


def _largest_first(order: TopologicalSorter[Sql], sizes: dict[Sql, int]) -> Iterator[Sql]:
    order.prepare()
    ready: list[Sql] = []
    while order.is_active():
        ready = sorted([*ready, *order.get_ready()], key=lambda select: (-sizes[select], select))
        first, *ready = ready
        yield first
        order.done(first)
