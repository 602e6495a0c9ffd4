"""Reads the tables of a target that are to be filled, in a fixed number of queries, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from pg_xcopy.catalog.beside import read_sequences, read_types
from pg_xcopy.catalog.existing import ExistingCatalog, Reaction, Reference, Rights, UniqueKey
from pg_xcopy.catalog.reading import (
    DOING,
    Row,
    find_schema,
    look_along,
    read_builtins,
    read_extensions,
    read_members,
    read_schema,
    read_server,
    sql_or_none,
)
from pg_xcopy.catalog.tables import read_relations
from pg_xcopy.connect.session import Session
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


def read_existing(session: Session, schema: str) -> ExistingCatalog:
    """Read a schema's tables and what concerns rows that arrive in them, inside the session's open transaction.

    Raises SchemaNotFoundError, and DatabaseError as any statement does.
    """
    (own,) = session.rows(render("introspect/own_path.sql"), DOING)
    extensions = read_extensions(session)
    look_along(session, schema, extensions)
    found = find_schema(session, schema)
    oid = int(found["oid"])
    sequences = read_schema(session, "existing_sequences", oid)
    return ExistingCatalog(
        server=read_server(session),
        schema=schema,
        relations=read_relations(session, oid),
        sequences=read_sequences(session, schema, oid),
        types=read_types(session, oid),
        extensions=extensions,
        members=read_members(session),
        builtins=read_builtins(session),
        usable=found["usable"],
        may_make_temporary=own["may_make_temporary"],
        own_path=tuple(own["own_path"]),
        keys=_keys(session, oid),
        references=tuple(map(_reference, read_schema(session, "existing_references", oid))),
        reactions=_reactions(session, oid),
        rights={row["relation"]: _rights(row) for row in read_schema(session, "existing_rights", oid)},
        advanced=frozenset(row["oid"] for row in sequences if row["advances"]),
        settable=frozenset(row["oid"] for row in sequences if row["sets"]),
    )


def _keys(session: Session, oid: int) -> Mapping[int, tuple[UniqueKey, ...]]:
    keys: dict[int, tuple[UniqueKey, ...]] = defaultdict(tuple)
    for row in read_schema(session, "existing_keys", oid):
        keys[row["relation"]] += (
            UniqueKey(
                name=row["name"],
                parts=tuple(map(Sql, row["parts"])),
                columns=tuple(row["columns"]),
                needs=tuple(row["needs"]),
                predicate=sql_or_none(row["predicate"]),
                primary=row["primary"],
                deferrable=row["deferrable"],
                valid=row["valid"],
                excludes=row["excludes"],
                nulls_differ=row["nulls_differ"],
            ),
        )
    return dict(keys)


def _reference(row: Row) -> Reference:
    return Reference(
        name=row["name"],
        origin=row["from"],
        table=TableName(row["schema"], row["table"]),
        to=row["to"],
        deferrable=row["deferrable"],
        enforced=row["enforced"],
    )


def _reactions(session: Session, oid: int) -> Mapping[int, tuple[Reaction, ...]]:
    reactions: dict[int, tuple[Reaction, ...]] = defaultdict(tuple)
    for row in read_schema(session, "existing_reactions", oid):
        reactions[row["relation"]] += (Reaction(row["name"], row["rule"], row["before_insert"]),)
    return dict(reactions)


def _rights(row: Row) -> Rights:
    return Rights(
        inserts=frozenset(row["inserts"]),
        updates=frozenset(row["updates"]),
        selects=frozenset(row["selects"]),
        truncates=row["truncates"],
        analyzes=row["analyzes"],
    )
