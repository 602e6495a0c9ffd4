"""Refuses a copy of a schema onto itself, however the two connection strings are spelled."""

from __future__ import annotations

from pg_xcopy.catalog.servers import Server
from pg_xcopy.connect.session import Session
from pg_xcopy.engine.before.target import Target
from pg_xcopy.engine.sources.source import Source
from pg_xcopy.errors import DatabaseError, ProtectedTargetError, SameSchemaError
from pg_xcopy.sql.render import render

DOING = "comparing source and target"


def refuse_same_schema(source: Source, target: Target, server: Server, *, protected: bool) -> None:
    """Raise SameSchemaError if the copy would replace what it reads, ProtectedTargetError if it would write beside it.

    `server` is the target's; `protected` tells whether the source's database may not be written at all.

    A session that sees a lock with a random key, held a moment ago in another session's database, is in that database.
    A standby shows no locks of its primary; there the system identifier and the database's name tell.
    """
    seen = source.session.value(render("guard/sees_lock.sql.j2", key=target.nonce), DOING)
    if seen and protected:
        raise ProtectedTargetError(target.address.label, source.address.label)
    if source.catalog.schema != target.schema:
        return
    if seen or _standby_of(source, target, server):
        raise SameSchemaError(target.address.label, target.schema)


def _standby_of(source: Source, target: Target, server: Server) -> bool:
    if not source.catalog.server.in_recovery:
        return False
    if source.catalog.server.database != server.database:
        return False
    return _system_identifier(source.session) == _system_identifier(target.session)


def _system_identifier(session: Session) -> str:
    try:
        return str(session.value(render("guard/system_identifier.sql"), DOING))
    except DatabaseError as error:
        raise SameSchemaError(session.address.label, "of the same name (its identity may not be read)") from error
