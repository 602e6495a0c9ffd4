"""How the plan to fill existing tables is told: to a person, and as the statements that will be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pg_xcopy.observe.wording import count_text
from pg_xcopy.planning.existing.plan import ExistingPlan, TableFill
from pg_xcopy.planning.plan import CopyPlan
from pg_xcopy.planning.wording import carrying, connecting, copy_lines, extent, heading, section
from pg_xcopy.sql.quoting import identifier

DOES = {"append": "appends to", "truncate": "empties and fills", "upsert": "upserts into"}
PUSHED = "the rows land in a schema of their own first, which is dropped at the end"
_WITHIN = {"job": "in one transaction", "table": "each in a transaction of its own"}


def lines(plan: ExistingPlan) -> Iterator[str]:
    """Say what is read, which columns go where, what is emptied and moved."""
    tables = count_text(len(plan.fills), "existing table")
    yield from heading(plan)
    yield f"{DOES[plan.mode]} {tables}, {_WITHIN[plan.transaction]}, {extent(plan.copies)}"
    if plan.landing_schema:
        yield PUSHED
    for fill, copy in zip(plan.fills, plan.copies, strict=True):
        yield from copy_lines(copy)
        yield from _column_lines(fill, copy)
    yield ""
    if plan.mode == "truncate":
        yield from section("empties first", (str(fill.table) for fill in plan.fills))
    yield from section("then", (step.doing for fill in plan.fills for step in fill.closing))
    yield from section("gathers statistics of", (str(fill.table) for fill in plan.fills if fill.analyze))
    yield from section("leaves statistics to autovacuum", (str(each.table) for each in plan.fills if not each.analyze))
    yield from section("warnings", map(str, plan.notices))


def _column_lines(fill: TableFill, copy: CopyPlan) -> Iterator[str]:
    yield f"      columns {', '.join(each.name for each in copy.columns if each.expression is not None)}"
    for each in copy.conversions:
        yield f"      {each.column} from {each.given} to {each.wanted}"
    if fill.merge:
        becomes = f"get new {', '.join(fill.merge.updated)}" if fill.merge.updated else "stay as they are"
        yield f"      rows that are there, by the key {fill.merge.key}, {becomes}"
    if fill.only_in_source:
        yield f"      only in the source: {', '.join(fill.only_in_source)}"
    if fill.only_in_target:
        yield f"      left to the target: {', '.join(fill.only_in_target)}"


def statements(plan: ExistingPlan) -> Iterator[str]:
    """Give every statement in the order of the run; those on either side of a stream are marked with their side."""
    yield f"-- on the target\nSET search_path = {plan.target_path}"
    yield from (f"SET {name} = '{value}'" for name, value in plan.resources.settings)
    yield from (step.sql for step in plan.preparing)
    yield from connecting(plan)
    yield from _together(plan) if plan.transaction == "job" else _separately(plan)
    if plan.landing_schema:
        yield f"DROP SCHEMA IF EXISTS {identifier(plan.landing_schema.name)} CASCADE"
    yield from (fill.analyze.sql for fill in plan.fills if fill.analyze)


def _together(plan: ExistingPlan) -> Iterator[str]:
    yield from _on_target(["BEGIN"], plan)
    if not plan.lands:
        yield from (step.sql for step in plan.opening)
    for fill, copy in zip(plan.fills, plan.copies, strict=True):
        yield from _coming(fill, copy, plan)
    late = (step.sql for step in plan.opening if plan.lands)
    merging = (each for fill in plan.fills for each in _merging(fill))
    yield from _on_target((*late, *merging, "SET CONSTRAINTS ALL IMMEDIATE"), plan)
    for fill in plan.fills:
        yield from _closing(fill)
    yield "COMMIT"


def _separately(plan: ExistingPlan) -> Iterator[str]:
    for fill, copy in zip(plan.fills, plan.copies, strict=True):
        opening = [step.sql for step in fill.opening]
        yield from _on_target(["BEGIN", *(() if fill.landing else opening)], plan)
        yield from _coming(fill, copy, plan)
        landed = (*(opening if fill.landing else ()), *_merging(fill), *_closing(fill), "COMMIT")
        yield from _on_target(landed, plan)


def _coming(fill: TableFill, copy: CopyPlan, plan: ExistingPlan) -> Iterator[str]:
    if fill.landing and not plan.landing_schema:
        yield fill.landing.create.sql
    if copy.between:
        yield from carrying(copy, plan)
    else:
        yield f"-- on the source\n{copy.copy_to[0]}"
        yield f"-- on the target\n{copy.copy_from}"


def _merging(fill: TableFill) -> Iterator[str]:
    if fill.merge:
        yield fill.merge.duplicates if not fill.merge.updated else "SAVEPOINT merging"
    if fill.landing:
        yield fill.landing.insert.sql


def _on_target(statements: Sequence[str], plan: ExistingPlan) -> Iterator[str]:
    """Mark where it is the target's turn after a source that pushes."""
    first, *rest = statements
    yield f"-- on the target\n{first}" if plan.landing_schema else first
    yield from rest


def _closing(fill: TableFill) -> Iterator[str]:
    yield from (step.sql for step in fill.closing)
