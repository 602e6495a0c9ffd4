"""What tables, functions and types need of each other decides the order in which they are made."""

from __future__ import annotations

from pathlib import Path

import pytest
from copying import beside, copy, messages

from judge import read_schema
from pg_xcopy.errors import PlanError

NEEDY = Path(__file__).with_name("needy.sql").read_text(encoding="utf-8")
SQL_BODIES = """
    SET search_path = app;
    CREATE FUNCTION best() RETURNS person LANGUAGE sql STABLE
        BEGIN ATOMIC SELECT * FROM person ORDER BY id LIMIT 1; END;
    CREATE TABLE winners (id int, who person DEFAULT best());
    CREATE TABLE counted (id int, n bigint);
    CREATE FUNCTION how_many() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM counted; END;
    ALTER TABLE counted ALTER n SET DEFAULT how_many();
    INSERT INTO winners (id) VALUES (1);
    INSERT INTO counted (id) VALUES (1), (2)"""


@pytest.fixture
def needy(source_db):
    source_db.execute(NEEDY)
    return source_db


@pytest.mark.parametrize("into", ["app", "other"])
def test_rows_of_tables_as_types(needy, target_db, into):
    original = read_schema(needy, "app")

    results = [copy(needy, target_db, into=into) for _ in range(2)]

    assert read_schema(target_db, into) == original
    assert [messages(result) for result in results] == [[], []]
    assert beside(target_db) == []


@pytest.mark.parametrize("into", ["app", "other"])
def test_functions_that_read_tables(needy, target_db, into):
    if needy.server.major < 14 or target_db.server.major < 14:
        pytest.skip("bodies in standard SQL need PostgreSQL 14")
    needy.execute(SQL_BODIES)
    original = read_schema(needy, "app")

    results = [copy(needy, target_db, into=into) for _ in range(2)]

    assert read_schema(target_db, into) == original
    assert [messages(result) for result in results] == [[], []]
    target_db.execute(f"INSERT INTO {into}.counted (id) VALUES (3); INSERT INTO {into}.winners (id) VALUES (2)")
    assert target_db.value(f"SELECT n FROM {into}.counted WHERE id = 3") == 2
    assert target_db.value(f"SELECT who::text FROM {into}.winners WHERE id = 2") == "(1,x)"


def test_a_function_whose_table_is_not_copied(needy, target_db):
    result = copy(needy, target_db, {"winners_by_name": {}, "people_by_name": {}})

    assert messages(result) == [
        "app.people_by_name.who: default left out: it needs app.person, which is not copied",
    ]


def test_a_row_of_a_table_that_is_not_copied(needy, target_db):
    with pytest.raises(PlanError) as caught:
        copy(needy, target_db, {"audit": {}})

    assert caught.value.reasons == (
        "app.audit.before: it needs app.person, which is not copied (copy that too, or leave out what needs it)",
        "app.audit.history: it needs app.person, which is not copied (copy that too, or leave out what needs it)",
    )


def test_a_row_of_a_table_with_fewer_columns(needy, target_db):
    with pytest.raises(
        PlanError, match=r"app\.audit\.before: its type is that of the rows of app\.person, of which col"
    ):
        copy(needy, target_db, {"audit": {}, "person": {"transform": {"name": None}}})


@pytest.mark.parametrize(
    "made",
    [
        "CREATE DOMAIN app.made AS app.person CHECK ((VALUE).id > 0)",
        "CREATE TYPE app.made AS (n int, who app.person[])",
        "CREATE DOMAIN app.d AS app.person; CREATE TYPE app.one AS (a app.d); CREATE DOMAIN app.made AS app.one[]",
    ],
)
def test_what_is_made_of_rows_of_a_table_with_fewer_columns(source_db, target_db, made):
    source_db.execute(f"""
        CREATE SCHEMA app; CREATE TABLE app.person (id int, name text);
        {made};
        CREATE TABLE app.audit (what app.made, all_of_it app.made[])""")

    with pytest.raises(PlanError) as caught:
        copy(source_db, target_db, {"*": {}, "person": {"transform": {"name": None}}})

    of_person = (
        "its type is made of that of the rows of app.person, of which columns are left out"
        " (leave it out too, or give it a `transform`)"
    )
    assert caught.value.reasons == (f"app.audit.what: {of_person}", f"app.audit.all_of_it: {of_person}")


def test_a_function_that_reads_a_column_which_is_left_out(needy, target_db):
    if needy.server.major < 14 or target_db.server.major < 14:
        pytest.skip("bodies in standard SQL need PostgreSQL 14")
    needy.execute("""
        SET search_path = app;
        CREATE TABLE rates (id int, rate numeric, note text);
        CREATE FUNCTION top_rate() RETURNS numeric LANGUAGE sql STABLE BEGIN ATOMIC SELECT max(rate) FROM rates; END;
        CREATE FUNCTION twice_top() RETURNS numeric LANGUAGE sql STABLE RETURN 2 * top_rate();
        CREATE TABLE prices (id int DEFAULT 1, at numeric DEFAULT twice_top(), CHECK (at < top_rate()))""")

    without_note = copy(needy, target_db, {"rates": {"transform": {"note": None}}, "prices": {}})
    without_rate = copy(needy, target_db, {"rates": {"transform": {"rate": None}}, "prices": {}}, into="less")

    assert messages(without_note) == []
    assert sorted(messages(without_rate)) == [
        "less.prices.at: default left out: it needs app.rates.rate, which is left out",
        "less.prices.prices_at_check: constraint left out: check: it needs app.rates.rate, which is left out",
    ]


def test_a_range_with_a_canonical_function(source_db, target_db):
    """Only C code can be one; date's own serves."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TYPE app.days;
        CREATE FUNCTION app.tidy(app.days) RETURNS app.days LANGUAGE internal IMMUTABLE STRICT AS 'daterange_canonical';
        CREATE TYPE app.days AS RANGE (SUBTYPE = date, CANONICAL = app.tidy);
        CREATE TABLE app.stays (d app.days);
        INSERT INTO app.stays VALUES ('[2024-01-01,2024-01-03]')""")

    result = copy(source_db, target_db)

    assert messages(result) == ["type days: property left out: its CANONICAL function is not copied"]
    assert target_db.column("SELECT d::text FROM app.stays") == ["[2024-01-01,2024-01-04)"]


# --- Extensions that are needed by other things than columns


@pytest.fixture
def with_trigrams(source_db):
    source_db.require_extension("pg_trgm")
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.notes (id int, body text, alike real DEFAULT public.similarity('a', 'b'),
                                CHECK (body OPERATOR(public.%) body));
        CREATE INDEX by_trigram ON app.notes USING gin (body public.gin_trgm_ops)""")
    return source_db


def test_an_extension_that_only_indexes_and_defaults_need(with_trigrams, target_db):
    result = copy(with_trigrams, target_db)

    assert messages(result) == [
        "app.notes.notes_body_check: constraint left out: check: it needs extension pg_trgm, which the target lacks",
        "app.notes.by_trigram: index left out: it needs extension pg_trgm, which the target lacks",
        "app.notes.alike: default left out: it needs extension pg_trgm, which the target lacks",
    ]


def test_an_extension_that_is_created(with_trigrams, target_db):
    result = copy(with_trigrams, target_db, create_missing=True)

    assert messages(result) == ["extension pg_trgm: created outside the schema: in schema public"]
    assert read_schema(target_db, "app") == read_schema(with_trigrams, "app")
    assert messages(copy(with_trigrams, target_db)) == []


def test_what_an_extension_needs_is_created_with_it(source_db, target_db):
    source_db.require_extension("cube")
    source_db.require_extension("earthdistance")
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.places (at public.earth)")

    copy(source_db, target_db, create_missing=True)

    assert target_db.column(
        "SELECT extname FROM pg_extension WHERE extname IN ('cube', 'earthdistance') ORDER BY 1"
    ) == [
        "cube",
        "earthdistance",
    ]


def test_functions_that_are_called_by_name(source_db, target_db):
    """PostgreSQL does not record what a body of text calls."""
    source_db.execute("""
        CREATE SCHEMA app;
        SET search_path = app;
        CREATE FUNCTION "Inner one"(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
        CREATE FUNCTION middle(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN "Inner one"($1); END';
        CREATE FUNCTION outer_one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT Middle ($1)';
        CREATE FUNCTION unused() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE t (i int, j int GENERATED ALWAYS AS (outer_one(i)) STORED);
        INSERT INTO t VALUES (1), (2)""")

    copy(source_db, target_db, into="other")

    assert target_db.column("SELECT j FROM other.t ORDER BY 1") == [2, 3]
    assert target_db.column("SELECT proname FROM pg_proc WHERE pronamespace = 'other'::regnamespace ORDER BY 1") == [
        "Inner one",
        "middle",
        "outer_one",
    ]
