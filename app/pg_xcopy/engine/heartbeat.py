"""Keeps the two sessions alive that hold something and say nothing: the snapshot, and the lock on the target."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.errors import XcopyError
from pg_xcopy.sql.quoting import Sql

INTERVAL = 25.0
"""Seconds. Poolers and load balancers cut connections that have been silent for a minute or more; TCP keepalives,
which carry no data, do not count for all of them."""


@contextmanager
def kept_alive(holding: Sequence[Session], sessions: Sessions, interval: float = INTERVAL) -> Iterator[None]:
    """Say something on each session now and then; when one is gone, break the whole run off and raise that error.

    Without its lock a run could not swap, and another one would take its staging schema for a dead run's.
    """
    ended = threading.Event()
    lost: list[XcopyError] = []

    def beat() -> None:
        while not (ended.wait(interval) or lost):
            failed = list(_failures(holding))
            # What fails because the run is ending anyway is an echo of its reason.
            if failed and not (ended.is_set() or sessions.cancelled):
                lost.append(failed[0])
                sessions.cancel()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    except XcopyError as error:
        if lost:
            raise lost[0] from error
        raise
    finally:
        ended.set()
        thread.join()


def _failures(holding: Sequence[Session]) -> Iterator[XcopyError]:
    for session in holding:
        try:
            session.run(Sql("SELECT 1"), "keeping the snapshot and the lock")
        except XcopyError as error:
            if not session.closed:  # by us, because it has served
                yield error
