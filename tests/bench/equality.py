"""Did everything arrive? Rows are compared by their number and a hash of each, in whatever order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2.sql import SQL, Identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from servers import Database

FINGERPRINT = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM ({}) AS t"
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY 1"
STRUCTURE = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT conname || conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n' -- NOT NULL is one of its own since PostgreSQL 18 only
ORDER BY 1
"""

Contents = dict[str, tuple[int, str]]


class NotEqualError(Exception):
    """A copy is not what it should be; the text says where."""


def contents(database: Database, selects: Mapping[str, str]) -> Contents:
    """Count and hash what each SELECT gives, over one connection."""
    connection = database.connect()
    try:
        with connection.cursor() as cursor:
            found: Contents = {}
            for name, select in selects.items():
                cursor.execute(FINGERPRINT.format(select))
                found[name] = cursor.fetchone()
            return found
    finally:
        connection.close()


def all_tables(database: Database, schema: str = "public") -> dict[str, str]:
    connection = database.connect()
    try:
        return {
            name: SQL("SELECT * FROM {}").format(Identifier(schema, name)).as_string(connection)
            for name in database.column(TABLES, (schema,))
        }
    finally:
        connection.close()


def compare(expected: Contents, target: Database, schema: str = "public") -> None:
    """Raise NotEqualError unless the target has these tables, and no others, with these rows."""
    there = all_tables(target, schema)
    if there.keys() != expected.keys():
        different = ", ".join(sorted(there.keys() ^ expected.keys())[:5])
        raise NotEqualError(f"{len(expected)} tables expected, {len(there)} found; they differ by {different}")
    for name, rows in contents(target, there).items():
        if rows[0] != expected[name][0]:
            raise NotEqualError(f"{name}: {expected[name][0]} rows expected, {rows[0]} found")
        if rows != expected[name]:
            raise NotEqualError(f"{name}: of the {rows[0]} rows some have other values than expected")


def structure(database: Database) -> list[str]:
    """Read all indexes and constraints, as the server spells them."""
    return database.column(STRUCTURE)
