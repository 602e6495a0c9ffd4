"""Reads what stands on the target: what a replace would drop, and what must outlive it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pg_xcopy.catalog.around import read_surroundings
from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.catalog.reading import DOING, read_builtins, read_extensions, read_server
from pg_xcopy.catalog.servers import AvailableExtension
from pg_xcopy.catalog.standing import Dependent, Grant, StandingObject, StandingSchema
from pg_xcopy.connect.session import Session
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.render import render


def read_target(session: Session, schema: str, *, stays: bool = False) -> TargetCatalog:
    """Read the target's catalog as far as planning a copy into `schema` needs it.

    Where the schema `stays`, and only tables of it are replaced, what is in it may be used like what is elsewhere.
    """
    replaced = "" if stays else schema
    types = session.rows(render("introspect/types_elsewhere.sql.j2", schema=replaced), DOING)
    tables = session.rows(render("introspect/tables_elsewhere.sql.j2", schema=replaced), DOING)
    schemas = session.rows(render("introspect/schemas.sql"), DOING)
    standing, extensions = _standing(session, schema), read_extensions(session)
    return TargetCatalog(
        server=read_server(session),
        schema=schema,
        standing=standing,
        extensions=extensions,
        surroundings=read_surroundings(session, schema, standing.oid, extensions) if stays and standing else None,
        types_elsewhere=frozenset(map(_name, types)),
        types_denied=frozenset(_name(row) for row in types if not row["usable"]),
        tables_elsewhere=frozenset(map(_name, tables)),
        functions_elsewhere=frozenset(
            _name(row) for row in session.rows(render("introspect/functions_elsewhere.sql.j2", schema=replaced), DOING)
        ),
        tables_denied=frozenset(_name(row) for row in tables if not row["usable"]),
        schemas=frozenset(row["name"] for row in schemas),
        schemas_closed=frozenset(row["name"] for row in schemas if not row["usable"]),
        schemas_sealed=frozenset(row["name"] for row in schemas if not row["may_create"]),
        available_extensions=_available_extensions(session),
        builtins=read_builtins(session),
    )


def _name(row: Mapping[str, Any]) -> TableName:
    return TableName(row["schema"], row["name"])


def _available_extensions(session: Session) -> dict[str, AvailableExtension]:
    query = render("introspect/available_extensions.sql.j2", server_version=session.server_version)
    rows = session.rows(query, DOING)
    return {row["name"]: AvailableExtension(**{**row, "requires": tuple(row["requires"])}) for row in rows}


def read_dependents(session: Session, schema_oid: int) -> tuple[Dependent, ...]:
    """Read which objects outside the schema depend on one inside it, and which on those in turn."""
    queries = ("introspect/dependents.sql.j2", "introspect/partitions_of_others.sql.j2")
    rows = [row for query in queries for row in session.rows(render(query, schema_oid=schema_oid), DOING)]
    # Once each: a foreign key depends on the table that it refers to, and on its index.
    once = {row["dependent"]: row for row in reversed(rows)}
    return tuple(
        Dependent(name, row["on_object"], row["publication"], row["schema"], row["id"])
        for name, row in sorted(once.items())
    )


def read_objects(session: Session, schema_oid: int) -> tuple[StandingObject, ...]:
    """Read what stands in a schema."""
    rows = session.rows(render("introspect/standing_objects.sql.j2", schema_oid=schema_oid), DOING)
    return tuple(StandingObject(**row) for row in rows)


def _standing(session: Session, schema: str) -> StandingSchema | None:
    found = session.rows(render("introspect/schema.sql.j2", schema=schema), DOING)
    if not found:
        return None
    oid = int(found[0]["oid"])
    attached = session.rows(render("introspect/standing_attachments.sql.j2", schema_oid=oid), DOING)
    parts = session.rows(render("introspect/standing_parts.sql.j2", schema_oid=oid), DOING)
    grants = session.rows(render("introspect/grants.sql.j2", schema_oid=oid), DOING)
    return StandingSchema(
        oid=oid,
        owner=found[0]["owner"],
        ours=found[0]["ours"],
        may_create=found[0]["may_create"],
        comment=found[0]["comment"],
        objects=read_objects(session, oid),
        attachments=tuple(StandingObject(**row) for row in attached),
        parts=tuple(StandingObject(**row) for row in parts),
        dependents=read_dependents(session, oid),
        grants=tuple(
            Grant(
                scope=row["scope"],
                name=row["name"],
                column=row["column"],
                grantee=row["grantee"],
                privilege=row["privilege_type"],
                grantable=row["is_grantable"],
                for_role=row["for_role"],
                object_kind=row["object_kind"],
            )
            for row in grants
        ),
    )
