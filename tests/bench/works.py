"""What is compared with what, on which data, and which figure must be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bench.datasets import DOCUMENTS, HUGE_BYTES, MIXED, NARROW, scaled
from bench.peers import (
    JOBS,
    REPLACING,
    pg_dump,
    pg_restore,
    pg_xcopy,
    pg_xcopy_apart,
    pg_xcopy_help,
    pg_xcopy_into,
    pg_xcopy_to,
    pgcopydb,
    psql,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.datasets import Table
    from bench.peers import Contestant

TRANSFORM = """{mixed: {transform: {
      name: md5(name), email: lower(email), created_at: "created_at + interval '30 days'"}}}"""
TRANSFORMED = """
SELECT id, account, md5(name) AS name, lower(email) AS email, note, city, amount, score,
       created_at + interval '30 days' AS created_at, born, active, data, numbers
FROM mixed
"""

THREE = ("one", "two", "three")

Quantity = Literal["ratio", "seconds", "peak"]


@dataclass(frozen=True)
class Limit:
    """At most this much: seconds of ours to seconds of a peer, or seconds, or bytes of memory."""

    quantity: Quantity
    at_most: float
    against: str = ""


@dataclass(frozen=True)
class Work:
    """`rows` are the rows that must have arrived, as a SELECT for each table; without any, everything must have.

    `distant` is the side whose server is 40 ms away, `schemas` are where the rows must have arrived. What a run of
    `many_files` made, little data in thousands of files, stays until all have run: ext4 uses no inode again within a
    minute, and looks at all that were removed each time that a file is made.
    """

    name: str
    about: str
    dataset: str
    contestants: tuple[Contestant, ...]
    limits: tuple[Limit, ...] = ()
    rows: Mapping[str, str] = field(default_factory=dict)
    distant: Literal["source", "target"] | None = None
    schemas: tuple[str, ...] = ("public",)
    many_files: bool = False


def all_works(scale: float) -> tuple[Work, ...]:
    """All works, those on the same data in a row."""
    return (
        Work("help", "pg-xcopy --help", "", (pg_xcopy_help(),), (Limit("seconds", 0.25),)),
        Work("three", "3 tables of 100 rows", "three", (pg_xcopy(), pg_dump()), (Limit("seconds", 0.6),)),
        _one_table(NARROW, 0.75),
        _one_table(MIXED, 0.68),
        _transform(),
        _one_table(DOCUMENTS, 0.35),
        _filter(scale),
        _fanout(),
        _transports(),
        _whole(),
        _thousand(scale),
        _huge(scale),
        *(_distant(side) for side in ("source", "target")),
    )


def _one_table(table: Table, at_most: float) -> Work:
    return Work(
        table.name,
        f"one table, {table.name}, data only",
        table.name,
        (
            pg_xcopy_into(table.create),
            psql(table.name, table.create),
            psql(table.name, table.create, form="binary"),
            pg_xcopy(name=REPLACING),
        ),
        (Limit("ratio", at_most, "psql text"),),
        {table.name: f"SELECT * FROM {table.name}"},
    )


def _transform() -> Work:
    return Work(
        "transform",
        "mixed with lower, md5 and a date shift, data only",
        "mixed",
        (
            pg_xcopy_into(MIXED.create, TRANSFORM),
            psql("mixed", MIXED.create, TRANSFORMED),
            psql("mixed", MIXED.create, TRANSFORMED, form="binary"),
            pg_xcopy(TRANSFORM, name=REPLACING),
        ),
        (Limit("ratio", 0.80, "psql text"),),
        {"mixed": TRANSFORMED},
    )


def _filter(scale: float) -> Work:
    last = scaled(NARROW.rows, scale / 100)
    select = f"SELECT * FROM narrow WHERE aid <= {last}"
    return Work(
        "filter",
        "1 % of narrow, by its primary key",
        "keyed",
        (pg_xcopy(f"{{narrow: {{where: {{aid: {{lte: {last}}}}}}}}}"), psql("narrow", NARROW.create, select)),
        rows={"narrow": select},
    )


def _fanout() -> Work:
    """A target each in a schema of its own: it makes no difference to a target which others there are."""
    return Work(
        "fanout",
        "mixed to three targets at once, beside three runs",
        "mixed",
        (pg_xcopy_to(THREE), pg_xcopy_apart(THREE)),
        (Limit("ratio", 0.60, "three runs"),),
        {"mixed": "SELECT * FROM mixed"},
        schemas=THREE,
    )


def _transports() -> Work:
    """Through us, or from server to server: fetched by the target's, or pushed by the source's."""
    linked = f"{MIXED.create}; CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw"
    foreign = {"transport": "postgres_fdw"}
    return Work(
        "transports",
        "mixed into a table that is there, by each transport",
        "linked",
        (
            pg_xcopy_into(MIXED.create),
            pg_xcopy_into(linked, name="dblink", transport="dblink"),
            pg_xcopy_into(linked, name="postgres_fdw", **foreign),
            pg_xcopy_into(MIXED.create, name="postgres_fdw, push", **foreign, push="true"),
        ),
        rows={"mixed": "SELECT * FROM mixed"},
    )


def _whole() -> Work:
    return Work(
        "whole",
        "narrow, mixed and documents with four indexes",
        "whole",
        (pg_xcopy(parallel=JOBS), pg_restore(), pgcopydb(), pg_dump()),
        (Limit("ratio", 0.65, "pg_dump, pg_restore"), Limit("ratio", 0.65, "pgcopydb")),
    )


def _thousand(scale: float) -> Work:
    return Work(
        "thousand",
        f"{scaled(1000, scale):,} small tables, each with a key, an index and a foreign key",
        "thousand",
        (pg_xcopy(parallel=JOBS), pg_dump(), pg_restore(), pgcopydb()),
        (Limit("ratio", 0.60, "pg_dump | psql"),),
        many_files=True,
    )


def _huge(scale: float) -> Work:
    size = scaled(HUGE_BYTES, scale)
    return Work(
        "huge",
        f"one value of {size / 1e6:,.1f} MB",
        "huge",
        (pg_xcopy(), psql("huge", "CREATE TABLE huge (id int NOT NULL, body text)")),
        (Limit("peak", 4 * HUGE_BYTES),),
        {"huge": "SELECT * FROM huge"},
    )


def _distant(side: Literal["source", "target"]) -> Work:
    return Work(
        f"distant-{side}",
        f"20 small tables with keys, the {side} 40 ms away",
        "twenty",
        (pg_xcopy(), pg_dump()),
        distant=side,
    )
