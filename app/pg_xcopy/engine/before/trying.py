"""Tables that exist are asked whether they would take such rows, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.before.target import Target
from pg_xcopy.engine.steps import batches
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.existing.plan import ExistingPlan, TableFill
from pg_xcopy.planning.plan import Plan
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


def refused_by_target(plan: Plan, target: Target) -> Iterator[str]:
    """Have the target plan an INSERT into each table that exists; give a reason for each that it refuses."""
    if not isinstance(plan, ExistingPlan):
        return
    session = target.session
    session.run(Sql("SAVEPOINT tried"), "trying the target")
    for batch in batches(plan.fills):
        if not _refused(session, batch):
            continue
        for fill in batch:
            if error := _refused(session, [fill]):
                yield f"{fill.table}: {error.reason} ({error.hint or f'SQLSTATE {error.sqlstate}'})"
    session.run(Sql("ROLLBACK TO SAVEPOINT tried"), "trying the target")


def _refused(session: Session, fills: list[TableFill]) -> DatabaseError | None:
    """Try some together, which is one round trip; all locks that were taken are let go."""
    statements = ";\n".join(render("existing/explain.sql.j2", statement=each.trial) for each in fills)
    try:
        session.run(Sql(statements), f"trying {fills[0].table}")
    except DatabaseError as error:
        if error.connection_lost:
            raise
        session.run(Sql("ROLLBACK TO SAVEPOINT tried"), "rolling back")
        return error
    return None
