"""Connections that are used again: never more than a limit, none longer than the run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions


class Pool:
    """Up to `limit` sessions on one address; whoever wants one more waits for one that is given back.

    They end with `sessions`, as all of a run do.
    """

    def __init__(self, address: Address, sessions: Sessions, limit: int) -> None:
        self._address, self._sessions = address, sessions
        self._free: list[Session] = []
        self._places = threading.BoundedSemaphore(limit)
        self._lock = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session that has no transaction open. After a failure its state is unknown: it is closed."""
        with self._places:
            session = self._taken() or self._sessions.open(self._address)
            try:
                yield session
            except BaseException:
                self._sessions.close(session)
                raise
            with self._lock:
                self._free.append(session)

    def _taken(self) -> Session | None:
        with self._lock:
            return self._free.pop() if self._free else None
