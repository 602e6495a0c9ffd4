"""The plan of a job that fills existing tables, as frozen data."""

from __future__ import annotations

from msgspec import Struct

from pg_xcopy.planning.plan import Plan, Step
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class Landing(Struct, frozen=True):
    """Where rows land beside the table that they are for: `create` makes it, `insert` takes the rows over from it.

    It is temporary, or, where the source's server pushes, stands in the plan's `landing_schema`.
    """

    table: TableName
    create: Step
    insert: Step


class Merge(Struct, frozen=True):
    """How an upsert takes over rows that have landed.

    `duplicates` asks whether two of them have the same `key`; where rows that are there are left alone, nothing else
    would say so. Those that are there have the columns `updated` set. `written` asks how many rows the session has
    inserted and updated so far.
    """

    key: str
    updated: tuple[str, ...]
    duplicates: Sql
    written: Sql


class LandingSchema(Struct, frozen=True):
    """Where rows land that a session of the source's server writes: no other sees them before they are committed.

    `create` makes it. It is there, with its tables, before the first row comes, and dropped when all have been taken
    over, or the run has failed.
    """

    name: str
    create: Step


class TableFill(Struct, frozen=True):
    """What is done to one table of the target, whose rows the plan's copy into `table` brings.

    `only_in_source` and `only_in_target` are the columns that are not copied. `opening` comes before the rows and
    `closing` (its sequences) after them, in the same transaction; `analyze`, where our role may, after that. `trial`
    is what the target is asked to plan before anything is written. It `waits_for` tables that its rows refer to.
    `droppers` are triggers that may let rows fall. Rows that are upserted or pushed go through a `landing`, and those
    that are upserted `merge`; all others are copied into the table at once.
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
    landing: Landing | None = None
    merge: Merge | None = None


class ExistingPlan(Plan, frozen=True):
    """Tables that exist take rows, in the order of `fills`.

    `mode` and `transaction` are as the manifest says them. Where all tables share one transaction, `opening` begins
    what it does to them. What is pushed lands in `landing_schema`.
    """

    mode: str
    transaction: str
    opening: tuple[Step, ...]
    fills: tuple[TableFill, ...]
    landing_schema: LandingSchema | None = None

    @property
    def lands(self) -> bool:
        """Tell whether all rows land beside their tables, which nothing touches until the last of them has come."""
        return any(fill.landing for fill in self.fills)

    @property
    def preparing(self) -> tuple[Step, ...]:
        """What is done, and committed, before any row comes."""
        if self.landing_schema is None:
            return ()
        return (self.landing_schema.create, *(fill.landing.create for fill in self.fills if fill.landing))

    @property
    def in_order(self) -> bool:
        """Tell whether the copies must come one after the other: rows may refer to those of tables before them."""
        return True
