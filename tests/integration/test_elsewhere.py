"""What belongs to other schemas, or to none, is not copied: what needs it is named in the plan."""

from __future__ import annotations

import pytest
from copying import copy, messages

from pg_xcopy.errors import PlanError

LIBRARY = """
    CREATE SCHEMA lib;
    CREATE FUNCTION lib.ok(text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> ''''';
    CREATE FUNCTION lib.code() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''c''';"""
USERS = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE DOMAIN lib.given AS text CHECK (lib.ok(VALUE));
    CREATE TABLE t (c text DEFAULT lib.code(), n text CHECK (lib.ok(n)));
    CREATE TABLE u (v lib.given);
    CREATE TABLE g (n text, b bool GENERATED ALWAYS AS (lib.ok(n)) STORED)"""
LACKS = "it needs function lib.ok, which the target lacks"


def test_functions_of_other_schemas(source_db, target_db):
    source_db.execute(LIBRARY + USERS)

    with pytest.raises(PlanError) as caught:
        copy(source_db, target_db, create_missing=True)

    hint = "(create it there first, or leave out what needs it)"
    assert caught.value.reasons == (f"app.g.b: {LACKS} {hint}", f"app.u.v: {LACKS} {hint}")
    assert messages(copy(source_db, target_db, {"t": {}})) == [
        f"app.t.t_n_check: constraint left out: check: {LACKS}",
        "app.t.c: default left out: it needs function lib.code, which the target lacks",
    ]


def test_functions_of_other_schemas_that_the_target_has(source_db, target_db):
    source_db.execute(LIBRARY + USERS)
    target_db.execute(LIBRARY)

    assert messages(copy(source_db, target_db, create_missing=True)) == [
        "lib.given: created outside the schema: the copied columns need this type",
    ]
    assert messages(copy(source_db, target_db)) == []


def test_a_function_of_the_schema_that_is_replaced(source_db, target_db):
    next_code = "CREATE FUNCTION public.next_code() RETURNS text LANGUAGE sql AS 'SELECT ''c'''"
    source_db.execute(f"CREATE SCHEMA app; {next_code}; CREATE TABLE app.t (c text DEFAULT public.next_code())")
    target_db.execute(next_code)

    assert messages(copy(source_db, target_db, into="public")) == [
        "public.t.c: default left out: it needs function public.next_code, and the copy replaces that schema",
        "public.next_code(): dropped with the old schema: this function stands in the target and the copy does not"
        " bring it",
    ]


def test_large_objects(source_db, target_db):
    source_db.execute(
        "CREATE SCHEMA app; CREATE TABLE app.images (id oid, size int); INSERT INTO app.images VALUES (1, 2)"
    )
    assert messages(copy(source_db, target_db)) == []

    source_db.execute("UPDATE app.images SET id = lo_from_bytea(0, 'x')")

    assert messages(copy(source_db, target_db)) == [
        "app.images.id: partial: its values may refer to large objects, which are not copied",
    ]
    assert messages(copy(source_db, target_db, {"images": {"transform": {"id": None}}})) == []
