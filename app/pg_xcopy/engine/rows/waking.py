"""Has the target's WAL writer write while rows arrive, so that the session that takes them need not do it in between.

A COPY makes about as much WAL as it has rows. Its session has to write that when the server's buffers for it are full,
and to wait for the disk before it writes the blocks of the table, unless the WAL writer has done so before. This one
looks every wal_writer_delay, 200 ms, in which a COPY fills those buffers several times; or when a transaction has ended
that does not wait for the disk (XLogSetAsyncXactLSN in src/backend/access/transam/xlog.c).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pg_xcopy.connect.pool import Pool
from pg_xcopy.connect.session import Session
from pg_xcopy.errors import XcopyError
from pg_xcopy.planning.plan import Resources
from pg_xcopy.sql.quoting import Sql

FIRST = 16 << 20
"""Bytes of rows that are not worth a further connection."""

EVERY = 1 << 20
"""Bytes of rows from one time to the next: so much WAL is sent to the disk at once (wal_writer_flush_after)."""

ATTEMPTS = 3
"""Sessions that may be lost: one that has nothing to say while no rows come is cut by some poolers."""

PATIENCE = 2.0
"""Seconds that the last answer is waited for, when all rows are in: a pooler without room may take minutes for it."""

WAKE = Sql("SELECT pg_catalog.txid_current()")
"""A transaction with a number that has written nothing: its end waits for no disk, whatever synchronous_commit says."""


@contextmanager
def waking(resources: Resources, writers: Pool) -> Iterator[Callable[[int], None]]:
    """Give what is to be told of each chunk's bytes, from any thread; it never waits."""
    if not resources.wakes_wal_writer:
        yield lambda _: None
        return
    alarm = _Alarm(writers)
    try:
        yield alarm.passed
    finally:
        alarm.end()


class _Alarm:
    """Wakes the WAL writer from a thread of its own; what goes wrong there only makes the rows a little slower."""

    def __init__(self, writers: Pool) -> None:
        self._writers = writers
        self._left = FIRST
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._ended = False
        self._session: Session | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def passed(self, size: int) -> None:
        """Take note of `size` bytes more."""
        with self._lock:
            self._left -= size
            due = self._left <= 0
            if due:
                self._left = EVERY
        if due:
            self._due.set()

    def end(self) -> None:
        """Give the session back, or cut it where no answer comes."""
        self._ended = True
        self._due.set()
        self._thread.join(PATIENCE)
        if self._thread.is_alive() and self._session:
            self._session.sever()
        self._thread.join()

    def _serve(self) -> None:
        for _ in range(ATTEMPTS):
            with suppress(XcopyError):
                self._wake()
                break

    def _wake(self) -> None:
        if not self._is_due():
            return
        with self._writers.session() as session:
            self._session = session
            session.run(WAKE, "waking the WAL writer")
            while self._is_due():
                session.run(WAKE, "waking the WAL writer")

    def _is_due(self) -> bool:
        """Wait until it is; not any more when all rows are in."""
        self._due.wait()
        self._due.clear()
        return not self._ended
