"""Statements on the target: many in one message, and one by one where something among them can't be done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.plan import Plan, Step
from pg_xcopy.sql.quoting import Sql

Item = TypeVar("Item")

BATCH = 50
"""Steps or tables in one transaction: each takes locks, of which a server has 64 for each of its connections."""

INTERVENTION = "57"
"""How SQLSTATEs begin of somebody who ended it: a cancelled statement, a server that shuts down."""

TROUBLE = ("25", "40", "53", "54", "55006", "55P03", "57", "58", "XX")
"""How SQLSTATEs begin that speak of the server's state (no room, a lock, a deadlock), not of what was asked of it."""


def together(steps: Sequence[Step], plan: Plan, session: Session, reporter: Reporter) -> list[Step]:
    """Do all of them in one transaction and one round trip; after a failure again, one by one, to know which it was.

    Return those that could not be done.
    """
    started = time.monotonic()
    refused: list[Step] = []
    opening = session.writer_opening(plan.target_path, settings=plan.resources.settings)
    try:
        session.run(Sql(";\n".join((opening.rstrip(";"), *(step.sql for step in steps), "COMMIT"))), _doing(steps))
    except DatabaseError as error:
        if error.connection_lost or error.sqlstate.startswith(INTERVENTION):
            raise
        session.rollback()
        session.run(opening, "opening a transaction")
        refused += [step for step in steps if not run_step(step, session, reporter)]
        session.commit()
    reporter.done(_doing(steps), started)
    return refused


def alone(step: Step, plan: Plan, session: Session, reporter: Reporter) -> bool:
    """Do one in a transaction of its own, whose locks end with it; tell whether it was done."""
    started = time.monotonic()
    session.run(session.writer_opening(plan.target_path, settings=plan.resources.settings), "opening a transaction")
    done = run_step(step, session, reporter)
    session.commit()
    reporter.done(step.doing, started)
    return done


def run_step(step: Step, session: Session, reporter: Reporter) -> bool:
    """Run a step inside the open transaction; a best-effort one that can't be done becomes a warning.

    One that fails for want of room, or of a lock, could be done another time: that fails the job.
    """
    if step.topic is None:
        session.run(step.sql, step.doing)
        return True
    session.run(Sql("SAVEPOINT step"), step.doing)
    try:
        session.run(Sql(f"{step.sql};\nRELEASE SAVEPOINT step"), step.doing)
    except DatabaseError as error:
        if _hopeless(error):
            raise
        undo = f";\n{step.undo}" if step.undo else ""
        session.run(Sql(f"ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step{undo}"), step.doing)
        reporter.lost(step, error)
        return False
    return True


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Cut into lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _hopeless(error: DatabaseError) -> bool:
    return error.connection_lost or error.sqlstate.startswith(TROUBLE)


def _doing(steps: Sequence[Step]) -> str:
    first = steps[0].doing
    return first if len(steps) == 1 else f"{first} and {len(steps) - 1} more"
