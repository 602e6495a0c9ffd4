"""Roles that may do little: what is missing is named, all of it at once, and nothing is copied by halves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from copying import beside, copy, job_of, messages

from judge import read_schema
from pg_xcopy import plan_job
from pg_xcopy.connect.address import Address
from pg_xcopy.engine.sources.source import require_supported
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

    told = [reason.split(":")[0] for reason in caught.value.reasons]
    assert told == ["app.a", "app.b", "app.c", "app.d", "app.b_id_seq", "app.a_id_seq"]
    assert target_db.column("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace") == ["old"]
    assert beside(target_db) == []


@pytest.fixture
def shared(things):
    """Besides, a type and a function in a schema that is nobody's but its owner's."""
    things.execute("""
        CREATE SCHEMA shared; CREATE TYPE shared.kind AS ENUM ('x', 'y');
        CREATE FUNCTION shared.next(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
        ALTER TABLE app.d ADD k shared.kind""")
    return things


def test_the_grants_that_are_missing_are_named_at_once(shared, target_db, hostile_role):
    role = hostile_role(shared, grant=["USAGE ON SCHEMA app", "SELECT ON app.c"])
    tables = {"c": {"transform": {"id": "shared.next(id)"}}, "d": {"transform": {"k": "'y'"}}, "*": {}}

    with pytest.raises(PlanError) as caught:
        plan_job(job_of(shared.url_as(role), target_db, tables, create_missing=True))

    to, usage = f'TO "{role.name}"', f'GRANT USAGE ON SCHEMA "shared" TO "{role.name}"'
    assert caught.value.reasons == (
        f'app.a: permission denied for table a (ask for: GRANT SELECT ON "app"."a" {to})',
        f'app.b: permission denied for table b (ask for: GRANT SELECT ON "app"."b" {to})',
        f"app.c: permission denied for schema shared (ask for: {usage})",
        f'app.d: permission denied for schema shared (ask for: {usage}; GRANT SELECT ON "app"."d" {to})',
        "app.b_id_seq: sequence position unknown: it continues beyond the copied values, as the role may not read it"
        f' (ask for: GRANT SELECT ON "app"."b_id_seq" {to})',
        "app.a_id_seq: sequence position unknown: it continues beyond the copied values, as the role may not read it"
        f' (ask for: GRANT SELECT ON "app"."a_id_seq" {to})',
    )


def test_a_partition_of_a_schema_that_is_closed(things, target_db, hostile_role):
    things.execute("""
        CREATE SCHEMA attic; CREATE TABLE app.e (id int) PARTITION BY LIST (id);
        CREATE TABLE attic.e_all PARTITION OF app.e DEFAULT""")
    role = hostile_role(things, grant=["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app"])

    with pytest.raises(PlanError) as caught:
        plan_job(job_of(things.url_as(role), target_db, {"e": {}}))

    assert caught.value.reasons == (
        "attic.e_all: permission denied for schema attic (ask for:"
        f' GRANT USAGE ON SCHEMA "attic" TO "{role.name}"; GRANT SELECT ON "attic"."e_all" TO "{role.name}")',
    )


def test_columns_that_may_be_read_suffice(things, target_db, hostile_role):
    role = hostile_role(things, grant=["USAGE ON SCHEMA app", "SELECT (id) ON app.c"])

    copy(things.url_as(role), target_db, {"c": {"transform": {"secret": None}}})

    assert target_db.column("SELECT attname FROM pg_attribute WHERE attrelid = 'app.c'::regclass AND attnum > 0") == [
        "id"
    ]


def test_no_way_into_the_schema(things, target_db, hostile_role):
    role = hostile_role(things)

    with pytest.raises(SchemaNotFoundError) as caught:
        copy(things.url_as(role), target_db)

    names = ", ".join(f'"app"."{name}"' for name in ("a", "a_id_seq", "b", "b_id_seq", "c", "d"))
    assert caught.value.hint == (
        f'Ask for: GRANT USAGE ON SCHEMA "app" TO "{role.name}".'
        f' And for what the job copies of these: GRANT SELECT ON {names} TO "{role.name}".'
    )


def test_what_is_to_be_asked_for_can_be_pasted_whatever_the_names_are(source_db, target_db, hostile_role):
    source_db.execute("""CREATE SCHEMA "the ""app"; CREATE TABLE "the ""app".things (id int)""")
    role = hostile_role(source_db, name='my "own" role')
    job = {
        "source": {"database": source_db.dsn_as(role), "schema": 'the "app'},
        "target": {"database": target_db.dsn, "schema": "app"},
        "tables": {"*": {}},
    }

    with pytest.raises(SchemaNotFoundError) as caught:
        plan_job(job)
    for statement in caught.value.usage, caught.value.selects:
        source_db.execute(statement)

    assert [str(each.source) for each in plan_job(job).copies] == ['the "app.things']


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


# --- The target's role


def refusal(source, target, **options):
    """Why a job can't be planned, and that a run says the same and leaves nothing."""
    with pytest.raises(PlanError) as planned:
        plan_job(job_of(source, target, **options))
    with pytest.raises(PlanError) as run:
        copy(source, target, **options)
    assert run.value.reasons == planned.value.reasons
    return planned.value.reasons


def test_a_role_that_owns_its_schema_and_may_create_beside_it(things, target_db, hostile_role):
    role = hostile_role(target_db, grant=[f"CREATE ON DATABASE {target_db.name}"])
    target_db.execute(f"CREATE SCHEMA app AUTHORIZATION {role.name}")

    for _ in range(2):
        result = copy(things, target_db.url_as(role))

    assert result.warnings == ()
    assert read_schema(target_db, "app") == read_schema(things, "app")


def test_a_role_that_owns_only_a_schema(things, target_db, hostile_role):
    role = hostile_role(target_db)
    target_db.execute(f"CREATE SCHEMA app AUTHORIZATION {role.name}")

    assert refusal(things, target_db.url_as(role)) == (
        f"target schema app: the role {role.name} may not create the staging schema beside it"
        f' (ask for: GRANT CREATE ON DATABASE "{target_db.name}" TO "{role.name}";'
        " the modes append, truncate and upsert fill existing tables without it)",
    )


def test_types_that_the_target_has_and_the_role_may_not_use(shared, target_db, hostile_role):
    target_db.execute("""
        CREATE SCHEMA shared; CREATE TYPE shared.kind AS ENUM ('x', 'y');
        REVOKE USAGE ON TYPE shared.kind FROM PUBLIC""")
    role = hostile_role(target_db)

    assert refusal(shared, target_db.url_as(role)) == (
        "app.d.k: the target's role may not use its type shared.kind (ask for:"
        f' GRANT USAGE ON SCHEMA "shared" TO "{role.name}"; GRANT USAGE ON TYPE "shared"."kind" TO "{role.name}")',
        f"target schema app: the role {role.name} may not create the staging schema beside it"
        f' (ask for: GRANT CREATE ON DATABASE "{target_db.name}" TO "{role.name}";'
        " the modes append, truncate and upsert fill existing tables without it)",
    )


def test_types_that_the_role_may_not_create(shared, target_db, hostile_role):
    role = hostile_role(target_db, grant=[f"CREATE ON DATABASE {target_db.name}"])
    target_db.execute(f"CREATE SCHEMA shared; GRANT USAGE ON SCHEMA shared TO {role.name}")

    assert refusal(shared, target_db.url_as(role), create_missing=True) == (
        "target schema shared: the copied columns need types in it, and the role may not create them"
        f' (ask for: GRANT CREATE ON SCHEMA "shared" TO "{role.name}")',
    )


def test_a_table_elsewhere_that_the_role_may_not_refer_to(things, target_db, hostile_role):
    for database in (things, target_db):
        database.execute("CREATE SCHEMA shared; CREATE TABLE shared.ids (id int PRIMARY KEY)")
    things.execute("CREATE TABLE app.refers (id int REFERENCES shared.ids)")
    role = hostile_role(target_db, grant=[f"CREATE ON DATABASE {target_db.name}"])

    plan = plan_job(job_of(things, target_db.url_as(role)))
    result = copy(things, target_db.url_as(role))

    assert [str(each) for each in plan.notices] == messages(result)
    assert messages(result) == [
        "app.refers.refers_id_fkey: constraint left out: foreign key: the target's role may not refer to shared.ids"
        f' (ask for: GRANT USAGE ON SCHEMA "shared" TO "{role.name}";'
        f' GRANT REFERENCES ON "shared"."ids" TO "{role.name}")'
    ]


@pytest.fixture
def post(source_db):
    source_db.require_extension("citext")
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.mails (mail citext); INSERT INTO app.mails VALUES ('X@y')")
    return source_db


def test_an_extension_whose_schema_is_closed(post, target_db, hostile_role):
    target_db.execute("CREATE SCHEMA lib; CREATE EXTENSION citext SCHEMA lib")
    role = hostile_role(target_db, grant=[f"CREATE ON DATABASE {target_db.name}"])

    assert refusal(post, target_db.url_as(role)) == (
        "app.mails.mail: the target's role may not use its type citext"
        f' (ask for: GRANT USAGE ON SCHEMA "lib" TO "{role.name}")',
    )


def test_a_trusted_extension_is_created_by_who_may_create(post, target_db, hostile_role):
    role = hostile_role(target_db, grant=[f"CREATE ON DATABASE {target_db.name}"])

    result = copy(post, target_db.url_as(role), create_missing=True)

    assert messages(result) == ["extension citext: created outside the schema: in schema public"]


def test_an_extension_that_takes_a_superuser(post, server_of, new_database, hostile_role):
    """Before PostgreSQL 13 all do. The plan only says it: some providers let others create them too."""
    target = new_database(server_of(12))
    role = hostile_role(target, grant=[f"CREATE ON DATABASE {target.name}"])

    plan = plan_job(job_of(post, target.url_as(role), create_missing=True))
    with pytest.raises(DatabaseError, match=r"creating extension citext: .*permission denied"):
        copy(post, target.url_as(role), create_missing=True)

    assert [str(each) for each in plan.notices] == [
        "extension citext: created outside the schema: in schema public, for which PostgreSQL itself wants a superuser"
        ' (ask for: CREATE EXTENSION "citext")'
    ]
    assert beside(target) == []


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
