"""In which order existing tables can be filled and emptied, as their foreign keys say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog, Reference
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.planning.plan import PlanProblem

_OID = int


class Order(Struct, frozen=True):
    """Tables so that each comes after those that it refers to; `deferred` keys are checked when all rows are in."""

    tables: tuple[Relation, ...]
    waits: Mapping[_OID, list[_OID]]
    deferred: tuple[Reference, ...]
    problems: tuple[PlanProblem, ...]


def load_order(tables: tuple[Relation, ...], existing: ExistingCatalog, *, together: bool) -> Order:
    """Order the tables, parents first; within one transaction a cycle can be cut where a key is deferrable.

    A table that refers to itself is no matter: its key is checked at the end of the statement that fills it.
    """
    by_oid = {each.oid: each for each in sorted(tables, key=lambda each: each.name)}
    edges = _edges(by_oid, existing)
    deferred: list[Reference] = []
    problems: list[PlanProblem] = []
    while (cycle := _cycle(by_oid, edges)) is not None:
        steps = [edges[step] for step in cycle]
        loose = next((each for each in steps if together and all(key.deferrable for key in each)), None)
        if loose is None:
            problems.append(_tangled(steps, together=together))
        else:
            deferred += loose
        del edges[cycle[steps.index(loose) if loose else 0]]
    waits = _graph(by_oid, edges)
    ordered = TopologicalSorter(waits).static_order()
    return Order(tuple(by_oid[oid] for oid in ordered), waits, tuple(deferred), tuple(problems))


def _graph(nodes: Iterable[_OID], edges: Iterable[tuple[_OID, _OID]]) -> Mapping[_OID, list[_OID]]:
    """Give the tables that each table refers to."""
    graph: dict[_OID, list[_OID]] = {oid: [] for oid in nodes}
    for origin, to in edges:
        graph[origin].append(to)
    return graph


def _edges(by_oid: Mapping[_OID, Relation], existing: ExistingCatalog) -> dict[tuple[_OID, _OID], list[Reference]]:
    """Give the enforced keys between two of the tables; that of a partition counts for the table that is filled."""
    edges: dict[tuple[_OID, _OID], list[Reference]] = {}
    for key in existing.references:
        origins = [oid for oid in existing.above(key.origin) if oid in by_oid]
        ends = [oid for oid in existing.above(key.to) if oid in by_oid]
        for step in ((origin, end) for origin in origins for end in ends if origin != end and key.enforced):
            edges.setdefault(step, []).append(key)
    return edges


def _cycle(nodes: Iterable[_OID], edges: Iterable[tuple[_OID, _OID]]) -> list[tuple[_OID, _OID]] | None:
    try:
        TopologicalSorter(_graph(nodes, edges)).prepare()
    except CycleError as error:
        # In graphlib's list each node is a predecessor of the next: here, what the next refers to.
        return [(later, earlier) for earlier, later in pairwise(error.args[1])]
    return None


def _tangled(steps: list[list[Reference]], *, together: bool) -> PlanProblem:
    keys = ", ".join(sorted(f"{key.table}.{key.name}" for step in steps for key in step))
    tables = " and ".join(sorted({str(key.table) for step in steps for key in step}))
    if not together and any(all(key.deferrable for key in step) for step in steps):
        hint = "set `transaction: job`: one of these keys is deferrable, within one transaction"
    else:
        hint = "make one of them DEFERRABLE, with `transaction: job`" if not together else "make one of them DEFERRABLE"
    return PlanProblem(tables, f"they refer to each other, so none of them can be filled first: {keys}", hint)


def truncate_problems(
    tables: tuple[Relation, ...], existing: ExistingCatalog, *, together: bool
) -> Iterator[PlanProblem]:
    """Give the keys that forbid emptying a table: those of tables that are not emptied in the same command."""
    emptied = {each.oid for each in tables}
    for table in tables:
        companions = emptied if together else {table.oid}
        for key in existing.references:
            if not _touches(key.to, table.oid, existing) or companions & set(existing.above(key.origin)):
                continue
            ours = bool(emptied & set(existing.above(key.origin)))
            hint = "set `transaction: job`" if ours else f"copy {key.table} too, or use `mode: upsert`"
            yield PlanProblem(
                str(table.name), f"it can't be emptied, as {key.table} refers to it (foreign key {key.name})", hint
            )


def _touches(referenced: _OID, emptied: _OID, existing: ExistingCatalog) -> bool:
    """Tell whether emptying one table takes rows of another: it is the same, a partition of it, or its root."""
    return emptied in existing.above(referenced) or referenced in existing.above(emptied)
