"""Values of the types that contrib modules bring arrive wherever either side keeps the extension."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from copying import copy
from edges import TEXTS, array, row
from psycopg2.sql import SQL, Identifier

from judge import PINNED, read_schema


def pair_of(text):
    """Write an hstore in which a text is key and value."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"=>"{escaped}"'


HSTORES = ["", "a=>NULL", 'a=>"NULL", ""=>"", "NULL"=>1', *map(pair_of, TEXTS)]
VALUES = {
    "hstore": {"hstore": HSTORES},
    "citext": {"citext": TEXTS},
    "ltree": {
        "ltree": ["", "Top", "a.b_c.0", ".".join(["label"] * 100)],
        "lquery": ["Top.*.!a@|b*.c%", "*{2,}.z*"],
        "ltxtquery": ["a & !b* | c@%"],
    },
    "cube": {"cube": ["()", "(0)", "(-0.1,1e300),(1,2)", "(1,2,3)", "(NaN)", "(Infinity),(-Infinity)"]},
    "intarray": {"query_int": ["1&(2|!3)", "-5"]},
    "seg": {"seg": ["1", "1.50 .. 2.50", "<1", "~2 .. >7.0", "1 ..", ".. 0.1"]},
    "isn": {
        "isbn13": ["978-0-393-04002-9"],
        "issn": ["1436-4522"],
        "ean13": ["0220356483481!"],
        "upc": ["220356483481"],
    },
    "lo": {"lo": ["0", "4294967295"]},
}
HOMES = [("public", "public"), ("public", "ext"), ("ext", "public"), ("ext", "ext"), ("app", "ext"), ("ext", "app")]

MAKE = """
    CREATE TYPE {pair} AS (a int, value {type});
    CREATE TABLE {table} (value {type}, many {type}[], pairs {pair}[])
"""
# What finds functions, operators and operator classes of the extensions, by names that are resolved on the target.
DEFINITIONS = """
    CREATE TYPE app.pair AS (h hstore, c citext);
    CREATE DOMAIN app.mail AS citext CHECK (VALUE = 'A@B' OR VALUE LIKE '%@b');
    CREATE TABLE app.things (
        id int PRIMARY KEY, h hstore DEFAULT 'a=>1' || hstore('b', NULL), c citext UNIQUE DEFAULT 'Ä', m app.mail,
        path ltree DEFAULT subpath('a.b.c', 1), pairs app.pair[], numbers int[] DEFAULT sort('{2,1}'), place cube,
        CHECK (h ? 'a'), CHECK (c <> 'NOBODY'), CHECK ('x.a.b'::ltree <@ 'x' AND NOT numbers @@ '9&!1'),
        many int GENERATED ALWAYS AS (icount(numbers)) STORED, EXCLUDE USING gist (place WITH &&)
    );
    CREATE INDEX ON app.things USING gin (h); CREATE INDEX ON app.things USING gist (path) WHERE c <> 'none';
    CREATE INDEX ON app.things USING gin (numbers gin__int_ops); CREATE INDEX ON app.things ((h -> 'a'));
    INSERT INTO app.things (id, m) VALUES (1, 'a@b');
    INSERT INTO app.things (id, c, pairs, place)
    VALUES (2, 'ä ', ARRAY[ROW('a=>"\\"\\\\"', 'X')::app.pair], '(1,2),(3,4)')
"""


def with_extensions(database, home):
    database.execute("CREATE SCHEMA app; CREATE SCHEMA ext")
    for name in VALUES:
        database.require_extension(name)
        database.execute(SQL("ALTER EXTENSION {} SET SCHEMA {}").format(Identifier(name), Identifier(home)))
    return database


def fill(database, home):
    """A table for each type; its rows hold one value each: alone, in an array, in an array of rows."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(SQL("SET search_path = {}").format(Identifier(home)))
        for kind, values in (each for kinds in VALUES.values() for each in kinds.items()):
            table, pair = Identifier("app", f"{kind}s"), Identifier("app", f"{kind} pair")
            cursor.execute(SQL(MAKE).format(table=table, pair=pair, type=SQL(kind)))
            for value in [*values, None]:
                filled = (value, array([value, None], lower=-3), array([row(["1", value]), None]))
                cursor.execute(SQL("INSERT INTO {} VALUES (%s, %s, %s)").format(table), filled)
        cursor.execute(DEFINITIONS)


def read(database):
    """Rows as text, so that a difference names its type; the text does not depend on where the extension lives."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(PINNED)
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r'")
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in sorted(tables):
            cursor.execute(SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(Identifier("app", table)))
            found[table] = cursor.fetchall()
        return found


def definitions(database):
    """What the judge sees, less the schema that an extension lives in, and less what belongs to extensions."""
    found = read_schema(database, "app")
    kinds = ("tables", "columns", "constraints", "indexes")
    text = "\n".join(repr(each) for kind in kinds for each in found[kind])
    return re.sub(
        r"\b(ext|public|app)\.", "", re.sub(r"OPERATOR\((?:ext|public|app)\.(.*?)\)", r"\1", text)
    ).splitlines()


@pytest.mark.parametrize(("there", "here"), HOMES)
def test_values(source_db, target_db, there, here):
    fill(with_extensions(source_db, there), there)
    with_extensions(target_db, here)

    results = [copy(source_db, target_db) for _ in range(2)]

    assert [result.warnings for result in results] == [(), ()]
    assert read(target_db) == read(source_db)
    assert definitions(target_db) == definitions(source_db)
