"""The streams: one SELECT on the source, one COPY on either side, for every flow of rows."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pg_xcopy.catalog.relations import Relation
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.foreign import Rows
from pg_xcopy.planning.plan import CopyPlan, Notice, PlanProblem, Topic
from pg_xcopy.planning.rows.filters import condition, missing_columns
from pg_xcopy.planning.rows.shape import Shape
from pg_xcopy.planning.selecting.columns import near_columns
from pg_xcopy.planning.selecting.design import Flow
from pg_xcopy.planning.selecting.selection import Selected
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


class Chosen(Struct, frozen=True):
    """The tables that remain when filters on columns that a table lacks are settled."""

    tables: tuple[Selected, ...]
    problems: tuple[PlanProblem, ...]
    notices: tuple[Notice, ...]


def missing_column_decisions(job: Job, tables: tuple[Selected, ...]) -> Chosen:
    """Settle filters on missing columns: an error by default; a filter that silently does not apply is a leak."""
    kept: list[Selected] = []
    problems: list[PlanProblem] = []
    notices: list[Notice] = []
    for each in tables:
        missing = missing_columns(each.rule.where, each.relation.column_names)
        policy = "error" if each.exact else (each.rule.on_missing_column or job.on_missing_column)
        if missing and policy == "skip_table":
            notices.append(Notice(Topic.TABLE, str(each.relation.name), f"it has no {_listed(missing)}"))
            continue
        if missing and policy == "error":
            problems.append(_missing(each, missing))
        elif missing:
            notices.append(Notice(Topic.FILTER, str(each.relation.name), f"it has no {_listed(missing)}"))
        kept.append(each)
    return Chosen(tuple(kept), tuple(problems), tuple(notices))


def _listed(names: tuple[str, ...]) -> str:
    return f"column {' or '.join(names)}"


def _missing(selected: Selected, missing: tuple[str, ...]) -> PlanProblem:
    hint = (
        near_columns(selected.relation, *missing)
        if selected.exact
        else "exclude the table, or say `on_missing_column: skip_table` or `copy_all`"
    )
    return PlanProblem(
        str(selected.relation.name), f"`where` filters by {_listed(missing)}, which it does not have", hint
    )


def guard(selected: Selected, relation: Relation, expressions: Iterable[str]) -> Sql | None:
    """Write what fails where one of the user's expressions is more, or less, than one, or looks beyond a partition."""
    transforms, filters = [*map(Sql, expressions)], []
    if isinstance(selected.rule.where, str):
        filters.append(Sql(selected.rule.where))
    if not (transforms or filters):
        return None
    return render(
        "copy/guard.sql.j2",
        expressions=[*transforms, *filters],
        windowless=[] if relation == selected.relation else transforms,
        only=relation.kind == "r",
        table=relation.name,
    )


def plan_copy(flow: Flow, shape: Shape) -> CopyPlan:
    """Write the statements of one flow of rows."""
    rule, relation, design = flow.design.selected.rule, flow.relation, flow.design
    types = {column.name: column.bare_type for column in design.relation.columns}
    columns = tuple(column for column in design.columns.plans if column.expression is not None)
    where = None if rule.where is None else condition(rule.where, relation.column_names)
    select = render(
        "copy/select.sql.j2",
        table=relation.name,
        only=relation.kind == "r",
        columns=[
            {
                "name": column.name,
                "transformed": column.transformed,
                "expression": column.expression,
                "cast_type": types[column.name],
            }
            for column in columns
        ],
        condition=where,
    )
    chosen, why_text = shape.format_of(flow, select)
    parts = tuple(render("copy/part.sql.j2", select=select, blocks=blocks) for blocks in shape.parts_of(flow, select))
    frozen, rows = shape.freezes(flow, select), Rows((relation,), where)
    return CopyPlan(
        source=relation.name,
        target=design.name,
        columns=design.columns.plans,
        left_out=tuple(column.name for column in relation.columns if column.name in design.columns.left_out),
        select=select,
        copy_to=tuple(render("copy/copy_to.sql.j2", select=part, format=Sql(chosen)) for part in parts),
        copy_from=render(
            "copy/copy_from.sql.j2",
            table=design.staged,
            columns=[column.name for column in columns],
            format=Sql(chosen),
            frozen=frozen,
        ),
        condition=where,
        guard=guard(design.selected, relation, (each.expression or "" for each in columns if each.transformed)),
        estimated_rows=relation.estimated_rows,
        estimated_bytes=relation.bytes,
        format=chosen,
        why_text=why_text,
        truncate=render("copy/truncate.sql.j2", table=design.staged) if frozen else None,
        between=shape.writing.statements(design.staged, columns, parts, rows) if shape.writing else (),
        trial=shape.writing.trial(rows) if shape.writing else None,
    )
