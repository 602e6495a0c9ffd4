"""What is done to each existing table: its stream, what comes before it and after it, what is tried first."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog, Rights
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.planning.existing.merges import TEMPORARY, insert, plan_landing, plan_merge
from pg_xcopy.planning.existing.order import Order
from pg_xcopy.planning.existing.overlap import Overlap
from pg_xcopy.planning.existing.plan import LandingSchema, Merge, TableFill
from pg_xcopy.planning.existing.privileges import Wanted, table_problems
from pg_xcopy.planning.existing.sequences import sequence_steps
from pg_xcopy.planning.existing.streams import Streams
from pg_xcopy.planning.existing.upserting import Resolved, Upsert, resolve
from pg_xcopy.planning.plan import CopyPlan, Notice, PlanProblem, Step
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

LANDING = "_xcopy_{}"
"""Names of landings. Not those of their tables: a function that says SET search_path finds temporary ones first."""


class Fills(Struct, frozen=True):
    """All tables in the order in which they are filled, their streams, and what is to be said of them."""

    tables: tuple[TableFill, ...]
    copies: tuple[CopyPlan, ...]
    problems: tuple[PlanProblem, ...]
    notices: tuple[Notice, ...]


class _Made(Struct, frozen=True):
    fill: TableFill
    copy: CopyPlan
    problems: tuple[PlanProblem, ...]
    notices: tuple[Notice, ...]


def plan_fills(overlaps: tuple[Overlap, ...], order: Order, streams: Streams, pushed: LandingSchema | None) -> Fills:
    """Decide for each table into which anything is copied, in the order of filling; what is `pushed` lands there."""
    by_oid = {each.table.oid: each for each in overlaps if each.filled and each.table.is_table}
    ordered = [by_oid[each.oid] for each in order.tables if each.oid in by_oid]
    landings = (TableName(pushed.name if pushed else TEMPORARY, LANDING.format(1 + at)) for at in range(len(ordered)))
    made = [_plan_fill(one, place, order, streams) for one, place in zip(ordered, landings, strict=True)]
    return Fills(
        tables=tuple(each.fill for each in made),
        copies=tuple(each.copy for each in made),
        problems=tuple(problem for each in made for problem in each.problems),
        notices=tuple(notice for each in made for notice in each.notices),
    )


def _plan_fill(one: Overlap, place: TableName, order: Order, streams: Streams) -> _Made:
    """Decide for one table; `place` is where its rows land, if they do."""
    job, existing, table = streams.job, streams.target, one.table
    truncates, alone = job.only_target.mode == "truncate", job.transaction == "table"
    resolved = resolve(one, job, existing) if job.only_target.mode == "upsert" else Resolved(None)
    lands = job.push or resolved.upsert is not None
    landing = plan_landing(one, resolved.upsert, place, streams.types) if lands else None
    merge = plan_merge(one, resolved.upsert, place) if resolved.upsert else None
    moved = list(sequence_steps(one, existing, place if merge else None))
    names = {each.oid: each.name for each in order.tables}
    fill = TableFill(
        table=table.name,
        only_in_source=one.only_in_source,
        only_in_target=tuple(each.name for each in one.untouched),
        trial=_trial(one, resolved.upsert, lands=lands),
        waits_for=tuple(sorted(names[oid] for oid in order.waits[table.oid])),
        opening=(truncate_step((table,)),) if truncates and alone else (),
        closing=tuple(each for each in moved if isinstance(each, Step)),
        analyze=_analyze(table, existing) if job.analyze else None,
        droppers=tuple(each.name for each in existing.reacting(table) if each.before_insert),
        landing=landing,
        merge=merge,
    )
    return _Made(
        fill=fill,
        # Frozen rows are seen by snapshots older than the TRUNCATE, which see an empty table otherwise.
        copy=streams.copy(one, place if lands else table.name, frozen=truncates and table.kind == "r"),
        problems=(*resolved.problems, *_problems(one, merge, resolved.upsert, streams)),
        notices=(*resolved.notices, *(each for each in moved if isinstance(each, Notice))),
    )


def _problems(one: Overlap, merge: Merge | None, upsert: Upsert | None, streams: Streams) -> Iterator[PlanProblem]:
    updated = frozenset(merge.updated) if merge else frozenset()
    yield from table_problems(
        Wanted(
            one,
            inserted=frozenset(one.names),
            updated=updated,
            read=updated | frozenset(upsert.key.needs if upsert else ()),
            truncated=streams.job.only_target.mode == "truncate",
        ),
        streams.target,
    )
    if problem := streams.problem(one):
        yield problem


def _trial(one: Overlap, upsert: Upsert | None, *, lands: bool) -> Sql:
    types = [each.into.type for each in one.filled]
    return insert(one, render("existing/try_rows.sql.j2", types=types, typed=lands), upsert)


def truncate_step(tables: tuple[Relation, ...]) -> Step:
    """Write the TRUNCATE of some tables, in one command."""
    names = ", ".join(str(each.name) for each in tables)
    sql = render("existing/truncate.sql.j2", tables=[{"name": each.name, "kind": Sql(each.kind)} for each in tables])
    return Step(sql, f"emptying {names}", str(tables[0].name))


def _analyze(table: Relation, existing: ExistingCatalog) -> Step | None:
    if not existing.rights.get(table.oid, Rights()).analyzes:
        return None
    return Step(render("staging/analyze.sql.j2", table=table.name), f"analyzing {table.name}", str(table.name))
