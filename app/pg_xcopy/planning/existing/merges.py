"""How rows that have landed beside their table are taken over: by one INSERT, which for an upsert is ON CONFLICT."""

from __future__ import annotations

from pg_xcopy.planning.existing.makes import Makes
from pg_xcopy.planning.existing.overlap import Overlap
from pg_xcopy.planning.existing.plan import Landing, Merge
from pg_xcopy.planning.existing.upserting import Upsert
from pg_xcopy.planning.plan import Step
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

TEMPORARY = "pg_temp"


def plan_landing(one: Overlap, upsert: Upsert | None, landing: TableName, types: Makes) -> Landing:
    """Write what makes the landing of one table, and what takes its rows over; `types` are the target's.

    Another session than ours checks no domain: its search_path is not the one under which the functions of a check find
    what they name. So what it writes is of the type below, and the domain comes with the INSERT.
    """
    table, temporary = one.table.name, landing.schema == TEMPORARY
    columns = [each.into if temporary else types.plain(each.into) for each in one.filled]
    rows = render("existing/landed_rows.sql.j2", columns=one.names, landing=landing)
    create = render("existing/create_landing.sql.j2", landing=landing, columns=columns, temporary=temporary)
    doing = f"upserting into {table}" if upsert else f"copying into {table}"
    return Landing(
        table=landing,
        create=Step(create, f"preparing where rows for {table} land", str(table)),
        insert=Step(insert(one, rows, upsert), doing, str(table)),
    )


def plan_merge(one: Overlap, upsert: Upsert, landing: TableName) -> Merge:
    """Write what an upsert asks and does when the rows of one table have landed."""
    return Merge(
        key=upsert.key.name,
        updated=upsert.updated,
        duplicates=render("existing/duplicates.sql.j2", landing=landing, key=upsert.key),
        written=render("existing/rows_written.sql.j2", table=one.table.name),
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
