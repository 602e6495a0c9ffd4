"""The staging schema: built beside the target, in one transaction."""

from __future__ import annotations

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.plan import Plan, Step
from pg_xcopy.planning.schemas import marker
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

TROUBLE = ("25", "40", "53", "54", "55006", "55P03", "57", "58", "XX")
"""How SQLSTATEs begin that speak of the server's state (no room, a lock, a deadlock), not of what was asked of it."""


def build(plan: Plan, session: Session, reporter: Reporter) -> None:
    """Create the schema, marked as ours from its first moment, and all that stands in it."""
    session.begin_writer(plan.target_path)
    created = render("staging/create_schema.sql.j2", schema=plan.staging, marker=marker(plan.target.schema, "staging"))
    session.run(created, "creating the staging schema")
    for step in plan.prepare:
        run_step(step, session, reporter)
    session.commit()


def run_step(step: Step, session: Session, reporter: Reporter) -> None:
    """Run a step inside the open transaction; a best-effort one that can't be done becomes a warning.

    One that fails for want of room, or of a lock, could be done another time: that fails the job.
    """
    if step.topic is None:
        session.run(step.sql, step.doing)
        return
    session.run(Sql("SAVEPOINT step"), step.doing)
    try:
        session.run(step.sql, step.doing)
        session.run(Sql("RELEASE SAVEPOINT step"), step.doing)
    except DatabaseError as error:
        if error.connection_lost or error.sqlstate.startswith(TROUBLE):
            raise
        session.run(Sql("ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step"), step.doing)
        reporter.lost(step, error)
