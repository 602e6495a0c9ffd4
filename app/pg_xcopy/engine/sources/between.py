"""Rows that the target's server fetches from the source's itself: no row passes through here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from pg_xcopy.connect.routes import SETTING, NoRouteError, connection_string, spelled
from pg_xcopy.connect.session import Address, Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.rows.pump import Pumped
from pg_xcopy.engine.sources.source import Source
from pg_xcopy.errors import DatabaseError, PlanError, XcopyError
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.plan import CopyPlan, Plan, Transport
from pg_xcopy.planning.transporting import HINT, STREAM
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

CONNECTING = "connecting the target's server to the source's"
UNKNOWN_SETTING = "42704"


def settings_for(job: Job, source: Session) -> tuple[tuple[str, str], ...]:
    """Give what the target's sessions need to reach the source; raises PlanError if its server can't."""
    if job.transport == STREAM:
        return ()
    elsewhere = {"host": job.route.host} if job.route else {}
    if job.route and job.route.port:
        elsewhere["port"] = str(job.route.port)
    try:
        return ((SETTING, spelled(connection_string(source, elsewhere))),)
    except NoRouteError as error:
        hint = f"give its address for the target's server with `route`, {HINT}" if source.address.ssh else HINT[3:]
        raise PlanError(job.name, (f"transport {job.transport}: {error.reason} ({hint})",)) from None


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

    @contextmanager
    def connected(self, transport: Transport, writer: Session) -> Iterator[None]:
        """Connect the server of a session that writes, for as long as it takes rows.

        The connection outlives a transaction that fails, but not the session, which is closed then.
        """
        process = connect(transport, self._plan, self._source, writer)
        with self._sessions.including(_Process(process, self._source.session)):
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


def refused_by_route(plan: Plan, source: Source, writer: Session) -> Iterator[str]:
    """Have the servers talk to each other once; give the reason if they don't."""
    transport = plan.transport
    if transport is None:
        return
    writer.run(Sql("SAVEPOINT route"), CONNECTING)
    try:
        connect(transport, plan, source, writer)
        writer.run(transport.disconnect, CONNECTING)
    except DatabaseError as error:
        reason, hint = _explained(error)
        yield f"transport {transport.name}: the target's server can't reach the source: {reason} ({hint}{HINT})"
        with suppress(DatabaseError):
            writer.run(Sql("ROLLBACK TO SAVEPOINT route"), CONNECTING)


def _explained(error: DatabaseError) -> tuple[str, str]:
    if error.sqlstate == UNKNOWN_SETTING:
        return "a pool between us and the target keeps it from being told how", ""
    kinds = {
        "password is required": "only a superuser's server may connect without one: the source must ask for a password"
        " and have been given one; ",
        "password or GSSAPI": "only a superuser's server may connect without one: the source must ask for a password"
        " and have been given one; ",
        "permission denied": "ask its administrator for the privilege; ",
        "snapshot": "that address leads to another server than ours does; ",
    }
    advice = "say under which address it can with `route`; " if error.sqlstate == "08001" else ""
    return error.reason, next((hint for sign, hint in kinds.items() if sign in error.reason), advice)


@dataclass(eq=False)
class _Process:
    """A process of the source that works for the target's server; older servers heed no cancel while they wait for it.

    So it is ended from here, over a session of its own, since the run's own open no more.
    """

    pid: int
    source: Session
    _ending: threading.Thread = field(default_factory=threading.Thread)

    def cancel(self) -> None:
        if not self._ending.is_alive():
            self._ending = threading.Thread(target=self._end, name="pg-xcopy ending a process", daemon=True)
            self._ending.start()

    def _end(self) -> None:
        address: Address = self.source.address
        statement = render(
            "transports/end_process.sql.j2", pid=self.pid, application_name=self.source.given["application_name"]
        )
        with suppress(XcopyError), Sessions("pg-xcopy ending a process") as own:
            own.open(address).run(statement, "ending a process of the source")
