"""What a role on the target needs to fill existing tables: little, and all that is missing is said at once."""

from __future__ import annotations

import pytest
from copying import messages
from filling import append, plan_of, upsert
from psycopg2.sql import SQL, Identifier

from pg_xcopy.errors import PlanError


@pytest.fixture
def both(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.a (id int, body text); CREATE TABLE app.b (body text);
        INSERT INTO app.a SELECT n, 'x' FROM generate_series(1, 10) AS n; INSERT INTO app.b VALUES ('y')""")
    target_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.a (id serial PRIMARY KEY, body text);
        CREATE TABLE app.b (id serial PRIMARY KEY, body text)""")
    target_db.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(target_db.name)))
    return source_db, target_db


def connecting(database):
    return f'CONNECT ON DATABASE "{database.name}"'


def test_a_role_that_may_insert_and_nothing_else(both, hostile_role):
    """Neither CREATE on the database, which replacing takes, nor on the schema."""
    source, target = both
    role = hostile_role(
        target,
        grant=[connecting(target), "USAGE ON SCHEMA app", "INSERT ON app.a, app.b", "USAGE ON SEQUENCE app.b_id_seq"],
    )

    result = append(source, target.url_as(role))

    assert (target.value("SELECT count(*) FROM app.a"), target.rows("TABLE app.b")) == (10, [(1, "y")])
    to = f'TO "{role.name}"'
    assert messages(result) == [
        "app.a_id_seq: sequence position unknown: it stays where it is, as the role may not move it"
        f' (ask for: GRANT SELECT, UPDATE ON SEQUENCE "app"."a_id_seq" {to}; GRANT SELECT ON "app"."a" {to})',
    ]


def test_a_role_that_may_move_the_sequences(both, hostile_role):
    source, target = both
    grants = [
        "INSERT, SELECT ON app.a, app.b",
        "USAGE ON SEQUENCE app.b_id_seq",
        "SELECT, UPDATE ON SEQUENCE app.a_id_seq",
    ]
    role = hostile_role(target, grant=[connecting(target), "USAGE ON SCHEMA app", *grants])

    result = append(source, target.url_as(role))

    assert result.warnings == ()
    assert target.value("SELECT nextval('app.a_id_seq')") == 11


def test_all_that_is_missing_is_said_at_once(both, hostile_role):
    source, target = both
    role = hostile_role(target, grant=[connecting(target), "INSERT (id) ON app.a"])

    with pytest.raises(PlanError) as caught:
        append(source, target.url_as(role))

    to = f'TO "{role.name}"'
    assert caught.value.reasons == (
        f"target schema app: the role {role.name} may not use what is in it"
        f' (ask for: GRANT USAGE ON SCHEMA "app" {to})',
        f'app.a: the target\'s role {role.name} may not INSERT there (ask for: GRANT INSERT ON "app"."a" {to})',
        f'app.b: the target\'s role {role.name} may not INSERT there (ask for: GRANT INSERT ON "app"."b" {to})',
        f"app.b: its defaults take numbers from app.b_id_seq, and the target's role {role.name} may not use that"
        f' (ask for: GRANT USAGE ON SEQUENCE "app"."b_id_seq" {to})',
    )
    assert target.value("SELECT count(*) FROM app.a") == 0


def test_statistics_are_left_to_autovacuum_where_the_role_may_not_gather_them(both, hostile_role):
    source, target = both
    role = hostile_role(target, grant=[connecting(target), "USAGE ON SCHEMA app", "ALL ON ALL TABLES IN SCHEMA app"])
    target.execute(
        SQL("REVOKE MAINTAIN ON app.a FROM {}").format(Identifier(role.name)) if target.server.major >= 17 else "SELECT"
    )

    plan = plan_of("append", source, target.url_as(role), {"a": {}})

    assert [each.analyze for each in plan.fills] == [None]


def test_types_of_a_schema_that_the_role_may_not_use(source_db, target_db, hostile_role):
    """COPY needs no name of a type; the temporary table of an upsert does."""
    source_db.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (id int, m text, d text); INSERT INTO app.t VALUES (1, 'x', 'y')"
    )
    target_db.execute("""
        CREATE SCHEMA app; CREATE SCHEMA closed; CREATE TYPE closed.mood AS ENUM ('x');
        CREATE DOMAIN closed.needed AS text NOT NULL CHECK (VALUE <> '');
        CREATE TABLE app.t (id int PRIMARY KEY, m closed.mood NOT NULL, d closed.needed)""")
    role = hostile_role(target_db, grant=["USAGE ON SCHEMA app", "ALL ON app.t"])

    append(source_db, target_db.url_as(role))
    with pytest.raises(PlanError) as caught:
        upsert(source_db, target_db.url_as(role))

    assert caught.value.reasons == (
        "app.t: permission denied for schema closed (Ask the owner for the privilege it names.)",
    )
    assert target_db.rows("TABLE app.t") == [(1, "x", "y")]


def test_who_may_not_replace_is_told_of_the_other_modes(both, hostile_role):
    source, target = both
    role = hostile_role(target, grant=[connecting(target)])

    with pytest.raises(PlanError, match="the modes append, truncate and upsert fill existing tables without it"):
        plan_of("replace", source, target.url_as(role))
