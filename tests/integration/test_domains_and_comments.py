"""What a domain's constraints have of their own, and comments on what has a namesake."""

from __future__ import annotations

import pytest
from copying import copy, messages

from judge import read_schema
from properties import read_properties

NAMED_NOT_NULL = 18


def read_all(database, schema):
    return {**read_schema(database, schema), **read_properties(database, schema)}


@pytest.mark.parametrize("into", ["app", "other"])
def test_a_check_of_a_domain_that_is_not_valid(source_db, target_db, into):
    """It holds for what comes later; what was there before may break it."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE DOMAIN app.small AS int CONSTRAINT positive CHECK (VALUE > 0);
        CREATE TABLE app.t (id app.small, ids app.small[]);
        INSERT INTO app.t VALUES (5, '{6}'), (500, '{600}');
        ALTER DOMAIN app.small ADD CONSTRAINT below CHECK (VALUE < 100) NOT VALID;
        COMMENT ON CONSTRAINT below ON DOMAIN app.small IS 'some day';
        COMMENT ON CONSTRAINT positive ON DOMAIN app.small IS 'always'""")

    results = [copy(source_db, target_db, into=into) for _ in range(2)]

    assert [messages(result) for result in results] == [[], []]
    assert read_all(target_db, into) == read_all(source_db, "app")


def test_a_named_not_null_of_a_domain(source_db, target_db, server_of, new_database):
    if source_db.server.major < NAMED_NOT_NULL:
        pytest.skip("names of NOT NULL constraints came with PostgreSQL 18")
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE DOMAIN app.given AS int CONSTRAINT is_given NOT NULL;
        COMMENT ON CONSTRAINT is_given ON DOMAIN app.given IS 'why';
        CREATE TABLE app.t (id app.given)""")
    names = (
        "SELECT conname, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE contypid <> 0 AND contype = 'n'"
    )

    assert messages(copy(source_db, target_db)) == []
    assert ("is_given", "why") in target_db.rows(names)

    older = new_database(server_of(15))
    assert messages(copy(source_db, older)) == []
    assert older.value("SELECT typnotnull FROM pg_type WHERE typname = 'given'") is True


def test_a_check_with_the_name_of_an_index(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        SET search_path = app;
        CREATE TABLE a (x int, CONSTRAINT same CHECK (x > 0));
        CREATE TABLE b (y int, z int UNIQUE);
        CREATE INDEX same ON b (y);
        COMMENT ON INDEX same IS 'an index';
        COMMENT ON INDEX b_z_key IS 'a key''s index';
        COMMENT ON CONSTRAINT b_z_key ON b IS 'a key';
        COMMENT ON CONSTRAINT same ON a IS 'a check'""")

    assert messages(copy(source_db, target_db)) == []
    assert read_all(target_db, "app") == read_all(source_db, "app")


def test_comments_on_functions(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        SET search_path = app;
        CREATE FUNCTION one(a int, OUT b int) LANGUAGE sql IMMUTABLE SET search_path = app AS 'SELECT $1';
        CREATE FUNCTION one(VARIADIC text[]) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        COMMENT ON FUNCTION one(int) IS 'of a number';
        COMMENT ON FUNCTION one(text[]) IS 'it''s of text';
        CREATE TABLE t (a int DEFAULT one(1), b int DEFAULT one('a', 'b'))""")

    for _ in range(2):
        copy(source_db, target_db)

    assert read_properties(target_db, "app")["comments"] == read_properties(source_db, "app")["comments"]
    assert len(read_properties(target_db, "app")["comments"]) == 2
