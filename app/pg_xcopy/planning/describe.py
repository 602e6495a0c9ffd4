"""The plan prints itself: for people, as SQL, and as plain data for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from pg_xcopy.observe.wording import bytes_text, count_text
from pg_xcopy.planning.plan import CopyPlan, Endpoint, Plan, Step
from pg_xcopy.planning.swapping.schemas import marker
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render


def as_text(plan: Plan) -> str:
    """Tell the plan to a person: what is read, what changes on the way, what stands and falls."""
    return "\n".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    rows = sum(copy.estimated_rows for copy in plan.copies)
    size = sum(copy.estimated_bytes for copy in plan.copies)
    yield f"job {plan.job}"
    yield f"  from  {_endpoint(plan.source)}"
    yield f"  to    {_endpoint(plan.target)}"
    yield ""
    yield f"copies {count_text(len(plan.copies), 'table')}, about {count_text(rows, 'row')}, {bytes_text(size)} on disk"
    for copy in plan.copies:
        yield from _copy_lines(copy)
    yield ""
    yield from _section("then makes", [step.doing for step in _integrity(plan)])
    yield from _section("drops with the old schema", list(plan.dropped))
    yield from _section("warnings", [str(notice) for notice in plan.notices])
    yield f"then swaps: {plan.swap.method.value}{f' ({plan.swap.reason})' if plan.swap.reason else ''}"


def _endpoint(end: Endpoint) -> str:
    version = f"{end.server_version // 10000}.{end.server_version % 10000}"
    return f"{end.label}, schema {end.schema} (database {end.database}, PostgreSQL {version})"


def _copy_lines(copy: CopyPlan) -> Iterator[str]:
    into = "" if copy.source == copy.target else f" → {copy.target}"
    size = f"~{count_text(copy.estimated_rows, 'row')}, {bytes_text(copy.estimated_bytes)}"
    parts = f" in {len(copy.copy_to)} parts" if len(copy.copy_to) > 1 else ""
    how = f"as text: {copy.why_text}" if copy.why_text else f"in {copy.format}"
    yield f"  {copy.source}{into}  {size}{parts}, {how}"
    for column in copy.columns:
        if column.transformed:
            yield f"      {column.name} = {_flat(column.expression)}"
        elif column.expression is None:
            yield f"      {column.name} is generated"
    if copy.left_out:
        yield f"      without {', '.join(copy.left_out)}"
    if copy.condition is not None:
        yield f"      where {_flat(copy.condition)}"


def _flat(sql: str | None) -> str:
    return " ".join((sql or "").split())


def _section(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"{title} ({len(items)})"
        yield from (f"  {item}" for item in items)
        yield ""


def _integrity(plan: Plan) -> Iterator[Step]:
    for table in plan.finish:
        yield from (step for step in table.steps if step.topic)
    yield from (key.add for key in plan.foreign_keys)


def as_sql(plan: Plan) -> str:
    """Write every statement in the order of the run; those on either side of a stream are marked with their side."""
    return "\n".join(f"{statement};" for statement in _statements(plan))


def _statements(plan: Plan) -> Iterator[str]:
    mark = marker(plan.target.schema, "staging")
    yield f"-- on the target\nSET search_path = {plan.target_path}"
    yield render("staging/create_schema.sql.j2", schema=plan.staging, marker=mark)
    yield from (step.sql for step in plan.prepare)
    for copy in plan.copies:
        filled = f"BEGIN;\n{copy.truncate};\n{copy.copy_from};\nCOMMIT" if copy.truncate else copy.copy_from
        for part in copy.copy_to:
            yield f"-- on the source\n{part}"
            yield f"-- on the target\n{filled}"
    for table in sorted(plan.finish, key=lambda table: -table.depth):
        yield from (step.sql for step in table.steps)
    yield from (key.add.sql for key in plan.foreign_keys)
    yield from (key.validate.sql for key in plan.foreign_keys if key.validate)
    yield from (step.sql for step in plan.settle)
    yield "-- in one transaction\nBEGIN"
    yield from plan.swap.statements
    yield "COMMIT"
    yield from (f"DROP SCHEMA IF EXISTS {identifier(schema)} CASCADE" for schema in (plan.retired, plan.staging))


def as_data(plan: Plan) -> dict[str, Any]:
    """Give the plan as mappings, lists and scalars, ready for JSON; names are text, `schema.name`."""
    return {item.name: _plain(getattr(plan, item.name)) for item in fields(plan)}


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON's own variety
    if isinstance(value, TableName | Enum):
        return str(value) if isinstance(value, TableName) else value.value
    if isinstance(value, Sql):
        return str(value)
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
