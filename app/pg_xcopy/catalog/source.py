"""Reads one schema of the source in a fixed number of queries, whatever the number of its tables."""

from __future__ import annotations

from msgspec.structs import replace

from pg_xcopy.catalog.beside import read_objects
from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.objects import Comment, Sequence
from pg_xcopy.catalog.reading import (
    DOING,
    find_schema,
    look_along,
    read_builtins,
    read_extensions,
    read_members,
    read_schema,
    read_server,
)
from pg_xcopy.catalog.servers import Server
from pg_xcopy.catalog.tables import read_relations
from pg_xcopy.connect.session import Session
from pg_xcopy.errors import SchemaNotFoundError
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import identifier
from pg_xcopy.sql.render import render


def read_source(session: Session, schema: str) -> SourceCatalog:
    """Read the catalog of `schema` inside the session's open transaction.

    Raises SchemaNotFoundError, and DatabaseError as any statement does.
    """
    server = read_server(session)
    extensions = read_extensions(session)
    look_along(session, schema, extensions)
    oid = _schema_oid(session, schema, server)
    own = read_objects(session, schema, oid)
    return SourceCatalog(
        server=server,
        schema=schema,
        relations=read_relations(session, oid),
        sequences=_with_values(session, own.sequences),
        types=own.types,
        functions=own.functions,
        extensions=extensions,
        collations=own.collations,
        comments=tuple(Comment(**row) for row in read_schema(session, "comments", oid)),
        builtins=read_builtins(session),
        members=read_members(session),
        text_searches=own.text_searches,
        casts=own.casts,
        functions_elsewhere={
            row["id"]: TableName(row["schema"], row["name"])
            for row in session.rows(render("introspect/functions_elsewhere.sql.j2", schema=schema), DOING)
        },
        unmakeable={row["id"]: row["what"] for row in read_schema(session, "unmakeable", oid)},
    )


def _schema_oid(session: Session, schema: str, server: Server) -> int:
    found = find_schema(session, schema)
    if not found["usable"]:
        raise _not_let_in(session, schema, int(found["oid"]), server.role)
    return int(found["oid"])


def _not_let_in(session: Session, schema: str, oid: int, role: str) -> SchemaNotFoundError:
    """Say all that is missing: whoever has to ask for it asks once."""
    rows = session.rows(render("introspect/unreadable.sql.j2", schema_oid=oid), DOING)
    names = ", ".join(TableName(schema, row["name"]).sql for row in rows)
    return SchemaNotFoundError(
        session.address.label,
        schema,
        role_without_usage=role,
        usage=grant(role, f"USAGE ON SCHEMA {identifier(schema)}"),
        selects=grant(role, f"SELECT ON {names}") if names else "",
    )


def _with_values(session: Session, sequences: tuple[Sequence, ...]) -> tuple[Sequence, ...]:
    """Say where they stand. Not by pg_sequence_last_value: it is faster, and locks each as if it were to be changed."""
    readable = [sequence for sequence in sequences if sequence.readable]
    if not readable:
        return sequences
    rows = session.rows(render("introspect/sequence_values.sql.j2", sequences=readable), DOING)
    values = {row["oid"]: row for row in rows}
    return tuple(
        replace(each, last_value=value["last_value"], is_called=value["is_called"])
        if (value := values.get(each.oid))
        else each
        for each in sequences
    )
