"""Every value of every type arrives as it was, alone, in arrays and in rows, from any version to any other."""

from __future__ import annotations

from contextlib import closing

import pytest
from copying import copy
from edges import array, edges_of, row
from psycopg2.sql import SQL, Identifier

from judge import PINNED, read_schema

MAKE = """
    CREATE TYPE {pair} AS (before int, value {type});
    CREATE TABLE {table} (id int PRIMARY KEY, value {type}, many {array}[], pair {pair}, pairs {pair}[])
"""
BARE = {'text COLLATE "C"': "text"}
"""Types that are spelled with a collation, which an array's has behind its brackets."""


def fill(database, edges):
    """A table for each type; its rows hold one edge each: alone, in an array with other bounds, in a row, in rows."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA app; SET search_path = app")
        for number, (kind, values) in enumerate(edges):
            table, pair = Identifier(f"{number} {kind}"), Identifier(f"{number} pair")
            names = {"table": table, "pair": pair, "type": SQL(kind), "array": SQL(BARE.get(kind, kind))}
            cursor.execute(SQL(MAKE).format(**names))
            for id_, value in enumerate([*values, None]):
                pairs = array([row(["1", value]), None], lower=0)
                many = array([[value, None], [None, value]], kind, lower=-id_)
                filled = (id_, value, many, row([None, value]), pairs)
                cursor.execute(SQL("INSERT INTO {} VALUES (%s, %s, %s, %s, %s)").format(table), filled)


def read(database):
    """All rows of all tables as text, so that a difference names its type."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(PINNED)
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r' ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            query = SQL("SELECT id, value::text, many::text, pair::text, pairs::text FROM {} ORDER BY id")
            cursor.execute(query.format(Identifier("app", table)))
            found[table] = cursor.fetchall()
        return found


@pytest.mark.parametrize(("old", "new"), [(18, 18), (12, 18), (18, 12)])
def test_edges(server_of, new_database, old, new):
    source, target = new_database(server_of(old)), new_database(server_of(new, "b"))
    fill(source, edges_of(min(old, new)))

    result = copy(source, target)

    assert (result.warnings, result.rows > 400) == ((), True)
    assert read(target) == read(source)
    assert read_schema(target, "app") == read_schema(source, "app")
