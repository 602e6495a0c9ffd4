"""What a run did, as values: the library returns them, reports are made of them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, to_builtins


class TableResult(Struct, frozen=True):
    """One table that was copied: rows, bytes of COPY data, seconds from its first byte to its last row.

    `target` says where to; it is empty where a job has one target only.
    """

    table: str
    rows: int
    bytes: int
    seconds: float
    target: str = ""


class UpsertedTable(TableResult, frozen=True):
    """A table into which `rows` were upserted: `inserted` of them were not there, `updated` ones were, and differed.

    None where the server does not tell.
    """

    inserted: int | None = None
    updated: int | None = None


class WarningResult(Struct, frozen=True):
    """Something that the target does not have, or that was lost: `topic` is stable, for machines.

    `target` says which target; it is empty where a job has one only.
    """

    topic: str
    subject: str
    message: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.topic}: {self.message}"


class JobResult(Struct, frozen=True):
    """One job that was done. `run_id` is in the names of its staging schema and in pg_stat_activity."""

    job: str
    run_id: str
    tables: tuple[TableResult, ...]
    warnings: tuple[WarningResult, ...]
    seconds: float

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def bytes(self) -> int:
        """Bytes of COPY data of all tables."""
        return sum(table.bytes for table in self.tables)

    def as_data(self) -> dict[str, Any]:
        """Give it as plain data, for JSON."""
        return {"job": self.job, "status": "done", "rows": self.rows, "bytes": self.bytes, **to_builtins(self)}
