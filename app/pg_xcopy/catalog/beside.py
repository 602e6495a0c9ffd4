"""Reads what a schema has beside its tables: types, functions, collations, sequences and their like."""

from __future__ import annotations

from collections.abc import Sequence as Rows

from pg_xcopy.catalog.objects import (
    Cast,
    Collation,
    Function,
    ObjectId,
    SchemaObjects,
    Sequence,
    TextSearch,
    TypeName,
    UserType,
)
from pg_xcopy.catalog.reading import Row, read_schema, sql_or_none
from pg_xcopy.connect.session import Session
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


def read_objects(session: Session, schema: str, oid: int) -> SchemaObjects:
    """Read them; definitions are deparsed along the session's search_path."""
    return SchemaObjects(
        types=read_types(session, oid),
        functions=tuple(_function(row, schema) for row in read_schema(session, "functions", oid)),
        collations=tuple(_collation(row, schema) for row in read_schema(session, "collations", oid)),
        text_searches=tuple(_text_search(row, schema) for row in read_schema(session, "text_searches", oid)),
        casts=tuple(_cast(row) for row in read_schema(session, "casts", oid)),
        sequences=read_sequences(session, schema, oid),
    )


def read_types(session: Session, oid: int) -> tuple[UserType, ...]:
    """Read the schema's types, and those of others that its columns use."""
    return tuple(map(_user_type, read_schema(session, "types", oid)))


def read_sequences(session: Session, schema: str, oid: int) -> tuple[Sequence, ...]:
    """Read the schema's sequences."""
    return tuple(_sequence(row, schema) for row in read_schema(session, "sequences", oid))


def ids_of(values: Rows[str | None]) -> tuple[ObjectId, ...]:
    """Give those of the ids that there are."""
    return tuple(ObjectId(value) for value in values if value)


def _sequence(row: Row, schema: str) -> Sequence:
    return Sequence(**{**row, "name": TableName(schema, row["name"]), "type": Sql(row["type"])})


def _user_type(row: Row) -> UserType:
    return UserType(
        ids=ids_of((*row["ids"], *row["multirange_ids"])),
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
        fields=tuple(row["fields"]),
        operator_class=sql_or_none(row["operator_class"]),
        subtype_diff=sql_or_none(row["subtype_diff"]),
        parts=tuple(TypeName(*part) for part in row["parts"] or ()),
        multirange=row["multirange"],
        multirange_ids=ids_of(row["multirange_ids"]),
        canonical=row["canonical"],
        needs=ids_of(row["needs"]),
    )


def _collation(row: Row, schema: str) -> Collation:
    return Collation(**{**row, "ids": ids_of(row["ids"]), "name": TableName(schema, row["name"])})


def _text_search(row: Row, schema: str) -> TextSearch:
    return TextSearch(
        ids=ids_of(row["ids"]),
        kind=Sql(row["kind"]),
        name=TableName(schema, row["name"]),
        made_from=Sql(row["made_from"]),
        options=sql_or_none(row["options"]),
        mappings=tuple(map(Sql, row["mappings"])),
        needs=ids_of(row["needs"]),
    )


def _cast(row: Row) -> Cast:
    return Cast(ids_of(row["ids"]), Sql(row["signature"]), Sql(row["method"]), ids_of(row["needs"]))


def _function(row: Row, schema: str) -> Function:
    return Function(
        ids=ids_of(row["ids"]),
        name=TableName(schema, row["name"]),
        definition=sql_or_none(row["definition"]),
        arguments=Sql(row["arguments"]),
        needs=ids_of(row["needs"]),
        sql_body=row["sql_body"],
        reads=tuple((int(oid), column) for oid, column in row["reads"]),
        leakproof=row["leakproof"],
        body=row["body"],
        comment=row["comment"],
        takes=row["takes"],
    )
