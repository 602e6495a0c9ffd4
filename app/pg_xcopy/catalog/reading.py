"""What all introspections share: the server, its extensions, the schema, and how a row becomes a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pg_xcopy.catalog.objects import ObjectId
from pg_xcopy.catalog.servers import Builtins, Extension, Server, schemas_of
from pg_xcopy.connect.session import Session
from pg_xcopy.errors import READING_THE_CATALOG, SchemaNotFoundError
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import set_search_path

DOING = READING_THE_CATALOG

Row = Mapping[str, Any]


def read_server(session: Session) -> Server:
    """Read the server's version and our role in it."""
    (row,) = session.rows(render("introspect/server.sql"), DOING)
    return Server(**{**row, "compressions": frozenset(row["compressions"])})


def read_schema(session: Session, what: str, schema_oid: int) -> Sequence[Row]:
    """Ask one of the questions in sql/introspect about a schema."""
    query = render(f"introspect/{what}.sql.j2", schema_oid=schema_oid, server_version=session.server_version)
    return session.rows(query, DOING)


def find_schema(session: Session, schema: str) -> Row:
    """Find a schema by its name; raises SchemaNotFoundError, with a name that is near."""
    found = session.rows(render("introspect/schema.sql.j2", schema=schema), DOING)
    if not found:
        names = [row["name"] for row in session.rows(render("introspect/schema_names.sql"), DOING)]
        near = next(iter(difflib.get_close_matches(schema, names, n=1)), "")
        raise SchemaNotFoundError(session.address.label, schema, near, side=session.address.side)
    return found[0]


def look_along(session: Session, schema: str, extensions: Iterable[Extension]) -> None:
    """Deparse along this schema, and those of extensions: their types print the same wherever a server keeps them."""
    path = set_search_path([schema, *schemas_of(extensions)])
    # Compiling the larger catalog queries takes longer than they run.
    session.run(Sql(f"SET LOCAL jit = off; {path}"), DOING)


def read_extensions(session: Session) -> tuple[Extension, ...]:
    """Read the installed extensions."""
    return tuple(Extension(**row) for row in session.rows(render("introspect/extensions.sql"), DOING))


def read_builtins(session: Session) -> Builtins:
    """Read what the server brings itself."""
    (row,) = session.rows(render("introspect/builtins.sql"), DOING)
    return Builtins(**{what: frozenset(names) for what, names in row.items()})


def read_members(session: Session) -> Mapping[ObjectId, str]:
    """Read which extension each object belongs to."""
    return {row["id"]: row["extension"] for row in session.rows(render("introspect/extension_members.sql"), DOING)}


def sql_or_none(text: str | None) -> Sql | None:
    """Mark what PostgreSQL itself deparsed as SQL."""
    return None if text is None else Sql(text)
