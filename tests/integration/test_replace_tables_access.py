"""`replace_tables` by roles that may do little: owners and grants stay, and what is missing is named."""

from __future__ import annotations

import pytest
from copying import beside, copy, messages
from replacing_tables import refusal, replace

from judge import access_of

TABLES = """
    CREATE SCHEMA app;
    CREATE TABLE app.things (id serial PRIMARY KEY, body text, secret text);
    CREATE TABLE app.parts (id int PRIMARY KEY, thing int REFERENCES app.things);
    INSERT INTO app.things (body) SELECT n::text FROM generate_series(1, 20) AS n;
    INSERT INTO app.parts SELECT n, n FROM generate_series(1, 20) AS n;
"""


@pytest.fixture
def source(source_db):
    source_db.execute(TABLES)
    return source_db


@pytest.fixture
def tenant(target_db, hostile_role):
    """A role that may create tables in a schema of somebody else, and owns one of two tables there."""
    role = hostile_role(target_db, "tenant")
    target_db.execute(TABLES)
    target_db.execute(f"""
        ALTER TABLE app.things OWNER TO {role.name};
        GRANT USAGE, CREATE ON SCHEMA app TO {role.name};
        GRANT CREATE ON DATABASE {target_db.name} TO {role.name}""")
    return role


def test_a_role_that_owns_the_table_and_not_the_schema(source, target_db, tenant):
    target_db.execute(f"ALTER TABLE app.parts OWNER TO {tenant.name}; CREATE VIEW app.v AS SELECT body FROM app.things")
    target_db.execute(f"ALTER VIEW app.v OWNER TO {tenant.name}")
    source.execute("UPDATE app.things SET body = 'new'")

    for _ in range(2):
        assert messages(replace(source, target_db.url_as(tenant), "things")) == []

    assert target_db.column("SELECT DISTINCT body FROM app.v") == ["new"]
    assert beside(target_db) == []


def test_tables_that_belong_to_others(source, target_db, tenant):
    (said,) = refusal(source, target_db, "parts", into=target_db.url_as(tenant))

    assert said == (
        f"app.parts: it belongs to postgres, so that the role {tenant.name} can't replace it"
        " (run as a member of postgres, or let the owner hand it over: ALTER TABLE … OWNER TO)"
    )


def test_foreign_keys_and_views_that_belong_to_others(source, target_db, tenant):
    target_db.execute("CREATE VIEW app.v AS SELECT body FROM app.things")

    (said,) = refusal(source, target_db, "things", into=target_db.url_as(tenant))

    table = f"its table belongs to postgres, so that the role {tenant.name} can't alter it"
    view = f"it belongs to postgres, so that the role {tenant.name} can't make it again"
    assert f"constraint parts_thing_fkey on table app.parts (on table app.things: {table})" in said
    assert f"view app.v (on table app.things: {view})" in said


def test_a_view_in_a_schema_where_the_role_may_not_create(source, target_db, tenant):
    target_db.execute(f"""
        DROP TABLE app.parts;
        CREATE SCHEMA other; CREATE VIEW other.v AS SELECT body FROM app.things;
        ALTER VIEW other.v OWNER TO {tenant.name}; GRANT USAGE ON SCHEMA other TO {tenant.name}""")

    (said,) = refusal(source, target_db, "things", into=target_db.url_as(tenant))

    grant = f'GRANT CREATE ON SCHEMA "other" TO "{tenant.name}"'
    assert f"view other.v (on table app.things: the role {tenant.name} can't make it again: ask for: {grant})" in said


@pytest.mark.parametrize(("revoked", "missing"), [("USAGE, CREATE", "USAGE, CREATE"), ("CREATE", "CREATE")])
def test_the_missing_grants_on_the_schema_are_named(source, target_db, tenant, revoked, missing):
    target_db.execute(f"DROP TABLE app.parts; REVOKE {revoked} ON SCHEMA app FROM {tenant.name}")

    assert refusal(source, target_db, "things", into=target_db.url_as(tenant)) == (
        f"target schema app: the role {tenant.name} may not create tables in it"
        f' (ask for: GRANT {missing} ON SCHEMA "app" TO "{tenant.name}")',
    )


def test_the_missing_grant_on_the_database_is_named(source, target_db, tenant):
    target_db.execute(f"DROP TABLE app.parts; REVOKE CREATE ON DATABASE {target_db.name} FROM {tenant.name}")

    assert refusal(source, target_db, "things", into=target_db.url_as(tenant)) == (
        f"target schema app: the role {tenant.name} may not create the staging schema beside it"
        f' (ask for: GRANT CREATE ON DATABASE "{target_db.name}" TO "{tenant.name}";'
        " the modes append, truncate and upsert fill existing tables without it)",
    )


def test_types_that_stand_and_may_not_be_used(source_db, target_db, hostile_role):
    role = hostile_role(target_db)
    for database in (source_db, target_db):
        database.execute("CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('ok')")
    source_db.execute("CREATE TABLE app.t (m app.mood)")
    target_db.execute(f"""
        REVOKE USAGE ON TYPE app.mood FROM PUBLIC; GRANT USAGE, CREATE ON SCHEMA app TO {role.name};
        GRANT CREATE ON DATABASE {target_db.name} TO {role.name}""")

    assert refusal(source_db, target_db, "t", into=target_db.url_as(role)) == (
        f"type app.mood: the copied tables need it, it stands there, and the role {role.name} may not use it"
        f' (ask for: GRANT USAGE ON TYPE "app"."mood" TO "{role.name}")',
    )


def test_range_types_that_are_missing_take_a_superuser(source, target_db, tenant):
    source.execute("CREATE TYPE app.span AS RANGE (SUBTYPE = float8); CREATE TABLE app.spans (s app.span)")

    (said,) = refusal(source, target_db, "spans", into=target_db.url_as(tenant))

    assert said.startswith("type span: the functions that construct ranges belong to the superuser")
    target_db.execute("CREATE TYPE app.span AS RANGE (SUBTYPE = float8)")
    assert messages(replace(source, target_db.url_as(tenant), "spans")) == []


def test_a_table_that_may_not_be_referred_to(source, target_db, tenant):
    """A foreign key to a table that stays takes a privilege on it."""
    target_db.execute("DROP TABLE app.parts; ALTER TABLE app.things OWNER TO postgres")

    (said,) = messages(replace(source, target_db.url_as(tenant), "parts"))

    assert said == (
        "app.parts.parts_thing_fkey: constraint left out: foreign key: the target's role may not refer to app.things"
        f' (ask for: GRANT REFERENCES ON "app"."things" TO "{tenant.name}")'
    )


# --- Owners and grants


def sorted_access(database):
    return [
        (kind, name, owner, acl and sorted(acl.strip("{}").split(",")), comment)
        for kind, name, owner, acl, comment in access_of(database, "app")
    ]


def test_owners_grants_and_default_privileges_stay(source, target_db, hostile_role):
    owner, reader, writer = (hostile_role(target_db, name).name for name in ("owner", "reader", "writer"))
    target_db.execute(TABLES)
    target_db.execute(f"""
        COMMENT ON SCHEMA app IS 'ours';
        GRANT USAGE, CREATE ON SCHEMA app TO {owner}; GRANT USAGE ON SCHEMA app TO PUBLIC;
        ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {writer};
        ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA app GRANT UPDATE ON TABLES TO PUBLIC;
        GRANT SELECT ON app.things TO {reader} WITH GRANT OPTION;
        GRANT SELECT (id), UPDATE (body) ON app.things TO PUBLIC;
        GRANT USAGE ON SEQUENCE app.things_id_seq TO {reader}; ALTER TABLE app.things OWNER TO {owner}""")
    before = sorted_access(target_db)

    for _ in range(2):
        assert messages(replace(source, target_db, "things")) == []

    assert sorted_access(target_db) == before
    source.execute("CREATE TABLE app.fresh (id int)")
    replace(source, target_db, "fresh")
    assert target_db.value("SELECT has_table_privilege(%s, 'app.fresh', 'SELECT')", (writer,)) is True
    assert target_db.value("SELECT has_table_privilege(%s, 'app.things', 'SELECT')", (writer,)) is False


def test_grants_on_a_table_with_policies_stay_behind(source, target_db, hostile_role):
    """Without its policies they would open all rows."""
    reader = hostile_role(target_db, "reader").name
    target_db.execute(TABLES)
    target_db.execute(f"""
        GRANT SELECT ON app.things, app.parts TO {reader}; ALTER TABLE app.things ENABLE ROW LEVEL SECURITY;
        CREATE POLICY odd ON app.things USING (id % 2 = 1);
        ALTER TABLE app.parts ENABLE ROW LEVEL SECURITY; CREATE POLICY even ON app.parts USING (id % 2 = 0)""")

    said = messages(replace(source, target_db, "things"))

    assert said == [
        "policy odd on table app.things: dropped with the old table: the copy brings no policies",
        "app.things: privilege not carried over: its grants stay behind, because its row-level security does",
    ]
    assert target_db.column("SELECT polname FROM pg_policy") == ["even"]
    assert target_db.value("SELECT has_table_privilege(%s, 'app.parts', 'SELECT')", (reader,)) is True
    assert target_db.value("SELECT has_table_privilege(%s, 'app.things', 'SELECT')", (reader,)) is False


def test_replace_after_it_and_it_after_replace(source, target_db):
    """Both leave what the other finds to be its own."""
    copy(source, target_db)
    replace(source, target_db, "things")

    assert messages(copy(source, target_db)) == []
    assert messages(replace(source, target_db, "parts")) == []
    assert beside(target_db) == []
