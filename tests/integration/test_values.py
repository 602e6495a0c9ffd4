"""No setting of a server, a database or a role changes a value in flight, or breaks a run off."""

from __future__ import annotations

from pathlib import Path

import pytest
from copying import beside, copy

from judge import read_schema

HOSTILE = {
    "datestyle": "'SQL, DMY'",
    "intervalstyle": "'sql_standard'",
    "timezone": "'Asia/Kolkata'",
    "bytea_output": "'escape'",
    "extra_float_digits": "-15",
    "standard_conforming_strings": "off",
    "escape_string_warning": "on",
    "backslash_quote": "on",
    "search_path": "evil, pg_catalog",
    "xmloption": "document",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "'1ms'",
    "lock_timeout": "'1ms'",
    "idle_in_transaction_session_timeout": "'1s'",
    "client_min_messages": "debug5",
    "row_security": "on",
    "check_function_bodies": "on",
    "default_with_oids": "off",
    "synchronize_seqscans": "on",
    "log_statement": "'all'",
    "lc_monetary": "'C'",
    "client_encoding": "'LATIN1'",
}

# Functions and an operator that stand in front of PostgreSQL's own for whoever trusts the search_path.
EVIL = """
    CREATE SCHEMA evil;
    CREATE FUNCTION evil.format_type(oid, integer) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$;
    CREATE FUNCTION evil.obj_description(oid, name) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$;
    CREATE FUNCTION evil.pg_terminate_backend(integer) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 1';
    CREATE FUNCTION evil.has_database_privilege(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE TABLE evil.pg_class (relname text); CREATE TABLE evil.pg_namespace (nspname text);
    CREATE FUNCTION evil.starts_with(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
"""

VALUES = Path(__file__).with_name("values.sql").read_text(encoding="utf-8")


def make_hostile(database, **more):
    known = set(database.column("SELECT name FROM pg_settings"))
    settings = {name.lower(): value for name, value in {**HOSTILE, **more}.items() if name in known}
    database.execute(
        "".join(f"ALTER DATABASE {database.name} SET {name} = {value};" for name, value in settings.items())
    )


@pytest.fixture
def things(source_db):
    source_db.execute(VALUES)
    return source_db


@pytest.mark.parametrize("side", ["source", "target", "both"])
def test_hostile_settings(things, target_db, side):
    original = read_schema(things, "app")
    for database in (things, target_db):
        database.execute(EVIL)
    if side != "target":
        make_hostile(things, default_transaction_read_only="off")
    if side != "source":
        make_hostile(target_db, default_transaction_read_only="on")

    first = copy(things, target_db)
    again = copy(things, target_db)

    assert read_schema(target_db, "app") == original
    assert beside(target_db) == []
    assert first.warnings == again.warnings == ()


def test_a_target_that_talks_during_copy(source_db, target_db):
    """A domain whose check raises notices: what a server says in the middle of COPY need not be an error."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE FUNCTION app.chatty(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
            $$BEGIN RAISE NOTICE 'looking at %', $1; RAISE WARNING 'still %', $1; RETURN true; END$$;
        CREATE DOMAIN app.watched AS int CHECK (app.chatty(VALUE));
        CREATE TABLE app.things (id app.watched);
        SET client_min_messages = error;
        INSERT INTO app.things SELECT generate_series(1, 100000)""")

    result = copy(source_db, target_db)

    assert result.rows == 100_000


def test_filters_mean_the_same_under_hostile_settings(things, target_db):
    make_hostile(things, default_transaction_read_only="off")

    where = {"d": {"between": ["2024-03-05", "2024-03-07"]}, "b": {"ne": "\\x5c"}}
    copy(things, target_db, {"things": {"where": where}})

    assert target_db.value("SELECT count(*) FROM app.things") == 3
