"""Roles that may do little: what is missing is named, all of it at once, and nothing is copied by halves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from copying import beside, copy, messages

from judge import read_schema
from pg_xcopy.connect.session import Address
from pg_xcopy.engine.source import require_supported
from pg_xcopy.errors import DatabaseError, PlanError, SchemaNotFoundError, ServerTooOldError


@pytest.fixture
def things(source_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
        CREATE TABLE app.b (id serial PRIMARY KEY, a int REFERENCES app.a);
        CREATE TABLE app.c (id int, secret text);
        CREATE TABLE app.d (id int);
        INSERT INTO app.a (body) SELECT 'x' FROM generate_series(1, 10);
        INSERT INTO app.b (a) SELECT generate_series(1, 10)""")
    return source_db


def test_a_role_that_may_only_select(things, target_db, hostile_role):
    role = hostile_role(
        things,
        grant=["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app", "SELECT ON ALL SEQUENCES IN SCHEMA app"],
    )

    result = copy(things.dsn_as(role), target_db)

    assert result.warnings == ()
    assert read_schema(target_db, "app") == read_schema(things, "app")


def test_all_missing_privileges_are_named_at_once(things, target_db, hostile_role):
    role = hostile_role(things, grant=["USAGE ON SCHEMA app", "SELECT ON app.a", "SELECT (id) ON app.c"])
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.old (id int)")

    with pytest.raises(PlanError) as caught:
        copy(things.url_as(role), target_db, {"*": {}, "a": {"where": "nonsense > 1"}})

    assert [reason.split(":")[0] for reason in caught.value.reasons] == ["app.a", "app.b", "app.c", "app.d"]
    assert target_db.column("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace") == ["old"]
    assert beside(target_db) == []


def test_columns_that_may_be_read_suffice(things, target_db, hostile_role):
    role = hostile_role(things, grant=["USAGE ON SCHEMA app", "SELECT (id) ON app.c"])

    copy(things.url_as(role), target_db, {"c": {"transform": {"secret": None}}})

    assert target_db.column("SELECT attname FROM pg_attribute WHERE attrelid = 'app.c'::regclass AND attnum > 0") == [
        "id"
    ]


def test_no_way_into_the_schema(things, target_db, hostile_role):
    role = hostile_role(things)

    with pytest.raises(SchemaNotFoundError, match=f'GRANT USAGE ON SCHEMA "app" TO "{role.name}"'):
        copy(things.url_as(role), target_db)


def test_row_level_security_is_an_error_not_a_partial_copy(things, target_db, hostile_role):
    role = hostile_role(things, grant=["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app"])
    things.execute("""
        ALTER TABLE app.a ENABLE ROW LEVEL SECURITY;
        CREATE POLICY odd ON app.a FOR SELECT USING (id % 2 = 1)""")

    with pytest.raises((PlanError, DatabaseError), match="row-level security"):
        copy(things.url_as(role), target_db)

    assert target_db.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'app'") == []


def test_row_level_security_does_not_bind_the_owner(things, target_db):
    things.execute("ALTER TABLE app.a ENABLE ROW LEVEL SECURITY")

    copy(things, target_db)

    assert target_db.value("SELECT count(*) FROM app.a") == 10


@dataclass(frozen=True)
class Old:
    """A stand-in for a server that nobody can install any more."""

    address: Address
    server_version: int = 110022


def test_a_server_that_is_too_old():
    with pytest.raises(ServerTooOldError, match=r"the source an old server is PostgreSQL 11\.22; .* 12"):
        require_supported(Old(Address("source", "an old server", "")))


def test_a_leakproof_function_comes_without_the_mark(source_db, target_db, hostile_role):
    """Only a superuser may say that a function leaks nothing."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE FUNCTION app.f(int, text DEFAULT ' LEAKPROOF') RETURNS int LANGUAGE sql IMMUTABLE STRICT LEAKPROOF COST 7
            AS 'SELECT 1';
        CREATE TABLE app.t (x int DEFAULT app.f(1))""")
    role = hostile_role(target_db)
    target_db.execute(f"GRANT CREATE ON DATABASE {target_db.name} TO {role.name}")

    result = copy(source_db, target_db.url_as(role))

    (warning,) = messages(result)
    assert warning.startswith("function f(integer, text): property left out: LEAKPROOF")
    marks = "SELECT proleakproof, proisstrict, procost, pg_get_function_arguments(oid) FROM pg_proc WHERE proname = 'f'"
    assert target_db.rows(marks) == [(False, True, 7.0, "integer, text DEFAULT ' LEAKPROOF'::text")]

    assert messages(copy(source_db, target_db)) == []
    assert target_db.value("SELECT proleakproof FROM pg_proc WHERE proname = 'f'") is True
