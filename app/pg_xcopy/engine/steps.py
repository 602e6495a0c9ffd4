"""Statements on the target: many in one message, or one by one where something among them can't be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from msgspec.structs import replace

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.plan import Plan, Settings, Step
from pg_xcopy.sql.quoting import Sql

Item = TypeVar("Item")

BATCH = 100
"""Steps in one transaction: making a table takes four locks, and a server has 64 for each of its connections."""

INTERVENTION = "57"
"""How SQLSTATEs begin of somebody who ended it: a cancelled statement, a server that shuts down."""

TROUBLE = ("25", "40", "53", "54", "55006", "55P03", "57", "58", "XX")
"""How SQLSTATEs begin that speak of the server's state (no room, a lock, a deadlock), not of what was asked of it."""


def together(steps: Sequence[Step], plan: Plan, session: Session, reporter: Reporter) -> list[Step]:
    """Do all of them in one transaction and two round trips; after a failure again, one by one, to know which it was.

    Return those that could not be done.
    """
    try:
        with reporter.working(_doing(steps)):
            _transact(session, plan, steps, _doing(steps))
    except DatabaseError as error:
        if error.connection_lost or error.sqlstate.startswith(INTERVENTION):
            raise
        session.rollback()
        return [step for step in steps if not alone(step, plan, session, reporter)]
    return []


def alone(step: Step, plan: Plan, session: Session, reporter: Reporter, settings: Settings | None = None) -> bool:
    """Do one in a transaction of its own, whose locks end with it; tell whether it was done.

    `settings` are those of the transaction, where they are not the plan's. A best-effort one that can't be done becomes
    a warning. One that fails for want of room, or of a lock, could be done another time: that fails the job.
    """
    try:
        with reporter.working(step.doing):
            _transact(session, plan, (step,), step.doing, settings)
    except DatabaseError as error:
        if step.topic is None or error.connection_lost or error.sqlstate.startswith(TROUBLE):
            raise
        session.rollback()
        if step.undo:
            _transact(session, plan, (replace(step, sql=step.undo),), step.doing)
        reporter.lost(step, error)
        return False
    return True


def _transact(
    session: Session, plan: Plan, steps: Sequence[Step], doing: str, settings: Settings | None = None
) -> None:
    """Do all in one transaction and two messages: pg_stat_activity shows the second, not the settings before it."""
    session.begin_writer(plan.target_path, settings=plan.resources.settings if settings is None else settings)
    session.run(Sql(";\n".join((*(step.sql for step in steps), "COMMIT"))), doing)


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Cut into lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _doing(steps: Sequence[Step]) -> str:
    first = steps[0].doing
    return first if len(steps) == 1 else f"{first} and {len(steps) - 1} more"
