"""Type by type: what travels in binary arrives as what travels as text does, between any two servers."""

from __future__ import annotations

import pytest
from copying import copy, messages

from pg_xcopy import plan_job
from pg_xcopy.errors import XcopyError
from pg_xcopy.planning.rows.formats import BINARY

NUMBERS = ["0", "-1", "32767"]
RANGE_OF = {
    "int4range": ["empty", "[1,5)", "(,)", "[,7)"],
    "int8range": ["empty", "[1,9223372036854775807)"],
    "numrange": ["empty", "(0.5,1.25]", "(,1e100]"],
    "daterange": ["empty", "[2024-01-01,2024-02-01)", "(,infinity)"],
    "tsrange": ["empty", '("2024-01-01 00:00:00","infinity"]'],
    "tstzrange": ["empty", '["2024-01-01 00:00:00+00",)'],
}
VALUES = {
    "bool": ["t", "f"],
    "int2": [*NUMBERS, "-32768"],
    "int4": [*NUMBERS, "-2147483648"],
    "int8": [*NUMBERS, "-9223372036854775808"],
    "oid": ["0", "4294967295"],
    "xid": ["0", "4294967295"],
    "xid8": ["0", "18446744073709551615"],
    "cid": ["0", "4294967295"],
    "tid": ["(0,1)", "(4294967295,65535)"],
    "pg_lsn": ["0/0", "FFFFFFFF/FFFFFFFF"],
    "float4": ["0", "-0", "1e-37", "3.4e38", "NaN", "Infinity", "-Infinity", "0.1"],
    "float8": ["0", "-0", "5e-324", "1.7976931348623157e308", "NaN", "Infinity", "-Infinity", "0.1"],
    "money": ["0", "-92233720368547758.08", "12.34"],
    "numeric": ["0", "0.00", "-1.50", "NaN", "9" * 1000 + "." + "1" * 500, "1e-300"],
    "char": ["a", "", "\\001"],
    "name": ["", "é🐘", "x" * 63],
    "text": ["", "\\N", "\\.", "a\tb\nc\rd\\e", "🐘 é ß", " "],
    "varchar": ["", "\\N", "a\tb\nc\rd\\e"],
    "bpchar": ["", "x  ", "é"],
    "refcursor": ["", "c1"],
    "json": ['{"a" :  [1, null], "a": "\\u00e9\\n"}', "null"],
    "jsonb": ['{"a": [1, null, 1e400], "é": "\\n"}', "null", "[]"],
    "jsonpath": ["$", "$.a[*] ? (@.b > 1)"],
    "bytea": ["", "\\x00ff0a5c2e"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "date": ["4713-01-01 BC", "5874897-12-31", "infinity", "-infinity", "2024-02-29"],
    "time": ["00:00:00", "24:00:00", "23:59:59.999999"],
    "timetz": ["00:00:00+15:59:59", "24:00:00-15:59", "12:00:00.5+00"],
    "timestamp": ["4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999", "infinity", "-infinity"],
    "timestamptz": ["4713-01-01 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "infinity", "-infinity"],
    "interval": ["0", "-178000000 years", "178000000 years", "1 mon -1 day 00:00:00.000001"],
    "bit": ["1"],
    "varbit": ["", "1010101010101", "1" * 100],
    "inet": ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"],
    "cidr": ["10.0.0.0/8", "2001:db8::/32"],
    "macaddr": ["08:00:2b:01:02:03"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "point": ["(1,-2.5)", "(NaN,Infinity)"],
    "line": ["{1,-1,0.5}"],
    "lseg": ["[(0,0),(1,1.5)]"],
    "box": ["(3,4),(1,2)"],
    "path": ["[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"],
    "polygon": ["((0,0),(1,1),(2,0))"],
    "circle": ["<(1,2),3>"],
    "tsvector": ["", "'a':1A,3B 'it''s':2 'z'"],
    "txid_snapshot": ["10:20:10,14,15", "1:1:"],
    "pg_snapshot": ["10:20:10,14,15", "1:1:"],
    **RANGE_OF,
    **{name.replace("range", "multirange"): [f"{{{','.join(values[1:])}}}", "{}"] for name, values in RANGE_OF.items()},
}
"""Values of every type, as text."""


def test_there_are_values_of_every_type():
    assert set(VALUES) == set(BINARY)


@pytest.fixture(scope="module")
def pairs(server_of):
    """The oldest and the newest server, either as source."""
    return [(server_of(12), server_of(18)), (server_of(18), server_of(12)), (server_of(18), server_of(18, "b"))]


@pytest.mark.parametrize("pair", range(3), ids=["12 to 18", "18 to 12", "18 to 18"])
def test_binary_and_text_give_the_same_rows(pairs, new_database, pair):
    source, target = (new_database(server) for server in pairs[pair])
    known = set(source.column("SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace"))
    known &= set(target.column("SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace"))
    types = [name for name in VALUES if name in known]
    source.execute("CREATE SCHEMA app")
    for name in types:
        own = '"char"' if name == "char" else name
        source.execute(f"CREATE TABLE app.{name}_t (n int, v {own}, a {own}[])")
        for n, value in enumerate([*VALUES[name], None]):
            source.execute(
                f"INSERT INTO app.{name}_t VALUES (%s, %s::{own}, ARRAY[%s, NULL]::{own}[])", (n, value, value)
            )

    formats = {}
    for chosen in ("auto", "text", "binary"):
        result = copy(source, target, format=chosen)
        assert messages(result) == []
        formats[chosen] = {
            name: target.rows(f"SELECT n, v::text, a::text FROM app.{name}_t ORDER BY n") for name in types
        }

    assert formats["binary"] == formats["auto"] == formats["text"]
    assert formats["text"] == {
        name: source.rows(f"SELECT n, v::text, a::text FROM app.{name}_t ORDER BY n") for name in types
    }
    job = {
        side: {"database": database.url, "schema": "app"} for side, database in (("source", source), ("target", target))
    }
    chosen = {each.source.name: each.format for each in plan_job({**job, "tables": {"*": {}}}).copies}
    as_text = {"interval_t"} if source.server.major >= 17 > target.server.major else set()
    assert {name for name, how in chosen.items() if how == "text"} == as_text


OWN = """
    CREATE SCHEMA app;
    SET search_path = app, public;
    CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"');
    CREATE DOMAIN happy AS mood;
    CREATE TYPE place AS (street text, no int, tags text[]);
    CREATE TYPE felt AS (m mood, ms mood[], h happy);
    CREATE DOMAIN home AS place CHECK ((VALUE).no > 0);
    CREATE TYPE span AS RANGE (SUBTYPE = float8);
    CREATE TABLE plain (m mood, h happy, p place, ho home, s span, c citext, hs hstore);
    INSERT INTO plain VALUES (
        'it''s "ok"', 'sad', ('a', 1, '{x,NULL}'), ('b', 2, NULL), '[1,2.5)', 'ÄB', 'a=>1,b=>NULL');
    CREATE TABLE enums (ms mood[]); INSERT INTO enums VALUES ('{sad,NULL}');
    CREATE TABLE places (ps place[], hs home[]);
    INSERT INTO places VALUES (ARRAY[ROW('a', 1, NULL)::place, NULL], '{}');
    CREATE TABLE feelings (f felt); INSERT INTO feelings VALUES (('sad', '{sad}', 'sad'));
    CREATE TABLE contrib (cs citext[], hs hstore[]); INSERT INTO contrib VALUES ('{ÄB,NULL}', ARRAY['a=>1'::hstore]);
    CREATE TABLE in_xml (x xml); INSERT INTO in_xml VALUES ('<?xml version="1.0"?><a>é</a>'), ('b');
    CREATE TABLE queries (q tsquery); INSERT INTO queries VALUES (''), ('''a'' & ''b''');
    CREATE TABLE names (r regclass); INSERT INTO names VALUES ('enums')"""


@pytest.mark.parametrize(("old", "new"), [(18, 18), (12, 18), (18, 12), (15, 14)])
def test_types_of_the_schema(server_of, new_database, old, new):
    source, target = new_database(server_of(old)), new_database(server_of(new, "b"))
    for database in (source, target):
        database.require_extension("citext")
        database.require_extension("hstore")
    target.execute("CREATE SCHEMA other; CREATE TYPE other.so_that_oids_differ AS ENUM ()")
    source.execute(OWN)
    sides = {"source": source, "target": target}
    job = {side: {"database": database.url, "schema": "app"} for side, database in sides.items()}

    result = copy(source, target)

    assert messages(result) == []
    chosen = {each.source.name: each.format for each in plan_job({**job, "tables": {"*": {}}}).copies}
    for table in chosen:
        rows = f"SET search_path = app, public; SELECT t::text FROM {table} t ORDER BY 1"
        assert target.rows(rows) == source.rows(rows)
    carry_oids = {"enums", "places", "feelings", "contrib"} if new < 14 else set()
    assert {name for name, how in chosen.items() if how == "text"} == {"in_xml", "queries", "names", *carry_oids}


def test_binary_where_the_job_insists_fails_rather_than_bending_a_value(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(12))
    target.execute("CREATE SCHEMA other; CREATE TYPE other.so_that_oids_differ AS ENUM ()")
    source.execute("""
        CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad');
        CREATE TABLE app.t (ms app.mood[]); INSERT INTO app.t VALUES ('{sad}')""")

    with pytest.raises(XcopyError, match="wrong element type"):
        copy(source, target, format="binary")

    assert target.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'app'") == []


def test_a_transformed_value_in_binary(source_db, target_db):
    """The expression is cast to the column's type; what the target's length refuses is refused in binary too."""
    source_db.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (id bigint, at date, s varchar(3)); INSERT INTO app.t VALUES (1)"
    )

    copy(source_db, target_db, {"t": {"transform": {"id": "7", "at": "now()", "s": "'abc'"}}})

    assert target_db.rows("SELECT id, at = current_date OR at = current_date - 1, s FROM app.t") == [(7, True, "abc")]
    with pytest.raises(XcopyError, match="too long"):
        copy(source_db, target_db, {"t": {"transform": {"s": "'abcd'"}}})
