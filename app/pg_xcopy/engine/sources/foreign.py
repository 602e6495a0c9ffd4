"""Rows that pass through foreign tables, which exist within one transaction only: fetched by the target, or pushed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.catalog.source import read_source
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.routes import application_name
from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.engine.rows.pump import Pumped
from pg_xcopy.engine.sources.between import CONNECTING, FarProcess, Fetching
from pg_xcopy.engine.sources.source import Source
from pg_xcopy.errors import DatabaseError, PlanError
from pg_xcopy.planning.plan import CopyPlan, Plan, ReplacePlan, Step, Transport
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path


class FetchingForeign(Fetching):
    """What one target reads from by foreign tables, all in one transaction: postgres_fdw takes no snapshot over.

    So the rows are of a later instant than the plan. What the plan relies on is held by locks or looked at again, and
    positions of sequences are read again: they are never older than the rows.
    """

    def __init__(self, source: Source, plan: Plan, sessions: Sessions, let_go: Callable[[], None]) -> None:
        """`let_go` is called when the snapshot is not needed any more."""
        super().__init__(source, plan, sessions, let_go)
        self._again: SourceCatalog | None = None

    @contextmanager
    def connected(self, transport: Transport, writer: Session) -> Iterator[None]:
        """Connect the server of a session that writes; what is made for that ends with its transaction."""
        process = connect_foreign(transport, writer, self._source.session)
        with self._sessions.including(process):
            self._again = self._looked_again()
            yield
        writer.run(transport.disconnect, CONNECTING)

    def _looked_again(self) -> SourceCatalog:
        """Read the source's catalog as it is now that rows are fixed; raises PlanError if a plan would be another."""
        session = self._sessions.open(self._source.address)
        try:
            session.begin_reader(search_path([]))
            again = read_source(session, self._source.catalog.schema)
        finally:
            self._sessions.close(session)
        before, after = self._source.catalog, again
        known = {each.oid for each in before.relations}
        kin = tuple(each for each in after.relations if each.oid in known or known.intersection(each.parents))
        if tuple(map(_structure, before.relations)) != tuple(map(_structure, kin)) or before.types != after.types:
            reason = "the source's tables or types were changed since the run began (run it again)"
            raise PlanError(self._plan.job, (reason,))
        return again

    def late_steps(self, plan: ReplacePlan) -> Iterator[Step]:
        """Give what sets the sequences as they stood when the rows were fixed, or later."""
        found = {each.name: each for each in self._again.sequences} if self._again else {}
        for each in plan.positions:
            now = found.get(each.sequence)
            if now and now.last_value is not None:
                sql = render(
                    "staging/set_sequence.sql.j2", name=each.copy, value=now.last_value, is_called=now.is_called
                )
                yield Step(sql, f"setting sequence {each.sequence.name}", each.sequence.name)


def _structure(relation: Relation) -> Relation:
    """Leave out what is counted, and changes all the time."""
    return replace(relation, estimated_rows=0, bytes=0, blocks=0)


class Pushing(Fetching):
    """What one target gets from a source whose server pushes: on the run's snapshot, like any reader."""

    def __init__(
        self, source: Source, plan: Plan, sessions: Sessions, let_go: Callable[[], None], address: Address
    ) -> None:
        """`address` is how the source is reached by those who push."""
        super().__init__(source, plan, sessions, let_go)
        self._address = address

    def feed(self) -> Fetching:
        """Give a worker its own, as each has a session on the source."""
        return _Pusher(self._source, self._plan, self._sessions, self.done, self._address)


class _Pusher(Pushing):
    _session: Session

    @contextmanager
    def connected(self, transport: Transport, writer: Session) -> Iterator[None]:
        """Have the source's server connect to that of a session which stands by; commit what it pushed.

        For as long as that takes, the session says nothing of its own, in a transaction that is needed afterwards.
        """
        self._session = open_pusher(self._source, self._plan, self._sessions, self._address)
        try:
            process = connect_foreign(transport, self._session, writer)
            with self._sessions.including(process), kept_alive((writer,), self._sessions):
                yield
                self._session.run(transport.disconnect, "disconnecting the source's server from the target's")
                self._session.commit()
        finally:
            self._sessions.close(self._session)

    def fetch(self, copy: CopyPlan, part: int, writer: Session) -> Pumped:  # noqa: ARG002 - the source's session writes
        """Have one table, or a part of it, copied; give how many rows there were."""
        rows = self._session.affected(copy.between[part], f"copying {copy.source}")
        return Pumped(rows, rows, 0)


def open_pusher(source: Source, plan: Plan, sessions: Sessions, address: Address) -> Session:
    """Open a session on the source that may write, and sees the run's snapshot."""
    session = sessions.open(address)
    session.run(
        render(
            "session/begin_pusher.sql.j2",
            search_path=plan.source_path,
            snapshot=source.snapshot,
            row_security=plan.row_security,
            server_version=session.server_version,
        ),
        "opening a transaction",
    )
    return session


def connect_foreign(transport: Transport, near: Session, far: Session) -> FarProcess:
    """Connect a session's server to the other's; give the process that serves it there.

    Raises DatabaseError if that is another server, or database, than the one of the session `far`.
    """
    near.run(transport.connect, CONNECTING)
    near.run(transport.process, CONNECTING)
    number = int(near.value(render("transports/fdw_own_number.sql"), CONNECTING))
    name = application_name(near.address, number)
    found = far.rows(render("transports/fdw_found.sql.j2", application_name=name), CONNECTING)
    if not found:
        reason = "that address leads to another server, or database, than ours does"
        raise DatabaseError(near.address.side, near.address.label, CONNECTING, reason)
    return FarProcess(int(found[0]["pid"]), far, name)
