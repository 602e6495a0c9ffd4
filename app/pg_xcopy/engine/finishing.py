"""Keys, indexes and checks when the rows are in; foreign keys when all keys are; then sequences, owners and grants."""

from __future__ import annotations

import time

from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.staging import run_step
from pg_xcopy.engine.target import Target, open_writer
from pg_xcopy.engine.workers import in_parallel
from pg_xcopy.planning.plan import Plan, Step, TableFinish


def finish(plan: Plan, target: Target, sessions: Sessions, reporter: Reporter) -> None:
    """Complete the staging schema; raises StrictError where a strict job lost something."""

    def complete(session: Session, table: TableFinish) -> None:
        for step in table.steps:
            _alone(step, session, plan, reporter)

    # A root adopts the keys and indexes of its partitions, so partitions come first, and wait for no one.
    for generation in _generations(plan):
        in_parallel(
            generation,
            lambda: open_writer(target.address, sessions),
            complete,
            plan.parallel,
            sessions.cancel,
        )
    with open_writer(target.address, sessions) as session:
        for step in (*plan.foreign_keys, *plan.settle):
            _alone(step, session, plan, reporter)
    reporter.enforce(plan)


def _alone(step: Step, session: Session, plan: Plan, reporter: Reporter) -> None:
    """Run a step in a transaction of its own, so that its locks end with it."""
    started = time.monotonic()
    session.begin_writer(plan.target_path)
    run_step(step, session, reporter)
    session.commit()
    reporter.done(step, started)


def _generations(plan: Plan) -> list[list[TableFinish]]:
    """Split the tables by their depth, the deepest first; within one generation the order does not matter."""
    depths = sorted({table.depth for table in plan.finish}, reverse=True)
    return [[table for table in plan.finish if table.depth == depth] for depth in depths]
