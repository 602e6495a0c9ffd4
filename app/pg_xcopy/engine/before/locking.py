"""The source's tables are kept as the snapshot shows them, for as long as they are read."""

from __future__ import annotations

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.sources.source import Source, refuse_replaced
from pg_xcopy.errors import DatabaseError, PlanError
from pg_xcopy.planning.plan import Plan
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path

INSUFFICIENT_PRIVILEGE = "42501"
LOCKABLE = ("r", "p", "v")
"""Kinds of relations that LOCK TABLE takes."""

DOING = "locking the source's tables against changes"


def lock(plan: Plan, source: Source) -> None:
    """Keep the tables as the snapshot shows them; raises PlanError if one was emptied or rewritten since.

    TRUNCATE, ALTER TABLE and REFRESH do not wait for snapshots (PostgreSQL manual, 13.6): a table would arrive empty.
    So the session that holds the snapshot holds ACCESS SHARE on each table, as pg_dump does; and on those that the
    user's SQL reads besides, since a filter by a table that is empty then finds nothing.
    """
    names = {name for copy in plan.copies for name in copy.read}
    read = [each for each in source.catalog.relations if each.name in names]
    if tables := [each.name for each in read if each.kind in LOCKABLE]:
        _lock_tables(source.session, tables)
    if views := [each.name for each in read if each.kind == "m"]:
        source.session.run(render("guard/hold_source.sql.j2", tables=views), DOING)
    _lock_what_is_asked(plan, source.session)
    if changed := source.session.rows(render("guard/changed_since.sql"), DOING):
        listed = ", ".join(row["name"] for row in changed)
        reason = f"emptied or rewritten since the run began: {listed} (run it again: it will take a new snapshot)"
        raise PlanError(plan.job, (reason,))
    refuse_replaced(source, plan.copies)


def _lock_tables(session: Session, tables: list[TableName]) -> None:
    session.run(Sql("SAVEPOINT locking"), DOING)
    try:
        session.run(render("guard/lock_source.sql.j2", tables=tables), DOING)
    except DatabaseError as error:
        if error.sqlstate != INSUFFICIENT_PRIVILEGE:
            raise
        session.run(Sql("ROLLBACK TO SAVEPOINT locking"), DOING)
        session.run(render("guard/hold_source.sql.j2", tables=tables), DOING)


def _lock_what_is_asked(plan: Plan, session: Session) -> None:
    """Lock what the user's expressions read, which only the server can tell."""
    if selects := [copy.select for copy in plan.copies if copy.guard is not None]:
        session.run(
            render(
                "guard/hold_queries.sql.j2",
                selects=selects,
                search_path=plan.source_path,
                row_security=plan.row_security,
                no_path=search_path([]),
            ),
            DOING,
        )
