"""Every SELECT is tried on the source before the target is touched, and all that is wrong is said at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec.structs import replace

from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.routing import refused_by_route
from pg_xcopy.engine.before.sides import Sides
from pg_xcopy.engine.before.trying import refused_by_target
from pg_xcopy.engine.sources.source import Source, open_reader
from pg_xcopy.engine.steps import batches
from pg_xcopy.errors import DatabaseError, PlanError
from pg_xcopy.planning.plan import CopyPlan, Plan, Topic
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render

Planned = TypeVar("Planned", bound=Plan)

INSUFFICIENT_PRIVILEGE = "42501"
CANNOT_COERCE = "42846"
WINDOWING_ERROR = "42P20"


def check(plan: Planned, sides: Sides, sessions: Sessions) -> Planned:
    """Have the source plan every SELECT: names, types and privileges; return the plan with the server's estimates.

    Raises PlanError with one reason for each table that can't be read, or that exists and can't take its rows.
    """
    source, reasons = sides.source, list(refused_by_target(plan, sides.target))
    reasons += refused_by_route(plan, sides, sessions)
    denied = False
    checked: dict[CopyPlan, CopyPlan] = {}
    session = open_reader(source, plan, sessions)
    # Apart from the first SELECT: in one message with it, a syntax error there would be its end too.
    session.run(Sql("SAVEPOINT checked"), "opening a transaction")
    for batch in batches(copy for copy in plan.copies if _is_plain(copy)):
        if _all_pass(session, batch):
            checked |= {copy: copy for copy in batch}
    for copy in plan.copies:
        if copy in checked:
            continue
        try:
            checked[copy] = _checked(session, copy)
        except DatabaseError as error:
            if error.connection_lost:
                raise
            session.run(Sql("ROLLBACK TO SAVEPOINT checked"), "rolling back")
            denied = denied or error.sqlstate == INSUFFICIENT_PRIVILEGE
            without_cast = list(_without_cast(session, copy)) if error.sqlstate == CANNOT_COERCE else []
            reasons += without_cast or [f"{copy.source}: {error.reason} ({_hint(error, copy, session, source)})"]
    sessions.close(session)
    if denied:  # whoever has to ask for privileges asks for all of them
        reasons += [str(each) for each in plan.notices if each.topic is Topic.SEQUENCE]
    if reasons:
        raise PlanError(plan.job, tuple(dict.fromkeys(reasons)))
    return replace(plan, copies=tuple(checked[copy] for copy in plan.copies))


def _is_plain(copy: CopyPlan) -> bool:
    """Tell whether there is nothing of the user's in its SELECT, and nothing that the server would have to estimate."""
    counted = copy.estimated_rows > 0 or copy.estimated_bytes == 0
    return copy.condition is None and copy.guard is None and counted


def _all_pass(session: Session, copies: list[CopyPlan]) -> bool:
    """Check many in one round trip; where one fails, nothing is known of the others."""
    statements = ";\n".join(render("copy/explain.sql.j2", select=copy.select) for copy in copies)
    try:
        session.run(Sql(statements), f"checking {copies[0].source} and others")
    except DatabaseError as error:
        if error.connection_lost:
            raise
        session.run(Sql("ROLLBACK TO SAVEPOINT checked"), "rolling back")
        return False
    return True


def _checked(session: Session, copy: CopyPlan) -> CopyPlan:
    plan = _explain(session, copy.select, copy)
    if copy.guard is not None:
        try:
            _explain(session, copy.guard, copy)
        except DatabaseError as error:
            raise dataclasses.replace(error, reason=_explained(error)) from error
    return _estimated(copy, plan)


def _explained(error: DatabaseError) -> str:
    if error.sqlstate == WINDOWING_ERROR:
        return "a window function in `transform` would see the rows of one partition at a time"
    return f"an expression in `where` or `transform` is not one complete expression: {error.reason}"


def _without_cast(session: Session, copy: CopyPlan) -> Iterator[str]:
    """Find the columns whose types no cast brings together."""
    for each in copy.conversions:
        try:
            _explain(session, each.trial, copy)
        except DatabaseError as error:
            if error.sqlstate != CANNOT_COERCE:
                raise
            session.run(Sql("ROLLBACK TO SAVEPOINT checked"), "rolling back")
            hint = f"say how with `transform: {{{each.column}: …}}`, or leave it out with null"
            yield f"{copy.source}.{each.column}: {each.given} can't become the target's {each.wanted} ({hint})"


def _explain(session: Session, select: Sql, copy: CopyPlan) -> dict[str, Any]:
    explained = session.value(render("copy/explain.sql.j2", select=select), f"checking {copy.source}")
    return dict(explained[0]["Plan"])


def _estimated(copy: CopyPlan, root: dict[str, Any]) -> CopyPlan:
    """Take the server's estimates where a filter makes the table's own size meaningless, or nobody has counted yet."""
    rows = int(root["Plan Rows"])
    if copy.condition is None:
        return replace(copy, estimated_rows=copy.estimated_rows or rows)
    return replace(copy, estimated_rows=rows, estimated_bytes=min(copy.estimated_bytes, rows * int(root["Plan Width"])))


def _hint(error: DatabaseError, copy: CopyPlan, session: Session, source: Source) -> str:
    """Say how to mend it; for missing privileges with the statements that give them."""
    grants = _grants(error, copy, session) if error.sqlstate == INSUFFICIENT_PRIVILEGE else []
    if grants:
        return f"ask for: {grant(source.catalog.server.role, *grants)}"
    if error.sqlstate == WINDOWING_ERROR:
        return "compute it in a view, and copy that"
    return error.hint or f"SQLSTATE {error.sqlstate}"


def _grants(error: DatabaseError, copy: CopyPlan, session: Session) -> list[str]:
    """Ask what our role may do, as the server's message stands in its own language and names one thing at a time."""
    table = copy.source
    (may,) = session.rows(render("guard/privileges.sql.j2", table=table), f"checking {table}")
    closed = [name for name in may["closed"] if name == table.schema or error.reason.endswith(f" {name}")]
    reads = may["reads_some"] if closed else may["reads"]
    usage = [f"USAGE ON SCHEMA {identifier(name)}" for name in closed]
    return usage if reads else [*usage, f"SELECT ON {table.sql}"]
