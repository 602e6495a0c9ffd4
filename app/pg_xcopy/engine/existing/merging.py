"""Rows that have landed become rows of their table: one INSERT … ON CONFLICT, and what it made of them."""

from __future__ import annotations

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.rows.loading import Written
from pg_xcopy.errors import DatabaseError, DuplicateRowsError
from pg_xcopy.planning.existing.plan import Merge, TableFill
from pg_xcopy.planning.plan import Step
from pg_xcopy.sql.quoting import Sql

CARDINALITY_VIOLATION = "21000"
"""SQLSTATE of ON CONFLICT DO UPDATE that comes to a row for the second time, and of some errors in triggers."""


def merge(fill: TableFill, insert: Step, how: Merge, session: Session) -> Written:
    """Merge one table's rows in the open transaction; raises DuplicateRowsError if two of them have the same key."""
    if not how.updated:
        _refuse_duplicates(fill, insert, how, session)
    inserted, updated = _written(insert, how, session)
    rows = _inserted(fill, insert, how, session)
    more_inserted, more_updated = _written(insert, how, session)
    inserted, updated = more_inserted - inserted, more_updated - updated
    # They are counted only where track_counts is on, and triggers may write to the same table.
    known = inserted + updated == rows
    return Written(inserted if known else None, updated if known else None)


def _inserted(fill: TableFill, insert: Step, how: Merge, session: Session) -> int:
    session.run(Sql("SAVEPOINT merging"), insert.doing)
    try:
        return session.affected(insert.sql, insert.doing)
    except DatabaseError as error:
        if error.sqlstate == CARDINALITY_VIOLATION:
            session.run(Sql("ROLLBACK TO SAVEPOINT merging"), insert.doing)
            _refuse_duplicates(fill, insert, how, session)
        raise


def _refuse_duplicates(fill: TableFill, insert: Step, how: Merge, session: Session) -> None:
    if session.value(how.duplicates, insert.doing):
        raise DuplicateRowsError(str(fill.table), how.key)


def _written(insert: Step, how: Merge, session: Session) -> tuple[int, int]:
    (row,) = session.rows(how.written, insert.doing)
    return int(row["inserted"]), int(row["updated"])
