"""How a transaction on existing tables begins: what empties them waits for its locks, but keeps nobody waiting long."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.plan import Step
from pg_xcopy.sql.quoting import Sql

PATIENCE, USUAL, PAUSE, ATTEMPTS = "3s", "1min", 2.0, 20
"""How long TRUNCATE waits for its locks and others do, the seconds between two attempts, how many of them there are."""

LOCK_NOT_AVAILABLE = "55P03"


def begin(steps: Sequence[Step], session: Session, reporter: Reporter) -> None:
    """Do the steps; where a lock does not come soon, all are let go for a while, so that readers behind us get on."""
    if not steps:
        return
    with reporter.working(steps[0].doing):
        for attempt in range(ATTEMPTS, 0, -1):
            if _done(steps, session, last=attempt == 1):
                break
            time.sleep(PAUSE)


def _done(steps: Sequence[Step], session: Session, *, last: bool) -> bool:
    session.run(Sql(f"SAVEPOINT beginning; SET LOCAL lock_timeout = '{PATIENCE}'"), steps[0].doing)
    try:
        for step in steps:
            session.run(step.sql, step.doing)
    except DatabaseError as error:
        if last or error.sqlstate != LOCK_NOT_AVAILABLE:
            raise
        session.run(Sql("ROLLBACK TO SAVEPOINT beginning"), steps[0].doing)
        return False
    # Released, or COPY would not find that its own transaction emptied the table, as FREEZE demands.
    session.run(Sql(f"RELEASE SAVEPOINT beginning; SET LOCAL lock_timeout = '{USUAL}'"), steps[0].doing)
    return True
