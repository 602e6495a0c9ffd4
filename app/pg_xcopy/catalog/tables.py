"""Reads what of a schema has rows, with all that tables are made of, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pg_xcopy.catalog.beside import ids_of
from pg_xcopy.catalog.objects import TypeName
from pg_xcopy.catalog.reading import Row, read_schema, sql_or_none
from pg_xcopy.catalog.relations import Column, Constraint, Index, Relation, Statistics
from pg_xcopy.connect.session import Session
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


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


def _grouped(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["relation"]].append(row)
    return groups


def _still_there(rows: Sequence[Row]) -> Sequence[Row]:
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
