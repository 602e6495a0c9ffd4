"""Rows that have landed become rows of their table: one INSERT … ON CONFLICT, and what it made of them."""

from __future__ import annotations

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.rows.loading import Written
from pg_xcopy.errors import DatabaseError, DuplicateRowsError
from pg_xcopy.planning.existing.plan import Merge, TableFill
from pg_xcopy.sql.quoting import Sql

CARDINALITY_VIOLATION = "21000"
"""SQLSTATE of ON CONFLICT DO UPDATE that comes to a row for the second time, and of some errors in triggers."""


def merge(fill: TableFill, how: Merge, session: Session, reporter: Reporter) -> Written:
    """Merge one table's rows in the open transaction; raises DuplicateRowsError if two of them have the same key."""
    with reporter.working(how.insert.doing):
        if not how.updated:
            _refuse_duplicates(fill, how, session)
        inserted, updated = _written(how, session)
        rows = _inserted(fill, how, session)
        more_inserted, more_updated = _written(how, session)
    inserted, updated = more_inserted - inserted, more_updated - updated
    # They are counted only where track_counts is on, and triggers may write to the same table.
    known = inserted + updated == rows
    return Written(inserted if known else None, updated if known else None)


def _inserted(fill: TableFill, how: Merge, session: Session) -> int:
    session.run(Sql("SAVEPOINT merging"), how.insert.doing)
    try:
        return session.affected(how.insert.sql, how.insert.doing)
    except DatabaseError as error:
        if error.sqlstate == CARDINALITY_VIOLATION:
            session.run(Sql("ROLLBACK TO SAVEPOINT merging"), how.insert.doing)
            _refuse_duplicates(fill, how, session)
        raise


def _refuse_duplicates(fill: TableFill, how: Merge, session: Session) -> None:
    if session.value(how.duplicates, how.insert.doing):
        raise DuplicateRowsError(str(fill.table), how.key)


def _written(how: Merge, session: Session) -> tuple[int, int]:
    (row,) = session.rows(how.written, how.insert.doing)
    return int(row["inserted"]), int(row["updated"])
