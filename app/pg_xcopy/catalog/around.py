"""Reads what stands around tables of the target that are about to be replaced."""

from __future__ import annotations

from collections.abc import Iterable

from pg_xcopy.catalog.beside import read_objects
from pg_xcopy.catalog.reading import DOING, Row, look_along, read_schema
from pg_xcopy.catalog.servers import Extension
from pg_xcopy.catalog.surroundings import Dependence, StandingKey, StandingRelation, StandingView, Surroundings
from pg_xcopy.connect.session import Session
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.search_path import set_search_path


def read_surroundings(session: Session, schema: str, oid: int, extensions: Iterable[Extension]) -> Surroundings:
    """Read what is in the schema, and what depends on it, within the session's open transaction.

    Definitions are deparsed as in a source, to be compared; those that are run again name every schema.
    """
    # To print a view takes a lock on all that it reads, which nobody is to wait for while the job runs.
    session.run(Sql("SAVEPOINT surroundings"), DOING)
    look_along(session, schema, extensions)
    relations = tuple(map(_relation, read_schema(session, "standing_relations", oid)))
    objects = read_objects(session, schema, oid)
    session.run(set_search_path([]), DOING)
    found = Surroundings(
        relations=relations,
        views=tuple(map(_view, read_schema(session, "standing_views", oid))),
        keys=tuple(map(_key, read_schema(session, "standing_keys", oid))),
        dependences=tuple(map(_dependence, read_schema(session, "dependences", oid))),
        objects=objects,
    )
    session.run(Sql("ROLLBACK TO SAVEPOINT surroundings; RELEASE SAVEPOINT surroundings"), DOING)
    return found


def _relation(row: Row) -> StandingRelation:
    lists = {name: tuple(row[name]) for name in ("parents", "parent_names", "constraints", "statistics")}
    return StandingRelation(**{**row, **lists, "columns": dict(row["columns"])})


def _view(row: Row) -> StandingView:
    return StandingView(
        oid=row["oid"],
        name=TableName(row["schema"], row["name"]),
        definition=Sql(row["definition"]),
        owner=row["owner"],
        ours=row["ours"],
        may_create=row["may_create"],
        temporary=row["temporary"],
        options=tuple(map(Sql, row["options"])),
        reads=tuple((table, column) for table, column in row["reads"]),
        rows_of=tuple(row["rows_of"]),
    )


def _key(row: Row) -> StandingKey:
    return StandingKey(
        oids=tuple(row["oids"]),
        name=row["name"],
        table_oid=row["table_oid"],
        table=TableName(row["schema"], row["table_name"]),
        referenced_oid=row["referenced_oid"],
        referenced=TableName(row["referenced_schema"], row["referenced_name"]),
        definition=Sql(row["definition"]),
        columns=tuple(row["columns"]),
        referenced_columns=tuple(row["referenced_columns"]),
        owner=row["owner"],
        ours=row["ours"],
        checked=row["checked"],
        temporal=row["temporal"],
        partitioned=row["partitioned"],
        comment=row["comment"],
    )


def _dependence(row: Row) -> Dependence:
    return Dependence(**{("on" if name == "on_id" else name): value for name, value in row.items()})
