"""How parts of a plan are written for people, whatever the plan does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pg_xcopy.observe.wording import bytes_text, count_text
from pg_xcopy.planning.plan import CopyPlan, Endpoint, Plan

HOW = {
    "target": "the target's server fetches the rows from the source's",
    "source": "the source's server sends the rows to the target's",
}
_DOES = {"target": "takes", "source": "sends"}


def heading(plan: Plan) -> Iterator[str]:
    """Say which job it is, from where to where."""
    yield f"job {plan.job}"
    yield f"  from  {endpoint_text(plan.source)}"
    yield f"  to    {endpoint_text(plan.target)}"
    if plan.transport:
        yield f"  by    {plan.transport.name}: {HOW[plan.transport.side]}"
    yield ""


def endpoint_text(end: Endpoint) -> str:
    """Say where a side of the job lives."""
    return f"{end.label}, schema {end.schema} (database {end.database}, {version_text(end)})"


def version_text(end: Endpoint) -> str:
    """Write a server's version as PostgreSQL does: PostgreSQL 17.5."""
    return f"PostgreSQL {end.server_version // 10000}.{end.server_version % 10000}"


def connecting(plan: Plan) -> Iterator[str]:
    """Give what connects the servers, in each transaction that takes rows."""
    if plan.transport:
        side = plan.transport.side
        yield f"-- on the {side}, in each transaction that {_DOES[side]} rows\n{plan.transport.connect}"


def carrying(copy: CopyPlan, plan: Plan) -> Iterator[str]:
    """Give what copies the rows from server to server."""
    if plan.transport:
        yield from (f"-- on the {plan.transport.side}\n{each}" for each in copy.between)


def extent(copies: tuple[CopyPlan, ...]) -> str:
    """Say how much will be read, as far as the source knows."""
    rows = sum(copy.estimated_rows for copy in copies)
    size = sum(copy.estimated_bytes for copy in copies)
    return f"about {count_text(rows, 'row')}, {bytes_text(size)} on disk"


def copy_lines(copy: CopyPlan) -> Iterator[str]:
    """Tell one stream: from where to where, how much, in which format, what changes on the way."""
    into = "" if copy.source == copy.target else f" → {copy.target}"
    size = f"~{count_text(copy.estimated_rows, 'row')}, {bytes_text(copy.estimated_bytes)}"
    parts = f" in {len(copy.copy_to)} parts" if len(copy.copy_to) > 1 else ""
    how = f"as text: {copy.why_text}" if copy.why_text else f"in {copy.format}"
    yield f"  {copy.source}{into}  {size}{parts}, {how}"
    for column in copy.columns:
        if column.transformed:
            yield f"      {column.name} = {flat(column.expression)}"
        elif column.expression is None:
            yield f"      {column.name} is generated"
    if copy.left_out:
        yield f"      without {', '.join(copy.left_out)}"
    if copy.condition is not None:
        yield f"      where {flat(copy.condition)}"


def flat(sql: str | None) -> str:
    """Write SQL in one line."""
    return " ".join((sql or "").split())


def section(title: str, items: Iterable[str]) -> Iterator[str]:
    """List items under a title with their number; nothing where there are none."""
    listed = list(items)
    if listed:
        yield f"{title} ({len(listed)})"
        yield from (f"  {item}" for item in listed)
        yield ""
