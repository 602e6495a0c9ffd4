"""The plan of a job that fills existing tables, as frozen data."""

from __future__ import annotations

from msgspec import Struct

from pg_xcopy.planning.plan import Plan, Step
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class Merge(Struct, frozen=True):
    """How rows that have landed in a table of their own become rows of the target's.

    `create` makes the `landing`, `insert` takes the rows over. `duplicates` asks whether two of them have the same
    `key`; where rows that are there are left alone, nothing else would say so. Those that are there have the columns
    `updated` set. `written` asks how many rows the session has inserted and updated so far.
    """

    landing: TableName
    key: str
    updated: tuple[str, ...]
    create: Step
    insert: Step
    duplicates: Sql
    written: Sql


class TableFill(Struct, frozen=True):
    """What is done to one table of the target, whose rows the plan's copy into `table` brings.

    `only_in_source` and `only_in_target` are the columns that are not copied. `opening` comes before the rows and
    `closing` (its sequences) after them, in the same transaction; `analyze`, where our role may, after that. `trial`
    is what the target is asked to plan before anything is written. It `waits_for` tables that its rows refer to.
    `droppers` are triggers that may let rows fall. Rows that are upserted `merge`; all others are copied as they are.
    """

    table: TableName
    only_in_source: tuple[str, ...]
    only_in_target: tuple[str, ...]
    trial: Sql
    waits_for: tuple[TableName, ...] = ()
    opening: tuple[Step, ...] = ()
    closing: tuple[Step, ...] = ()
    analyze: Step | None = None
    droppers: tuple[str, ...] = ()
    merge: Merge | None = None


class ExistingPlan(Plan, frozen=True):
    """Tables that exist take rows, in the order of `fills`.

    `mode` and `transaction` are as the manifest says them. Where all tables share one transaction, `opening` begins it.
    """

    mode: str
    transaction: str
    opening: tuple[Step, ...]
    fills: tuple[TableFill, ...]

    @property
    def in_order(self) -> bool:
        """Tell whether the copies must come one after the other: rows may refer to those of tables before them."""
        return True
