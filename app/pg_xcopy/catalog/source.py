"""Reads one schema of the source in a fixed number of queries, whatever the number of its tables."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import replace

from pg_xcopy.catalog.beside import ids_of, read_objects
from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.objects import Comment, Sequence, TypeName
from pg_xcopy.catalog.reading import (
    DOING,
    Row,
    read_builtins,
    read_extensions,
    read_members,
    read_schema,
    read_server,
    sql_or_none,
)
from pg_xcopy.catalog.relations import Column, Constraint, Index, Relation, Statistics
from pg_xcopy.catalog.servers import Extension, Server
from pg_xcopy.connect.session import Session
from pg_xcopy.errors import SchemaNotFoundError
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path


def source_search_path(schema: str, extensions: Rows[Extension]) -> Sql:
    """Put the schemas of extensions on the path, so that their types print the same wherever a server keeps them."""
    return search_path([schema, *sorted({extension.schema for extension in extensions})])


def read_source(session: Session, schema: str) -> SourceCatalog:
    """Read the catalog of `schema` inside the session's open transaction.

    Raises SchemaNotFoundError, and DatabaseError as any statement does.
    """
    server = read_server(session)
    extensions = read_extensions(session)
    path = source_search_path(schema, extensions)
    # Compiling the larger catalog queries takes longer than they run.
    session.run(Sql(f"SET LOCAL jit = off; SET LOCAL search_path = {path}"), DOING)
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
    found = session.rows(render("introspect/schema.sql.j2", schema=schema), DOING)
    if not found:
        names = [row["name"] for row in session.rows(render("introspect/schema_names.sql"), DOING)]
        near = next(iter(difflib.get_close_matches(schema, names, n=1)), "")
        raise SchemaNotFoundError(session.address.label, schema, near)
    if not found[0]["usable"]:
        found = session.rows(render("introspect/unreadable.sql.j2", schema_oid=found[0]["oid"]), DOING)
        unreadable = tuple(row["name"] for row in found)
        raise SchemaNotFoundError(session.address.label, schema, role_without_usage=server.role, unreadable=unreadable)
    return int(found[0]["oid"])


def read_relations(session: Session, oid: int) -> tuple[Relation, ...]:
    """Read what of a schema has rows; definitions are deparsed along the session's search_path."""
    columns = _grouped(read_schema(session, "columns", oid))
    constraints = _grouped(read_schema(session, "constraints", oid))
    indexes = _grouped(_still_there(read_schema(session, "indexes", oid)))
    statistics = _grouped(_still_there(read_schema(session, "statistics", oid)))
    return tuple(
        Relation(
            oid=row["oid"],
            name=TableName(row["schema"], row["name"]),
            kind=row["kind"],
            columns=tuple(map(_column, columns[row["oid"]])),
            constraints=tuple(map(_constraint, constraints[row["oid"]])),
            indexes=tuple(map(_index, indexes[row["oid"]])),
            persistence=row["persistence"],
            estimated_rows=row["estimated_rows"],
            bytes=row["bytes"],
            blocks=row["blocks"],
            is_partition=row["is_partition"],
            partition_key=sql_or_none(row["partition_key"]),
            partition_bound=sql_or_none(row["partition_bound"]),
            partition_columns=tuple(row["partition_columns"]),
            partitioned_by_expression=row["partitioned_by_expression"],
            parents=tuple(row["parents"]),
            of_extension=row["of_extension"],
            of_type=sql_or_none(row["of_type"]),
            options=tuple((Sql(name), value) for name, value in row["options"]),
            replica_identity=row["replica_identity"],
            replica_identity_index=row["replica_identity_index"],
            cluster_index=row["cluster_index"],
            row_security=row["row_security"],
            policies=row["policies"],
            parent_names=tuple(row["parent_names"]),
            statistics=tuple(map(_statistics, statistics[row["oid"]])),
            ids=ids_of(row["ids"]),
            needs=ids_of(row["needs"]),
        )
        for row in read_schema(session, "relations", oid)
    )


def _grouped(rows: Rows[Row]) -> Mapping[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["relation"]].append(row)
    return groups


def _still_there(rows: Rows[Row]) -> Rows[Row]:
    """Leave out what has been dropped since the snapshot was taken: no server can say any more how it was defined."""
    return [row for row in rows if row["definition"] is not None]


def _column(row: Row) -> Column:
    return Column(
        name=row["name"],
        type=Sql(row["type"]),
        bare_type=Sql(row["bare_type"]),
        type_name=TypeName(row["type_schema"], row["type_name"], row["type_is_array"]),
        not_null=row["not_null"],
        identity=row["identity"],
        generated=row["generated"],
        local=row["local"],
        expression=sql_or_none(row["expression"]),
        collation=sql_or_none(row["collation"]),
        depends_on=tuple(row["depends_on"]),
        needs=ids_of(row["needs"]),
        expression_needs=ids_of(row["expression_needs"]),
        storage=row["storage"],
        compression=row["compression"],
        statistics=row["statistics"],
        options=sql_or_none(row["options"]),
        not_null_name=row["not_null_name"],
        not_null_no_inherit=row["not_null_no_inherit"],
        not_null_valid=row["not_null_valid"],
        not_null_local=row["not_null_local"],
    )


def _constraint(row: Row) -> Constraint:
    referenced = row["referenced_table"]
    return Constraint(
        name=row["name"],
        kind=row["kind"],
        definition=Sql(row["definition"]),
        columns=tuple(row["columns"]),
        inherited=row["inherited"],
        referenced=TableName(row["referenced_schema"], referenced) if referenced else None,
        referenced_columns=tuple(row["referenced_columns"]),
        needs=ids_of(row["needs"]),
        part_of=row["part_of"],
        excludes=row["excludes"],
    )


def _index(row: Row) -> Index:
    return Index(
        name=row["name"],
        is_unique=row["is_unique"],
        valid=row["valid"],
        definition=Sql(row["definition"]),
        columns=tuple(row["columns"]),
        needs=ids_of(row["needs"]),
        statistics=tuple(map(Sql, row["statistics"])),
        on_root_only=row["on_root_only"],
        part_of=row["part_of"],
    )


def _statistics(row: Row) -> Statistics:
    return Statistics(
        name=row["name"],
        definition=Sql(row["definition"]),
        columns=tuple(row["columns"]),
        target=row["target"],
        needs=ids_of(row["needs"]),
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
