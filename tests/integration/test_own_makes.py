"""What a schema has of its own beside tables, types and functions: text search comes along, operators are named."""

from __future__ import annotations

import pytest
from copying import beside, copy, messages

from pg_xcopy.errors import PlanError

TEXT_SEARCH = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE TEXT SEARCH DICTIONARY "Plain one" (TEMPLATE = pg_catalog.simple, StopWords = 'english', Accept = false);
    CREATE TEXT SEARCH CONFIGURATION en2 (COPY = pg_catalog.english);
    ALTER TEXT SEARCH CONFIGURATION en2 ALTER MAPPING FOR asciiword, word WITH "Plain one", english_stem;
    CREATE TEXT SEARCH CONFIGURATION empty (PARSER = "default");
    COMMENT ON TEXT SEARCH CONFIGURATION en2 IS 'ours';
    COMMENT ON TEXT SEARCH DICTIONARY "Plain one" IS 'too';
    CREATE TABLE doc (id int, body text, kind regconfig DEFAULT 'en2',
                      words tsvector GENERATED ALWAYS AS (to_tsvector('en2', body)) STORED);
    CREATE INDEX by_word ON doc USING gin (to_tsvector('en2', body));
    INSERT INTO doc VALUES (1, 'the cats were running', 'en2'), (2, 'dogs', 'english')"""
DICTIONARIES = """
    SELECT dictname, dictinitoption, dicttemplate::text, obj_description(oid, 'pg_ts_dict')
    FROM pg_ts_dict WHERE dictnamespace = %s::regnamespace ORDER BY 1"""
CONFIGURATIONS = """
    SELECT cfgname, cfgparser::text, obj_description(oid, 'pg_ts_config'),
           ARRAY(SELECT maptokentype || ' ' || mapseqno || ' ' || dictname FROM pg_ts_config_map
                 JOIN pg_ts_dict d ON d.oid = mapdict WHERE mapcfg = c.oid ORDER BY 1)
    FROM pg_ts_config c WHERE cfgnamespace = %s::regnamespace ORDER BY 1"""


def read_text_search(database, schema):
    words = database.rows(f"SELECT id, words::text FROM {schema}.doc ORDER BY 1")
    return words, database.rows(DICTIONARIES, (schema,)), database.rows(CONFIGURATIONS, (schema,))


@pytest.mark.parametrize("into", ["app", "other"])
def test_text_search_comes_along(source_db, target_db, into):
    source_db.execute(TEXT_SEARCH)

    results = [copy(source_db, target_db, into=into) for _ in range(2)]

    assert [messages(result) for result in results] == [[], []]
    assert read_text_search(target_db, into) == read_text_search(source_db, "app")
    assert beside(target_db) == []


def test_text_search_moves_with_tables(source_db, target_db):
    source_db.execute(TEXT_SEARCH)
    target_db.require_extension("xml2")
    # an extension that can't follow a rename
    target_db.execute("CREATE SCHEMA app; DROP EXTENSION xml2; CREATE EXTENSION xml2 SCHEMA app")

    for _ in range(2):
        copy(source_db, target_db)

    assert read_text_search(target_db, "app") == read_text_search(source_db, "app")


def test_text_search_with_a_dictionary_of_an_extension(source_db, target_db):
    source_db.require_extension("unaccent")
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TEXT SEARCH CONFIGURATION app.fr (COPY = pg_catalog.french);
        ALTER TEXT SEARCH CONFIGURATION app.fr ALTER MAPPING FOR word WITH public.unaccent, french_stem;
        CREATE TABLE app.doc (id int, body text);
        CREATE INDEX by_word ON app.doc USING gin (to_tsvector('app.fr', body))""")

    assert messages(copy(source_db, target_db)) == [
        "text search configuration fr: left out: it needs extension unaccent, which the target lacks",
        "app.doc.by_word: index left out: it needs extension unaccent, which the target lacks",
    ]
    copy(source_db, target_db, create_missing=True)
    assert target_db.value("SELECT to_tsvector('app.fr', 'élève')::text") == "'elev':1"


OPERATORS = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE FUNCTION shorter(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT abs($1) < abs($2)';
    CREATE OPERATOR |<| (LEFTARG = int, RIGHTARG = int, FUNCTION = shorter);
    CREATE FUNCTION h1(int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1';
    CREATE FUNCTION h2(int, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1::bigint';
    CREATE OPERATOR CLASS modulo FOR TYPE int USING hash AS
        OPERATOR 1 =, FUNCTION 1 h1(int), FUNCTION 2 h2(int, bigint);
    CREATE DOMAIN small AS int CHECK (VALUE |<| 100);
    CREATE TABLE a (d small);
    CREATE TABLE b (i int, less bool GENERATED ALWAYS AS (i |<| 5) STORED);
    CREATE TABLE c (i int) PARTITION BY HASH (i modulo);
    CREATE TABLE d (i int, less bool DEFAULT 1 |<| 2, CONSTRAINT less CHECK (i |<| 7));
    CREATE INDEX by_i ON d USING hash (i modulo)"""
OPERATOR, CLASS = "operator |<|(integer,integer)", "operator class modulo for access method hash"


def test_operators_are_named_in_the_plan(source_db, target_db):
    source_db.execute(OPERATORS)

    with pytest.raises(PlanError) as caught:
        copy(source_db, target_db)

    assert caught.value.reasons == tuple(
        f"app.{what}, which is not copied (leave out what needs it, or write it otherwise)"
        for what in (f"a.d: it needs {OPERATOR}", f"b.less: it needs {OPERATOR}", f"c: it needs {CLASS}")
    )
    assert messages(copy(source_db, target_db, {"d": {}})) == [
        f"app.d.less: constraint left out: check: it needs {OPERATOR}, which is not copied",
        f"app.d.by_i: index left out: it needs {CLASS}, which is not copied",
        f"app.d.less: default left out: it needs {OPERATOR}, which is not copied",
    ]
    assert messages(copy(source_db, target_db, {"d": {"transform": {"less": None}}, "*": {}}, exclude=["[abc]"]))[
        :1
    ] == [f"type small: left out: it needs {OPERATOR}, which is not copied"]


CASTS = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TYPE score AS (n int);
    CREATE FUNCTION mood_of(int) RETURNS mood LANGUAGE sql IMMUTABLE
        AS $$SELECT CASE WHEN $1 > 0 THEN 'ok' ELSE 'sad' END::mood$$;
    CREATE FUNCTION score_of(mood) RETURNS score LANGUAGE sql IMMUTABLE AS 'SELECT ROW(length($1::text))::score';
    CREATE CAST (int AS mood) WITH FUNCTION mood_of(int) AS ASSIGNMENT;
    CREATE CAST (mood AS score) WITH FUNCTION score_of(mood);
    CREATE CAST (varchar AS mood) WITH INOUT AS IMPLICIT;
    CREATE DOMAIN good AS int CHECK (VALUE::mood = 'ok');
    CREATE TABLE t (g good, m mood GENERATED ALWAYS AS (length(g::text)::mood) STORED,
                    s score DEFAULT 'ok'::mood::score);
    INSERT INTO t (g) VALUES (7)"""
READ_CASTS = """
    SELECT castsource::regtype::text, casttarget::regtype::text, castmethod, castcontext FROM pg_cast
    WHERE oid > 16384 ORDER BY 1, 2"""


@pytest.mark.parametrize("into", ["app", "other"])
def test_casts_come_along(source_db, target_db, into):
    source_db.execute(CASTS)
    readers = [f"SET search_path = {into}; {READ_CASTS}", f"SELECT g, m::text, s::text FROM {into}.t"]

    results = [copy(source_db, target_db, into=into) for _ in range(2)]

    assert [messages(result) for result in results] == [[], []]
    assert [target_db.rows(each) for each in readers] == [source_db.rows(each.replace(into, "app")) for each in readers]
    assert len(target_db.rows(readers[0])) == 3


def test_casts_of_types_that_stay_behind_do_too(source_db, target_db):
    source_db.execute(CASTS + "; CREATE TABLE only_mood (m mood)")

    assert messages(copy(source_db, target_db, {"only_mood": {}})) == []

    assert [one for one, *_ in target_db.rows(f"SET search_path = app; {READ_CASTS}")] == [
        "integer",
        "character varying",
    ][::-1]
