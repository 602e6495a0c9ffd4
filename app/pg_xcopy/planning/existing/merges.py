"""The statements of an upsert: rows land in a temporary table, and one INSERT … ON CONFLICT takes them over."""

from __future__ import annotations

from pg_xcopy.planning.existing.overlap import Overlap
from pg_xcopy.planning.existing.plan import Merge
from pg_xcopy.planning.existing.upserting import Upsert
from pg_xcopy.planning.plan import Step
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


def plan_merge(one: Overlap, upsert: Upsert, landing: TableName) -> Merge:
    """Write what is done to one table."""
    table, columns = one.table.name, [each.into for each in one.filled]
    rows = render("existing/landed_rows.sql.j2", columns=one.names, landing=landing)
    create = render("existing/create_landing.sql.j2", landing=landing, columns=columns)
    return Merge(
        landing=landing,
        key=upsert.key.name,
        updated=upsert.updated,
        create=Step(create, f"preparing to upsert into {table}", str(table)),
        insert=Step(insert(one, rows, upsert), f"upserting into {table}", str(table)),
        duplicates=render("existing/duplicates.sql.j2", landing=landing, key=upsert.key),
        written=render("existing/rows_written.sql.j2", table=table),
    )


def insert(one: Overlap, rows: Sql, upsert: Upsert | None) -> Sql:
    """Write an INSERT of the copied columns; `rows` is a query that gives them in their order."""
    return render(
        "existing/insert.sql.j2",
        table=one.table.name,
        columns=one.names,
        rows=rows,
        key=upsert.key if upsert else None,
        updated=upsert.updated if upsert else (),
    )
