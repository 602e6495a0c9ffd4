"""The plan as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.observe.wording import bytes_text, count_text
from pg_xcopy.planning import describe
from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.existing.telling import DOES, PUSHED
from pg_xcopy.planning.plan import CopyPlan, Plan, ReplacePlan
from pg_xcopy.planning.wording import HOW, endpoint_text
from pg_xcopy.report.diagram import Diagram, Node, Reference, draw
from pg_xcopy.report.page import AS_IT_IS, ColumnLine, Planned, PlannedTable
from pg_xcopy.results import WarningResult


def planned(plan: Plan, anchor: str) -> Planned:
    """Write down a plan; `anchor` begins the ids of its tables on the page."""
    tables = tuple(_table(copy, plan, f"{anchor}-p{number}") for number, copy in enumerate(plan.copies, start=1))
    return Planned(tuple(_facts(plan)), tuple(_lists(plan)), tables, describe.as_sql(plan))


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    for side, end in (("From", plan.source), ("To", plan.target)):
        yield side, endpoint_text(end)
    if isinstance(plan, ReplacePlan):
        reason = f" ({plan.swap.reason})" if plan.swap.reason else ""
        yield "Takes its place by", f"{plan.swap.method.value}{reason}"
    elif isinstance(plan, ExistingPlan):
        within = "one transaction" if plan.transaction == "job" else "a transaction for each table"
        yield "Mode", f"{DOES[plan.mode]} tables that exist, in {within}"
        if plan.landing_schema:
            yield "On their way", PUSHED
        yield "Constraints and indexes", "the target's tables keep their own"
    if plan.transport:
        yield "Transport", f"{plan.transport.name}: {HOW[plan.transport.side]}"
    resources = plan.resources
    yield "Workers", f"{resources.workers}, {resources.readers} of them read the source"
    if resources.wakes_wal_writer:
        yield "WAL of the rows", "written beside them by the target's WAL writer, which a connection more wakes"
    if resources.max_rate:
        yield "Reads at most", f"{bytes_text(resources.max_rate)}/s"
    if resources.settings:
        yield "Settings of the target's sessions", ", ".join(f"{name} = {value}" for name, value in resources.settings)


def _lists(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(plan, ReplacePlan):
        listed = {"Uses what stands": plan.swap.used, "Makes again": plan.swap.again, "Drops": plan.dropped}
    elif isinstance(plan, ExistingPlan):
        emptied = tuple(str(each.table) for each in plan.fills) if plan.mode == "truncate" else ()
        closing = tuple(step.doing for fill in plan.fills for step in fill.closing)
        unknown = tuple(str(each.table) for each in plan.fills if not each.analyze)
        listed = {"Empties first": emptied, "Then": closing, "Leaves statistics to autovacuum": unknown}
    else:
        listed = {}
    yield from ((title, items) for title, items in listed.items() if items)


def _table(copy: CopyPlan, plan: Plan, anchor: str) -> PlannedTable:
    parts = f", in {count_text(len(copy.copy_to), 'part')}" if len(copy.copy_to) > 1 else ""
    why = f" ({copy.why_text})" if copy.why_text else ""
    return PlannedTable(
        name=str(copy.source),
        into="" if copy.source == copy.target else str(copy.target),
        anchor=anchor,
        travels=f"{copy.format}{why}{parts}",
        condition=copy.condition or "",
        columns=(*_columns(copy), *_target_columns(copy, plan)),
        select=copy.select,
    )


def _columns(copy: CopyPlan) -> Iterator[ColumnLine]:
    converted = {each.column: f"converted from {each.given}" for each in copy.conversions}
    for column in copy.columns:
        if column.expression is None:
            yield ColumnLine(column.name, column.type, "generated on the target")
        elif column.transformed:
            yield ColumnLine(column.name, column.type, "transformed", column.expression)
        else:
            yield ColumnLine(column.name, column.type, converted.get(column.name, AS_IT_IS))
    for name in copy.left_out:
        yield ColumnLine(name, "", "left out")


def _target_columns(copy: CopyPlan, plan: Plan) -> Iterator[ColumnLine]:
    """Give the columns that only one side of an existing table has."""
    if not isinstance(plan, ExistingPlan):
        return
    fill = plan.fills[plan.copies.index(copy)]
    missing = [name for name in fill.only_in_source if name not in copy.left_out]
    yield from (ColumnLine(name, "", "only in the source") for name in missing)
    yield from (ColumnLine(name, "", "left to the target") for name in fill.only_in_target)


def diagram(plan: Plan, warnings: tuple[WarningResult, ...], rows: dict[str, str]) -> Diagram | None:
    """Draw the foreign keys among the copied tables; None where there are none. `rows` says how many each table has."""
    references = tuple(_references(plan, {each.subject for each in warnings}))
    if not references:
        return None
    copied = {str(each): rows.get(str(each), "") for each in _targets(plan)}
    names = [each for reference in references for each in (reference.child, reference.parent)]
    home = f"{plan.target.schema}."
    nodes = [Node(name, name.removeprefix(home), remark) for name, remark in copied.items()]
    others = [name for name in dict.fromkeys(names) if name not in copied]
    nodes += [Node(name, name.removeprefix(home), "not copied", copied=False) for name in others]
    return draw(nodes, references)


def _targets(plan: Plan) -> list[str]:
    if isinstance(plan, ReplacePlan):
        return [str(each.table) for each in plan.finish]
    return [str(each.table) for each in plan.fills] if isinstance(plan, ExistingPlan) else []


def _references(plan: Plan, lost: set[str]) -> Iterator[Reference]:
    if isinstance(plan, ReplacePlan):
        for key in plan.foreign_keys:
            if key.refers_to:
                subject, table = key.add.subject, str(key.table)
                name = subject.removeprefix(f"{table}.")
                yield Reference(table, str(key.refers_to), name, subject not in lost)
        tables = sorted(_targets(plan), key=len, reverse=True)
        for notice in plan.notices:
            owner = next((each for each in tables if notice.subject.startswith(f"{each}.")), None)
            if notice.refers_to and owner:
                name = notice.subject.removeprefix(f"{owner}.")
                yield Reference(owner, str(notice.refers_to), name, holds=False)
    elif isinstance(plan, ExistingPlan):
        for fill in plan.fills:
            for parent in fill.waits_for:
                yield Reference(str(fill.table), str(parent), "a foreign key of the target", holds=True)
