"""Reads one schema of the source in a fixed number of queries, whatever the number of its tables."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import replace
from typing import Any

from pg_xcopy.catalog.model import (
    Column,
    Comment,
    Constraint,
    Extension,
    Function,
    Index,
    Relation,
    Sequence,
    Server,
    SourceCatalog,
    Statistics,
    TypeName,
    UserType,
)
from pg_xcopy.catalog.objects import Cast, Collation, ObjectId, TextSearch
from pg_xcopy.catalog.reading import DOING, read_builtins, read_extensions, read_server, sql_or_none
from pg_xcopy.connect.session import Session
from pg_xcopy.errors import SchemaNotFoundError
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path

Row = Mapping[str, Any]


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
    members = render("introspect/extension_members.sql")
    return SourceCatalog(
        server=server,
        schema=schema,
        relations=_relations(session, oid),
        sequences=_with_values(session, _sequences(session, schema, oid)),
        types=tuple(_user_type(row) for row in _read(session, "types", oid)),
        functions=tuple(_function(row, schema) for row in _read(session, "functions", oid)),
        extensions=extensions,
        collations=tuple(_collation(row, schema) for row in _read(session, "collations", oid)),
        comments=tuple(Comment(**row) for row in _read(session, "comments", oid)),
        builtins=read_builtins(session),
        members={row["id"]: row["extension"] for row in session.rows(members, DOING)},
        text_searches=tuple(_text_search(row, schema) for row in _read(session, "text_searches", oid)),
        casts=tuple(_cast(row) for row in _read(session, "casts", oid)),
        functions_elsewhere={
            row["id"]: TableName(row["schema"], row["name"])
            for row in session.rows(render("introspect/functions_elsewhere.sql.j2", schema=schema), DOING)
        },
        unmakeable={row["id"]: row["what"] for row in _read(session, "unmakeable", oid)},
    )


def _read(session: Session, what: str, schema_oid: int) -> Rows[Row]:
    query = render(f"introspect/{what}.sql.j2", schema_oid=schema_oid, server_version=session.server_version)
    return session.rows(query, DOING)


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


def _relations(session: Session, oid: int) -> tuple[Relation, ...]:
    columns = _grouped(_read(session, "columns", oid))
    constraints = _grouped(_read(session, "constraints", oid))
    indexes = _grouped(_read(session, "indexes", oid))
    statistics = _grouped(_read(session, "statistics", oid))
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
            ids=_ids(row["ids"]),
            needs=_ids(row["needs"]),
        )
        for row in _read(session, "relations", oid)
    )


def _grouped(rows: Rows[Row]) -> Mapping[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["relation"]].append(row)
    return groups


def _ids(values: Rows[str | None]) -> tuple[ObjectId, ...]:
    return tuple(ObjectId(value) for value in values if value)


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
        needs=_ids(row["needs"]),
        expression_needs=_ids(row["expression_needs"]),
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
        needs=_ids(row["needs"]),
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
        needs=_ids(row["needs"]),
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
        needs=_ids(row["needs"]),
    )


def _sequences(session: Session, schema: str, oid: int) -> tuple[Sequence, ...]:
    return tuple(
        Sequence(**{**row, "name": TableName(schema, row["name"]), "type": Sql(row["type"])})
        for row in _read(session, "sequences", oid)
    )


def _with_values(session: Session, sequences: tuple[Sequence, ...]) -> tuple[Sequence, ...]:
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


def _user_type(row: Row) -> UserType:
    return UserType(
        ids=_ids((*row["ids"], *row["multirange_ids"])),
        name=TableName(row["schema"], row["name"]),
        kind=row["kind"],
        labels=tuple(row["labels"]),
        base_type=sql_or_none(row["base_type"]),
        not_null=row["not_null"],
        default_expression=sql_or_none(row["default_expression"]),
        collation=sql_or_none(row["collation"]),
        not_null_name=row["not_null_name"],
        checks=tuple(map(Sql, row["checks"])),
        late_checks=tuple((name, Sql(definition)) for name, definition in row["late_checks"]),
        attributes=tuple(map(Sql, row["attributes"])),
        operator_class=sql_or_none(row["operator_class"]),
        subtype_diff=sql_or_none(row["subtype_diff"]),
        parts=tuple(TypeName(*part) for part in row["parts"] or ()),
        multirange=row["multirange"],
        multirange_ids=_ids(row["multirange_ids"]),
        canonical=row["canonical"],
        needs=_ids(row["needs"]),
    )


def _collation(row: Row, schema: str) -> Collation:
    return Collation(**{**row, "ids": _ids(row["ids"]), "name": TableName(schema, row["name"])})


def _text_search(row: Row, schema: str) -> TextSearch:
    return TextSearch(
        ids=_ids(row["ids"]),
        kind=Sql(row["kind"]),
        name=TableName(schema, row["name"]),
        made_from=Sql(row["made_from"]),
        options=sql_or_none(row["options"]),
        mappings=tuple(map(Sql, row["mappings"])),
        needs=_ids(row["needs"]),
    )


def _cast(row: Row) -> Cast:
    return Cast(_ids(row["ids"]), Sql(row["signature"]), Sql(row["method"]), _ids(row["needs"]))


def _function(row: Row, schema: str) -> Function:
    return Function(
        ids=_ids(row["ids"]),
        name=TableName(schema, row["name"]),
        definition=sql_or_none(row["definition"]),
        arguments=Sql(row["arguments"]),
        needs=_ids(row["needs"]),
        sql_body=row["sql_body"],
        leakproof=row["leakproof"],
        body=row["body"],
        comment=row["comment"],
    )
