"""Rows that the target's server fetches from the source's itself: no row passes through here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct, field

from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.rows.pump import Pumped
from pg_xcopy.engine.sources.source import Source, refuse_replaced
from pg_xcopy.errors import XcopyError
from pg_xcopy.planning.plan import CopyPlan, Plan, Transport
from pg_xcopy.sql.render import render

CONNECTING = "connecting the target's server to the source's"
UNKNOWN_SETTING = "42704"


class Fetching:
    """What one target reads from: the source's server, to which its own is connected, on the run's snapshot."""

    def __init__(self, source: Source, plan: Plan, sessions: Sessions, let_go: Callable[[], None]) -> None:
        """`let_go` is called when the snapshot is not needed any more."""
        self._source, self._plan, self._sessions = source, plan, sessions
        self.shared = False
        self.done = let_go

    def feed(self) -> Fetching:
        """Give a worker its own."""
        return self

    def verify(self, copies: Iterable[CopyPlan]) -> None:
        """Look whether all names still mean what they did."""
        refuse_replaced(self._source, copies)

    @contextmanager
    def connected(self, transport: Transport, writer: Session) -> Iterator[None]:
        """Connect the server of a session that writes, for as long as it takes rows.

        The connection outlives a transaction that fails, but not the session, which is closed then.
        """
        process = connect(transport, self._plan, self._source, writer)
        with self._sessions.including(
            FarProcess(process, self._source.session, self._source.session.given["application_name"])
        ):
            yield
        writer.run(transport.disconnect, "disconnecting the target's server from the source's")

    def fetch(self, copy: CopyPlan, part: int, writer: Session) -> Pumped:
        """Have one table, or a part of it, copied; give how many rows there were.

        One statement reads and writes, so it has one number of rows. What lets rows fall before they are in is a
        trigger: only where there is one, the source is asked how many there were.
        """
        rows = writer.affected(copy.between[part], f"copying {copy.source}")
        sent = int(writer.value(copy.count, f"counting {copy.source}")) if copy.count else rows
        return Pumped(sent, rows, 0)


def connect(transport: Transport, plan: Plan, source: Source, writer: Session) -> int:
    """Connect a session's server to the source, on its snapshot; return the process that serves it there."""
    writer.run(transport.connect, CONNECTING)
    begin = render(
        "session/begin_reader.sql.j2",
        search_path=plan.source_path,
        snapshot=source.snapshot,
        row_security=plan.row_security,
        server_version=source.session.server_version,
    )
    names = {"functions": transport.functions, "encoding": transport.encoding}
    writer.run(render("transports/dblink_begin.sql.j2", begin=begin, **names), CONNECTING)
    return int(writer.value(transport.process, CONNECTING))


class FarProcess(Struct, eq=False):
    """A process of one server that works for the other; older servers heed no cancel while they wait for it.

    `session` is one of ours on its server, `application_name` that of the process.

    So it is ended from here, over a session of its own, since the run's own open no more.
    """

    pid: int
    session: Session
    application_name: str
    _ending: threading.Thread = field(default_factory=threading.Thread)

    def cancel(self) -> None:
        """End it, from any thread, without waiting."""
        if not self._ending.is_alive():
            self._ending = threading.Thread(target=self._end, name="pg-xcopy ending a process", daemon=True)
            self._ending.start()

    def _end(self) -> None:
        statement = render("transports/end_process.sql.j2", pid=self.pid, application_name=self.application_name)
        with suppress(XcopyError), Sessions("pg-xcopy ending a process") as own:
            own.open(self.session.address).run(statement, "ending a process that works for another server")
