"""Types, functions, sequences and names that `replace_tables` meets in the target: used, brought or refused."""

from __future__ import annotations

import pytest
from copying import beside, messages
from replacing_tables import IN_SCHEMA, plan_of, refusal, replace

from judge import read_schema

OBJECTS = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN short AS varchar(20) DEFAULT 'x' CHECK (VALUE <> '');
    CREATE DOMAIN shorter AS short NOT NULL CONSTRAINT tiny CHECK (length(VALUE) < 9);
    CREATE TYPE place AS (x int, m mood);
    CREATE TYPE span AS RANGE (SUBTYPE = float8);
    CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'C');
    CREATE TEXT SEARCH CONFIGURATION words (PARSER = "default");
    ALTER TEXT SEARCH CONFIGURATION words ADD MAPPING FOR word WITH simple;
    CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
    CREATE FUNCTION twice(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
    CREATE FUNCTION feels(mood) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 = ''ok''; END';
    CREATE SEQUENCE numbers INCREMENT 5;
"""
TABLE = """
    CREATE TABLE app.things (
        id int DEFAULT nextval('app.numbers') PRIMARY KEY, m app.mood DEFAULT 'ok', s app.shorter, p app.place,
        r app.span, ms app.mood[], t text COLLATE app.plain, n int GENERATED ALWAYS AS (app.twice(id)) STORED,
        d numeric DEFAULT app.twice(2.5), CHECK (app.feels(m)));
    CREATE INDEX words ON app.things USING gin (to_tsvector('app.words', t));
    INSERT INTO app.things (s, p, r, ms, t)
        SELECT 'a', ROW(1, 'ok')::app.place, '[1,2]', '{ok,sad}', 'x' FROM generate_series(1, 9);
"""


@pytest.fixture
def source(source_db):
    source_db.execute(OBJECTS + TABLE)
    return source_db


def test_what_stands_and_is_the_same_is_used(source, target_db):
    target_db.execute(f"{OBJECTS}; CREATE TABLE app.own (m app.mood, s app.short, f int DEFAULT app.twice(1))")
    before = target_db.rows(IN_SCHEMA)

    plan = plan_of(source, target_db, "things")
    for _ in range(2):
        assert messages(replace(source, target_db, "things")) == []

    used = ("collation plain", "function feels", "function twice", "function twice", "sequence numbers",
            "text search configuration words", "type mood", "type place", "type shorter", "type span")  # fmt: skip
    assert tuple(sorted(plan.swap.used)) == used
    assert [row for row in target_db.rows(IN_SCHEMA) if "things" not in row[0] and row[0] != "words"] == before
    found, wanted = read_schema(target_db, "app"), read_schema(source, "app")
    assert [row for row in found["columns"] if row[0] == "things"] == wanted["columns"]
    assert found["rows"]["things"] == wanted["rows"]["things"]
    assert beside(target_db) == []


def test_what_is_missing_comes_along_and_then_stands(source, target_db):
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.own (id int)")

    for _ in range(3):
        assert messages(replace(source, target_db, "things")) == []

    target_db.execute("DROP TABLE app.own")
    assert read_schema(target_db, "app") == read_schema(source, "app")
    assert beside(target_db) == []


def test_a_domain_of_the_rows_of_a_table_leaves_and_comes_with_it(source_db, target_db):
    """With its check and its array type, which depend on the table by themselves."""
    source_db.execute("""
        CREATE SCHEMA app; SET search_path = app;
        CREATE TABLE person (id int, name text);
        CREATE DOMAIN known AS person CHECK ((VALUE).id > 0);
        CREATE DOMAIN crowd AS known[] CONSTRAINT few CHECK (cardinality(VALUE) < 9);
        CREATE TABLE audit (who known, many known[], all_of_them crowd);
        INSERT INTO person VALUES (1, 'x');
        INSERT INTO audit VALUES (ROW(1, 'x'), ARRAY[ROW(2, 'y')::person::known], NULL)""")
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.own (id int)")

    for _ in range(3):
        assert messages(replace(source_db, target_db)) == []

    target_db.execute("DROP TABLE app.own")
    assert read_schema(target_db, "app") == read_schema(source_db, "app")
    assert beside(target_db) == []


def test_a_domain_that_stays_forbids_it(source_db, target_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.person (id int)")
    target_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.person (id int);
        CREATE DOMAIN app.known AS app.person CONSTRAINT sane CHECK ((VALUE).id > 0)""")

    (reason,) = refusal(source_db, target_db, "person")

    assert "constraint sane (on table app.person), type app.known (on table app.person)" in reason


def test_a_sequence_that_stays_goes_on_beyond_the_source_and_never_back(source, target_db):
    """Others may take their numbers from it."""
    replace(source, target_db, "things")
    position = "SELECT last_value, is_called FROM app.numbers"
    assert target_db.rows(position) == source.rows(position) == [(41, True)]

    target_db.execute("SELECT setval('app.numbers', 1001)")
    replace(source, target_db, "things")
    assert target_db.rows(position) == [(1001, True)]

    source.execute("SELECT setval('app.numbers', 5001, false)")
    replace(source, target_db, "things")
    assert target_db.rows(position) == [(5001, False)]


DIFFERENT = {
    "type app.mood": (
        "ALTER TYPE app.mood ADD VALUE 'angry'",
        "its labels: (sad, ok, angry) there, (sad, ok) in the source",
    ),
    "type app.shorter": (
        "ALTER DOMAIN app.shorter DROP NOT NULL", "its not null: False there, True in the source",
    ),
    "type app.place": (
        "ALTER TYPE app.place ADD ATTRIBUTE y int", "its attributes: (x integer, m mood, y integer) there, "
        "(x integer, m mood) in the source",
    ),
    "type app.span": (
        "DROP TYPE app.span; CREATE TYPE app.span AS RANGE (SUBTYPE = int)",
        "its base type: integer there, double precision in the source",
    ),
    "collation app.plain": (
        "DROP COLLATION app.plain; CREATE COLLATION app.plain (PROVIDER = libc, LOCALE = 'POSIX')",
        "its locale: POSIX there, C in the source",
    ),
    "text search configuration app.words": (
        "ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR email WITH simple",
        "its mappings: (word WITH simple, email WITH simple) there, (word WITH simple) in the source",
    ),
    "function app.twice": (
        "CREATE OR REPLACE FUNCTION app.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $1'",
        "its definition is another",
    ),
    "sequence app.numbers": (
        "ALTER SEQUENCE app.numbers INCREMENT 7", "its increment: 7 there, 5 in the source",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "sql", "difference"), [(name, *given) for name, given in DIFFERENT.items()])
def test_what_stands_and_is_another_is_refused(source, target_db, name, sql, difference):
    target_db.execute(OBJECTS)
    target_db.execute(sql)

    assert refusal(source, target_db, "things") == (
        f"{name}: the copied tables need it, and it stands there, defined otherwise ({difference});"
        " what stays may use it (make it like the source's, or leave out with `transform` what needs it)",
    )


def test_what_is_another_and_not_needed_is_no_matter(source, target_db):
    target_db.execute(f"{OBJECTS}; ALTER TYPE app.mood ADD VALUE 'angry'; DROP FUNCTION app.twice(int)")

    without = {"things": {"transform": dict.fromkeys(("m", "ms", "p"))}}
    result = replace(source, target_db, tables=without)

    assert [each for each in messages(result) if "things_m_check" not in each] == []
    assert target_db.value("SELECT sum(n) FROM app.things") == source.value("SELECT sum(n) FROM app.things")


def test_functions_that_need_the_tables_leave_and_come_with_them(source_db, target_db):
    """Their rows are what they take: the function that stands there takes those of the table that leaves."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.person (id int PRIMARY KEY, name text);
        CREATE FUNCTION app.shown(app.person) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.name';
        CREATE TYPE app.pair AS (a app.person, b app.person);
        CREATE TABLE app.teams (id int, who app.person, both_ app.pair, CHECK (app.shown(who) <> ''));
        INSERT INTO app.person VALUES (1, 'a');
        INSERT INTO app.teams VALUES (1, (1, 'a'), ((1, 'a'), (2, 'b')))""")
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.own (id int)")

    for _ in range(3):
        assert messages(replace(source_db, target_db, "person", "teams")) == []

    target_db.execute("DROP TABLE app.own")
    assert read_schema(target_db, "app") == read_schema(source_db, "app")
    assert target_db.value("SELECT count(*) FROM pg_proc WHERE proname = 'shown'") == 1
    assert beside(target_db) == []
    target_db.execute("CREATE VIEW app.names AS SELECT app.shown(p) FROM app.person p")
    assert messages(replace(source_db, target_db, "person", "teams")) == []
    assert target_db.column("SELECT * FROM app.names") == ["a"]


def test_casts_of_types_that_stand_are_left_as_they_are(source_db, target_db):
    for database in (source_db, target_db):
        database.execute("CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('ok')")
    source_db.execute("""
        CREATE FUNCTION app.number(app.mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE CAST (app.mood AS int) WITH FUNCTION app.number; CREATE TABLE app.t (m app.mood)""")

    (said,) = messages(replace(source_db, target_db, "t"))

    assert said == "cast (mood AS integer): left out: its types stand in the target, and are left as they are"


# --- Names


CLASHES = {
    "app.things_pkey": (
        "CREATE TABLE app.own (id int); CREATE INDEX things_pkey ON app.own (id)",
        "index of app.things", "an index of app.own",
    ),
    "app.words": ("CREATE SEQUENCE app.words", "index of app.things", "a sequence"),
    "app.things": ("CREATE VIEW app.things AS SELECT 1", "table", "a view"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASHES)
def test_names_that_are_taken(source, target_db, name):
    sql, what, by = CLASHES[name]
    target_db.execute(f"{OBJECTS}; {sql}")

    (said,) = refusal(source, target_db, "things")

    there = f"in the target the name is that of {by}, which stays (rename one of them"
    assert said.startswith(f"{name}: the copy brings this {what}, and {there}")


@pytest.mark.parametrize(
    "clash",
    [
        ("CREATE TYPE app.items AS ENUM ('x')", "items", "table", "a type"),
        ("CREATE TABLE app.kind (id int)", "kind", "type, which the copied columns need", "a table"),
        ("CREATE MATERIALIZED VIEW app.items_id_seq AS SELECT 1", "items_id_seq", "sequence", "a materialized view"),
        ("CREATE SEQUENCE app.items_id_seq", "items_id_seq", "sequence", "a sequence"),
        ("CREATE TABLE app.own (id serial); ALTER SEQUENCE app.own_id_seq RENAME TO items_id_seq",
         "items_id_seq", "sequence", "a sequence of app.own"),
        ("CREATE TABLE app.own (a int, b int); CREATE STATISTICS app.odd ON a, b FROM app.own",
         "odd", "statistics object of app.items", "statistics of app.own"),
    ],
)  # fmt: skip
def test_names_of_types_sequences_and_statistics(source_db, target_db, clash):
    sql, name, what, by = clash
    source_db.execute("""
        CREATE SCHEMA app; CREATE TYPE app.kind AS ENUM ('a');
        CREATE TABLE app.items (id serial, k app.kind); CREATE STATISTICS app.odd ON id, k FROM app.items""")
    target_db.execute(f"CREATE SCHEMA app; {sql}")

    (said,) = refusal(source_db, target_db, "items")

    assert said.startswith(
        f"app.{name}: the copy brings this {what}, and in the target the name is that of {by}, which"
    )


# --- Extensions


def test_extensions_of_the_schema_are_not_touched(source_db, target_db):
    for database in (source_db, target_db):
        database.require_extension("citext")
    source_db.execute("""
        CREATE TABLE public.mails (id int PRIMARY KEY, mail citext UNIQUE);
        INSERT INTO public.mails VALUES (1, 'X@y')""")
    target_db.execute("CREATE TABLE public.own (mail citext)")
    extension = "SELECT oid, extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'citext'"
    before = target_db.rows(extension)

    for _ in range(2):
        assert messages(replace(source_db, target_db, "mails", schema="public")) == []

    assert target_db.rows(extension) == before
    assert target_db.column("SELECT id FROM public.mails WHERE mail = 'x@Y'") == [1]


def test_an_extension_that_is_missing_is_created_in_the_schema_that_stays(source_db, target_db):
    source_db.require_extension("citext")
    source_db.execute("CREATE TABLE public.mails (mail citext)")
    target_db.execute("CREATE TABLE public.own (id int)")

    first, again = (replace(source_db, target_db, "mails", schema="public", create_missing=True) for _ in range(2))

    assert messages(first) == ["extension citext: created outside the schema: in schema public"]
    assert messages(again) == []
    assert (
        target_db.value("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'citext'")
        == "public"
    )


def test_a_table_of_an_extension_is_not_replaced(source_db, target_db):
    """It is made by the extension's script, and is the extension's."""
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.pg_stat_statements (id int)")
    target_db.require_extension("pg_stat_statements")
    target_db.execute("CREATE SCHEMA app; ALTER EXTENSION pg_stat_statements SET SCHEMA app")

    (said,) = refusal(source_db, target_db, "pg_stat_statements")

    assert "the name is that of a view of extension pg_stat_statements, which stays" in said
