"""Rows that pass through foreign tables: which the target's server reads, or the source's server writes to."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pg_xcopy.catalog.relations import Column, Relation
from pg_xcopy.planning.plan import ColumnPlan, Transport
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

BATCHES = 140000
"""PostgreSQL 14, whose postgres_fdw sends more than one row at a time."""

FETCHED, SENT = 10_000, 1_000
"""Rows in one message, at most: more gained nothing where it was measured."""

MESSAGE = 8 * 1024 * 1024
"""Bytes in one message, about: the server holds two of them in memory."""

FOREIGN = "_xcopy_foreign_{}"
TRIED = TableName("pg_temp", "_xcopy_filtered")


class Rows(Struct, frozen=True):
    """What a stream reads: all rows of some relations that a `condition` lets pass."""

    relations: tuple[Relation, ...]
    condition: Sql | None


class Foreign(Struct, frozen=True):
    """Writes the statements of postgres_fdw: for the target, which fetches, or for the source, which pushes."""

    transport: Transport
    server_version: int

    @property
    def why_text(self) -> str:
        """Why values travel as text."""
        return "postgres_fdw knows no other way"

    def statements(
        self, into: TableName, columns: Iterable[ColumnPlan], reads: Iterable[Sql], rows: Rows
    ) -> tuple[Sql, ...]:
        """Write what copies each SELECT, or else all rows; they give `columns` in their order, save the generated."""
        taken = [each for each in columns if each.expression is not None]
        if self.transport.push:
            return tuple(self._push(into, taken, each, rows) for each in reads)
        tables, select = self._reading(taken, rows)
        names = [each.name for each in taken]
        return (render("transports/fdw_pull.sql.j2", tables=tables, table=into, columns=names, select=select),)

    def count(self, columns: Iterable[ColumnPlan], _select: Sql, rows: Rows) -> Sql:
        """Write what counts the rows that were fetched, in the same snapshot."""
        taken = [each for each in columns if each.expression is not None]
        _, select = self._reading(taken, rows)
        return render("transports/fdw_count.sql.j2", select=select)

    def trial(self, rows: Rows) -> Sql | None:
        """Write what asks the target which part of a filter the source would get to see."""
        if self.transport.push or rows.condition is None:
            return None
        # Types of the job's own may not be there yet, and no filter on a column of such a type would reach the source.
        kept = [ColumnPlan(each.name, each.type, Sql("")) for each in rows.relations[0].columns if _is_built_in(each)]
        tables, select = self._reading(kept, rows)
        return render("transports/fdw_trial.sql.j2", tables=tables, view=TRIED, select=select)

    def _reading(self, taken: list[ColumnPlan], rows: Rows) -> tuple[Sql, Sql]:
        """Write the making of foreign tables, and what reads them."""
        tables, selects = [], []
        names = [each.name for each in taken]
        for number, relation in enumerate(rows.relations, start=1):
            foreign = TableName("pg_temp", FOREIGN.format(number))
            fetched = [("fetch_size", str(_in_one_message(relation, FETCHED)))]
            tables.append(
                foreign_table(foreign, relation.name, (*taken, *_filtered_by(relation, names, rows)), fetched)
            )
            selects.append(
                render("transports/fdw_rows.sql.j2", foreign=foreign, columns=names, condition=rows.condition)
            )
        return Sql(";\n".join(tables)), Sql("\nUNION ALL ".join(selects))

    def _push(self, into: TableName, taken: list[ColumnPlan], select: Sql, rows: Rows) -> Sql:
        foreign = TableName("pg_temp", FOREIGN.format(1))
        size = str(min(_in_one_message(each, SENT) for each in rows.relations))
        # Rows without columns are sent as DEFAULT VALUES, of which servers can't put several into one INSERT.
        options = [("batch_size", size)] if self.server_version >= BATCHES and taken else []
        return render(
            "transports/fdw_push.sql.j2",
            tables=foreign_table(foreign, into, taken, options),
            foreign=foreign,
            columns=[each.name for each in taken],
            select=select,
        )


def foreign_table(
    foreign: TableName, table: TableName, columns: Iterable[ColumnPlan], options: Iterable[tuple[str, str]]
) -> Sql:
    """Write the making of a foreign table that stands for a table of the other server."""
    return render(
        "transports/fdw_table.sql.j2", foreign=foreign, table=table, columns=list(columns), options=list(options)
    )


def plan_foreign(*, push: bool) -> Transport:
    """Write what connects a transaction of one server to the other, and what parts them."""
    any_table = TableName("pg_temp", FOREIGN.format(0))
    databases = TableName("pg_catalog", "pg_database")
    tables = foreign_table(any_table, databases, [ColumnPlan("datname", Sql("name"), Sql(""))], [])
    return Transport(
        name="postgres_fdw",
        functions="",
        encoding="",
        connect=render("transports/fdw_connect.sql.j2"),
        process=render("transports/fdw_process.sql.j2", tables=tables, foreign=any_table),
        disconnect=render("transports/fdw_disconnect.sql.j2"),
        push=push,
    )


def _filtered_by(relation: Relation, names: list[str], rows: Rows) -> list[ColumnPlan]:
    """Give the columns that are not copied and that a filter may name."""
    if rows.condition is None:
        return []
    left = [each for each in relation.columns if each.name not in names and _is_built_in(each)]
    return [ColumnPlan(each.name, each.type, Sql("")) for each in left]


def _is_built_in(column: Column) -> bool:
    return column.type_name.schema == "pg_catalog"


def _in_one_message(relation: Relation, most: int) -> int:
    width = relation.bytes // max(relation.estimated_rows, 1) if relation.bytes else 1
    return max(1, min(most, MESSAGE // max(width, 1)))
