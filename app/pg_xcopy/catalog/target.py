"""Reads what stands on the target: what a replace would drop, and what must outlive it."""

from __future__ import annotations

from pg_xcopy.catalog.model import Dependent, Grant, StandingObject, StandingSchema, TargetCatalog
from pg_xcopy.catalog.reading import DOING, read_extensions, read_server
from pg_xcopy.connect.session import Session
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


def read_target(session: Session, schema: str) -> TargetCatalog:
    """Read the target's catalog as far as planning a copy into `schema` needs it."""
    return TargetCatalog(
        server=read_server(session),
        schema=schema,
        standing=_standing(session, schema),
        extensions=read_extensions(session),
        types_elsewhere=_names(session, render("introspect/types_elsewhere.sql.j2", schema=schema)),
        tables_elsewhere=_names(session, render("introspect/tables_elsewhere.sql.j2", schema=schema)),
        functions_elsewhere=_names(session, render("introspect/functions_elsewhere.sql.j2", schema=schema)),
        schemas=_column(session, render("introspect/schema_names.sql")),
        available_extensions=_column(session, render("introspect/available_extensions.sql")),
    )


def _names(session: Session, query: Sql) -> frozenset[TableName]:
    return frozenset(TableName(row["schema"], row["name"]) for row in session.rows(query, DOING))


def _column(session: Session, query: Sql) -> frozenset[str]:
    return frozenset(row["name"] for row in session.rows(query, DOING))


def read_dependents(session: Session, schema_oid: int) -> tuple[Dependent, ...]:
    """Read which objects outside the schema depend on one inside it."""
    queries = ("introspect/dependents.sql.j2", "introspect/partitions_of_others.sql.j2")
    rows = [row for query in queries for row in session.rows(render(query, schema_oid=schema_oid), DOING)]
    # Once each: a foreign key depends on the table that it refers to, and on its index.
    once = {row["dependent"]: row for row in reversed(rows)}
    return tuple(Dependent(name, once[name]["on_object"], once[name]["publication"]) for name in sorted(once))


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
    grants = session.rows(render("introspect/grants.sql.j2", schema_oid=oid), DOING)
    return StandingSchema(
        oid=oid,
        owner=found[0]["owner"],
        ours=found[0]["ours"],
        may_create=found[0]["may_create"],
        comment=found[0]["comment"],
        objects=read_objects(session, oid),
        attachments=tuple(StandingObject(**row) for row in attached),
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
