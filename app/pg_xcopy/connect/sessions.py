"""All sessions of a run, and its tunnels, so that they can be cancelled together and none is forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import Session
from pg_xcopy.connect.tunnels import Tunnels
from pg_xcopy.errors import CancelledError, XcopyError


class Cancellable(Protocol):
    """What else has to end with a run."""

    def cancel(self) -> None:
        """Break it off, from any thread, without waiting."""


class Sessions:
    """Opens sessions, and the tunnels they go through, and knows those that are open; leaving its context closes them.

    `cancel` may be called from any thread, and again: a request that arrives between two statements has no effect on
    the server, so whoever waits for the run to end repeats it.
    """

    def __init__(self, application_name: str = "pg-xcopy", tunnels: Tunnels | None = None) -> None:
        """`application_name` is what pg_stat_activity shows of every session; at most 63 bytes, nothing secret.

        `tunnels` are someone else's, who ends them.
        """
        self._application_name = application_name
        self._open: set[Session] = set()
        self._lock = threading.Lock()
        self._others: set[Cancellable] = set()
        self._cancelled = threading.Event()
        self._tunnels = tunnels or Tunnels(self.check)
        self._owns_tunnels = tunnels is None
        self._branches: list[Sessions] = []
        self.stopped_by: XcopyError | None = None
        """Why someone from outside stopped the run; what fails then fails because of it."""

    def branch(self) -> Sessions:
        """Make a registry below this one, for a part of the run: cancelling it leaves the rest of the run alone."""
        below = Sessions(self._application_name, self._tunnels)
        with self._lock:
            self._branches.append(below)
        if self.cancelled:
            below.cancel()
        return below

    @property
    def cancelled(self) -> bool:
        """Tell whether the run was asked to stop."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise CancelledError if the run was asked to stop."""
        if self.cancelled:
            raise CancelledError

    def open(self, address: Address) -> Session:
        """Connect; raises ConnectionFailedError, and CancelledError once the run was asked to stop."""
        self.check()
        session = Session(address, self._application_name, self.check, self._tunnels.to(address))
        with self._lock:
            self._open.add(session)
        return session

    @contextmanager
    def including(self, other: Cancellable) -> Iterator[None]:
        """Cancel something else too, for as long as this lasts."""
        with self._lock:
            self._others.add(other)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._others.discard(other)

    def close(self, session: Session) -> None:
        """Close one session."""
        with self._lock:
            self._open.discard(session)
        session.close()

    def cancel(self) -> None:
        """Break off whatever runs on any session, and let no new one be opened."""
        self._cancelled.set()
        if self._owns_tunnels:
            self._tunnels.cancel()
        with self._lock:
            others = tuple(self._others)
        for each in (*others, *self._snapshot()):
            each.cancel()
        for below in self._below():
            below.cancel()

    def stop(self, why: XcopyError) -> None:
        """Cancel, not because something failed but because someone wants it."""
        self.stopped_by = self.stopped_by or why
        for below in self._below():
            below.stop(why)
        self.cancel()

    def sever(self) -> None:
        """Cut every connection: for servers that do not answer a cancel request."""
        for session in self._snapshot():
            session.sever()
        for below in self._below():
            below.sever()

    def _below(self) -> tuple[Sessions, ...]:
        with self._lock:
            return tuple(self._branches)

    def _snapshot(self) -> tuple[Session, ...]:
        with self._lock:
            return tuple(self._open)

    def __enter__(self) -> Sessions:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._snapshot():
            self.close(session)
        for below in self._below():
            below.__exit__(kind, error, trace)
        if self._owns_tunnels:
            self._tunnels.close()
