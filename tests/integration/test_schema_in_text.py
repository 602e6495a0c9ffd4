"""Functions that name their schema in their text use the copy while it is built, and the target when it is there."""

from __future__ import annotations

import pytest
from copying import beside, copy, messages

from pg_xcopy.errors import PlanError, StrictError

BEFORE = """
    CREATE SCHEMA app;
    CREATE FUNCTION app.norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
    CREATE TABLE app.t (id int)"""
HARDENED = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE TYPE mood AS ENUM ('a', 'b');
    CREATE FUNCTION norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
    CREATE FUNCTION by_path(text) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = app, pg_temp
        AS 'DECLARE m mood := ''a''; BEGIN RETURN norm($1); END';
    CREATE FUNCTION by_name(text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = ''
        AS 'SELECT /* app.norm */ App . norm($1)';
    CREATE TABLE t (id int, name text, p text GENERATED ALWAYS AS (by_path(name)) STORED,
                    n text GENERATED ALWAYS AS (by_name(name)) STORED, CHECK (by_name(name) = upper(name)));
    CREATE INDEX by_upper ON t (by_name(name), by_path(name));
    INSERT INTO t VALUES (1, 'A b'), (2, 'C d')"""
FUNCTIONS = """
    SELECT proname, proconfig, prosrc FROM pg_proc WHERE pronamespace = %s::regnamespace AND prokind = 'f' ORDER BY 1"""


@pytest.mark.parametrize("old", [BEFORE, "SELECT 1"])
@pytest.mark.parametrize("into", ["app", "other"])
def test_it_is_the_copy_that_they_use(source_db, target_db, into, old):
    source_db.execute(HARDENED)
    target_db.execute(old)

    results = [copy(source_db, target_db, into=into) for _ in range(2)]

    assert messages(results[1]) == []
    assert target_db.rows(f"SELECT p, n FROM {into}.t ORDER BY id") == [("A B", "A B"), ("C D", "C D")]
    assert target_db.rows(f"SET enable_seqscan = off; SELECT id FROM {into}.t WHERE {into}.by_name(name) = 'A B'") == [
        (1,)
    ]
    functions = {name: (config, body) for name, config, body in target_db.rows(FUNCTIONS, (into,))}
    assert functions["by_path"][0] == [f"search_path={into}, pg_temp"]
    assert functions["by_name"][0] == ['search_path=""']
    assert target_db.value(f"SELECT {into}.by_name('x') || {into}.by_path('y')") == "XY"
    assert beside(target_db) == []
    if into == "app":
        assert target_db.rows(FUNCTIONS, (into,)) == source_db.rows(FUNCTIONS, (into,))


def test_moved_tables_too(source_db, target_db):
    source_db.execute(HARDENED)
    target_db.require_extension("xml2")
    # an extension that can't follow a rename
    target_db.execute("CREATE SCHEMA other; DROP EXTENSION xml2; CREATE EXTENSION xml2 SCHEMA other")

    copy(source_db, target_db, into="other")

    assert target_db.value("SELECT other.by_name('x') || other.by_path('y')") == "XY"


IN_STRINGS = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE SEQUENCE s;
    CREATE TABLE keys (k text);
    CREATE FUNCTION known(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $f$
        DECLARE found bool; BEGIN EXECUTE 'SELECT EXISTS (SELECT FROM app.keys WHERE k = $1)' INTO found USING $1;
        RETURN found IS NOT NULL; END$f$;
    CREATE FUNCTION next() RETURNS int LANGUAGE sql AS $f$SELECT nextval('app.s')::int$f$;
    CREATE TABLE t (id int DEFAULT nextval(('app.s'::text)::regclass), n int DEFAULT next(), k text CHECK (known(k)),
                    site text DEFAULT 'app.example.com')"""


def test_what_is_not_understood_is_said(source_db, target_db):
    source_db.execute(IN_STRINGS)
    text = "text left as it is: it names app where that can't be followed"

    assert messages(copy(source_db, target_db, into="other")) == [
        f"function known: {text}, and the copy will be called other",
        f"function next: {text}, and the copy will be called other",
        f"other.t.id: {text}, and the copy will be called other",
    ]
    assert messages(copy(source_db, target_db)) == [
        f"function known: {text}, and while the copy is built, which takes this function, that does not exist yet",
    ]
    assert messages(copy(source_db, target_db)) == [
        f"function known: {text}, and while the copy is built, which takes this function, that is still the old one",
    ]
    with pytest.raises((PlanError, StrictError), match="function known"):
        copy(source_db, target_db, strict=True)


def test_what_stays_behind_may_be_meant_where_it_is(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.shared (v int);
        CREATE FUNCTION app.base() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        CREATE FUNCTION app.many() RETURNS int LANGUAGE sql AS 'SELECT app.base() + count(*)::int FROM app.shared';
        CREATE TABLE app.t (n int DEFAULT app.many())""")
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.shared (v int); INSERT INTO app.shared VALUES (1), (2)")

    assert messages(copy(source_db, target_db, {"t": {}}, into="other")) == []

    target_db.execute("DROP FUNCTION IF EXISTS app.base; INSERT INTO other.t DEFAULT VALUES")
    assert target_db.column("SELECT n FROM other.t") == [3]
