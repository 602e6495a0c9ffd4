"""Values on their way into columns of another type: cast on the source, as text, or refused in the plan."""

from __future__ import annotations

import pytest
from copying import messages
from filling import append, plan_of

from pg_xcopy.errors import DatabaseError, PlanError

PAIRS = [(12, 18), (18, 12), (15, 15)]


@pytest.fixture
def servers(request, server_of, new_database):
    """A database on each of a pair of servers."""
    source, target = request.param
    return new_database(server_of(source)), new_database(server_of(target, "b"))


def make(database, statements, schema="app"):
    database.execute(f"CREATE SCHEMA {schema}; SET search_path = {schema}; {statements}")


@pytest.mark.parametrize("servers", PAIRS, indirect=True)
def test_types_that_differ(servers):
    source, target = servers
    make(
        source,
        """CREATE TABLE t (a int, b text, c timestamp, d numeric(12,4), e int[], f varchar(50), g date, h text, i bool,
                           j json, k float8, l varchar, m timestamp(6), n char(3));
           INSERT INTO t VALUES (1, '12', '2024-02-03 04:05:06.789', 1.2345, '{1,NULL,3}', 'f', '2024-01-02',
                                 '{"a": 1}', true, '{"b": [1, 2]}', 0.1, 'x', '2024-02-03 04:05:06.789', 'ab ')""",
    )
    make(
        target,
        """CREATE TABLE t (a bigint, b int, c date, d numeric(10,2), e bigint[], f varchar(20), g timestamp, h jsonb,
                           i text, j jsonb, k numeric, l text, m timestamp(0), n text)""",
    )

    result = append(source, target)

    assert target.value("SELECT to_jsonb(t) FROM app.t AS t") == {
        "a": 1,
        "b": 12,
        "c": "2024-02-03",
        "d": 1.23,
        "e": [1, None, 3],
        "f": "f",
        "g": "2024-01-02T00:00:00",
        "h": {"a": 1},
        "i": "true",
        "j": {"b": [1, 2]},
        "k": 0.1,
        "l": "x",
        "m": "2024-02-03T04:05:07",
        "n": "ab",
    }
    assert sorted(messages(result)) == [
        "app.t.b: converted: text becomes integer, as PostgreSQL casts it",
        "app.t.c: converted: timestamp without time zone becomes date, as PostgreSQL casts it",
        "app.t.d: converted: numeric(12,4) becomes numeric(10,2): digits are rounded off",
        "app.t.h: converted: text becomes jsonb, as PostgreSQL casts it",
        "app.t.j: converted: json becomes jsonb, as PostgreSQL casts it",
        "app.t.k: converted: double precision becomes numeric, as PostgreSQL casts it",
        "app.t.m: converted: timestamp(6) without time zone becomes timestamp(0) without time zone:"
        " digits are rounded off",
    ]
    assert plan_of("append", source, target).copies[0].format == "binary"


def test_pairs_that_no_cast_brings_together(source_db, target_db):
    make(source_db, "CREATE TABLE t (a point, b int, c date); CREATE TABLE u (a bool, b int)")
    make(target_db, "CREATE TABLE t (a int, b bigint, c bool); CREATE TABLE u (a timestamp, b int)")

    with pytest.raises(PlanError) as caught:
        append(source_db, target_db)

    hint = "(say how with `transform: {{{0}: …}}`, or leave it out with null)"
    assert caught.value.reasons == (
        f"app.t.a: point can't become the target's integer {hint.format('a')}",
        f"app.t.c: date can't become the target's boolean {hint.format('c')}",
        f"app.u.a: boolean can't become the target's timestamp without time zone {hint.format('a')}",
    )
    append(source_db, target_db, {"t": {"transform": {"a": "a[0]", "c": None}}, "u": {"transform": {"a": None}}})


@pytest.mark.parametrize("servers", PAIRS, indirect=True)
def test_types_of_the_schemas(servers):
    """Same-named types of the job's schemas are the same, whatever the schemas are called, if they are made alike."""
    source, target = servers
    make(
        source,
        """CREATE TYPE mood AS ENUM ('sad', 'fine', 'glad'); CREATE DOMAIN score AS int CHECK (VALUE > 0);
           CREATE TYPE pair AS (a int, b text); CREATE DOMAIN other AS int;
           CREATE TABLE t (m mood, ms mood[], s score, p pair, o other, now_mood text, was_mood mood);
           INSERT INTO t VALUES ('sad', '{glad,NULL}', 3, '(1,"x,y")', 9, 'fine', 'glad')""",
    )
    make(
        target,
        """CREATE TYPE mood AS ENUM ('glad', 'sad', 'fine'); CREATE DOMAIN score AS int CHECK (VALUE > 0);
           CREATE TYPE pair AS (a int, b text); CREATE DOMAIN other AS text; CREATE TYPE only_here AS ENUM ('x');
           CREATE TABLE t (m mood, ms mood[], s score, p pair, o other, now_mood mood, was_mood text)""",
        "elsewhere",
    )

    result = append(source, target, into="elsewhere")

    assert target.rows("SELECT m, ms::text[], s, p::text, o, now_mood, was_mood FROM elsewhere.t") == [
        ("sad", ["glad", None], 3, '(1,"x,y")', "9", "fine", "glad")
    ]
    assert messages(result) == []


def test_a_type_that_only_the_target_has_takes_text(source_db, target_db):
    make(source_db, "CREATE TABLE t (m text, n int); INSERT INTO t VALUES ('x', 1), (NULL, 2)")
    make(target_db, "CREATE TYPE mine AS ENUM ('x'); CREATE DOMAIN small AS int; CREATE TABLE t (m mine, n small)")

    plan = plan_of("append", source_db, target_db)
    append(source_db, target_db)

    assert plan.copies[0].why_text == "the source has no type mine like the target's"
    assert target_db.rows("SELECT m, n FROM app.t ORDER BY n") == [("x", 1), (None, 2)]
    with pytest.raises(PlanError, match=r"app\.t: it can't travel in binary: the source has no type mine"):
        append(source_db, target_db, format="binary")


def test_labels_that_the_targets_enum_lacks(source_db, target_db):
    make(source_db, "CREATE TYPE m AS ENUM ('a', 'b', 'c'); CREATE TABLE t (m m); INSERT INTO t VALUES ('a')")
    make(target_db, "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (m m)")

    assert messages(append(source_db, target_db)) == ["app.t.m: converted: the target's m has no label b, c"]
    source_db.execute("INSERT INTO app.t VALUES ('b')")
    with pytest.raises(DatabaseError, match="invalid input value for enum"):
        append(source_db, target_db)

    assert target_db.value("SELECT count(*) FROM app.t") == 1


def test_types_of_extensions_wherever_they_live(source_db, target_db):
    for database, home in ((source_db, "public"), (target_db, "ext")):
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {home}")
        if not database.rows("SELECT 1 FROM pg_available_extensions WHERE name = 'citext'"):
            pytest.skip("there is no citext")
        database.execute(f"CREATE EXTENSION citext SCHEMA {home}")
    make(
        source_db, "CREATE TABLE t (a public.citext, b text, c public.citext[]); INSERT INTO t VALUES ('A', 'B', '{C}')"
    )
    make(target_db, "CREATE TABLE t (a ext.citext, b ext.citext, c ext.citext[])")

    result = append(source_db, target_db)

    assert target_db.rows("SELECT a::text, b::text, c::text[] FROM app.t") == [("A", "B", ["C"])]
    assert result.warnings == ()
