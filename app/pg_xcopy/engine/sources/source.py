"""The source's side of a job: one snapshot, exported for as long as the job lasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.source import read_source
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import OLDEST_SERVER, Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.errors import ServerTooOldError, SourceReplacedError
from pg_xcopy.planning.plan import CopyPlan, Plan
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path

SILENCE = 25.0
"""Seconds after which a reader may have been cut; while a worker builds an index, its reader says nothing for hours."""


class Source(Struct, frozen=True):
    """The session that keeps the snapshot alive, the snapshot's name, and the catalog as it shows it."""

    address: Address
    session: Session
    snapshot: str
    catalog: SourceCatalog


@contextmanager
def open_source(address: Address, schema: str, sessions: Sessions) -> Iterator[Source]:
    """Connect, take the snapshot, read the schema's catalog inside it."""
    session = sessions.open(address)
    try:
        require_supported(session)
        session.begin_reader(search_path([]))
        snapshot = session.value(render("session/export_snapshot.sql"), "exporting the snapshot")
        yield Source(address, session, snapshot, read_source(session, schema))
    finally:
        sessions.close(session)


def open_reader(source: Source, plan: Plan, sessions: Sessions) -> Session:
    """Open a session that sees the source's snapshot."""
    session = sessions.open(source.address)
    session.begin_reader(plan.source_path, source.snapshot, row_security=plan.row_security)
    return session


def still_there(reader: Session, source: Source, plan: Plan, sessions: Sessions) -> Session:
    """Give the reader; or a new one if it was cut while it had nothing to read, as poolers and load balancers do."""
    if reader.there(SILENCE):
        return reader
    sessions.close(reader)
    return open_reader(source, plan, sessions)


def refuse_replaced(source: Source, copies: Iterable[CopyPlan]) -> None:
    """Raise SourceReplacedError if a name that was read means another table than in the snapshot.

    Names are looked up when a statement begins, whatever its snapshot. The tables are locked, but not their schema:
    when it is renamed and another one takes its place, the rows of that one would come, or rather none.
    """
    names = {name for copy in copies for name in copy.read}
    tables = [each for each in source.catalog.relations if each.name in names]
    if not tables:
        return
    query = render("guard/replaced.sql.j2", tables=tables)
    if replaced := source.session.rows(query, "looking whether the source's tables are in their places"):
        by_oid = {each.oid: str(each.name) for each in tables}
        raise SourceReplacedError(tuple(by_oid[row["oid"]] for row in replaced))


def require_supported(session: Session) -> None:
    """Raise ServerTooOldError for a server older than OLDEST_SERVER."""
    if session.server_version < OLDEST_SERVER:
        address = session.address
        raise ServerTooOldError(address.side, address.label, session.server_version, OLDEST_SERVER)
