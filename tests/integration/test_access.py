"""Owners, grants, default privileges and comments outlive a replace, whoever runs it."""

from __future__ import annotations

import pytest
from copying import beside, copy, messages

from judge import access_of, read_schema
from pg_xcopy.errors import PlanError

SOURCE = """
    CREATE SCHEMA app;
    CREATE TABLE app.things (id serial PRIMARY KEY, body text, secret text);
    CREATE TABLE app.parts (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, thing int REFERENCES app.things);
    CREATE TABLE app.logs (at timestamptz) PARTITION BY RANGE (at);
    CREATE TABLE app.logs_all PARTITION OF app.logs DEFAULT;
    INSERT INTO app.things (body) SELECT n::text FROM generate_series(1, 100) AS n;
    INSERT INTO app.parts (thing) SELECT n FROM generate_series(1, 100) AS n;
    INSERT INTO app.logs VALUES ('2024-01-01');
"""

GRANTS = """
    COMMENT ON SCHEMA app IS 'For the "reports"; ask Zoë''s team';
    GRANT USAGE ON SCHEMA app TO {reader}, PUBLIC;
    GRANT CREATE ON SCHEMA app TO {writer} WITH GRANT OPTION;
    GRANT SELECT ON app.things TO {reader} WITH GRANT OPTION;
    GRANT SELECT (id), UPDATE (thing) ON app.parts TO PUBLIC;
    GRANT INSERT, TRUNCATE ON app.logs TO {writer};
    GRANT SELECT ON app.logs_all TO {reader};
    GRANT USAGE ON SEQUENCE app.things_id_seq TO {reader};
    ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {writer};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA app GRANT UPDATE ON SEQUENCES TO PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO {reader} WITH GRANT OPTION;
"""


@pytest.fixture
def source(source_db):
    source_db.execute(SOURCE)
    return source_db


@pytest.fixture
def roles(target_db, hostile_role):
    return {name: hostile_role(target_db, name).name for name in ("reader", "writer", "owner")}


def sorted_access(database):
    """Privileges as sets: the order in which they were granted says nothing."""
    return [
        (kind, name, owner, acl and sorted(acl.strip("{}").split(",")), comment)
        for kind, name, owner, acl, comment in access_of(database, "app")
    ]


def test_access_carries_over(source, target_db, roles):
    copy(source, target_db)
    target_db.execute(GRANTS.format(**roles))
    target_db.execute("ALTER SCHEMA app OWNER TO {owner}; ALTER TABLE app.things OWNER TO {owner}".format(**roles))
    # What stands there now was made before the default privileges were: as a later replace gives them, so it is.
    copy(source, target_db)
    before = sorted_access(target_db)

    result = copy(source, target_db)

    assert sorted_access(target_db) == before
    assert messages(result) == []
    granted = " ".join(str(row) for row in before)
    assert all(role in granted for role in roles.values())


def test_the_owner_of_the_schema_carries_over_where_the_runner_is_a_member(source, target_db, hostile_role):
    """The usual case: no superuser, but a role that is a member of the owner."""
    owner = hostile_role(target_db, "owner")
    runner = hostile_role(target_db, "runner")
    target_db.execute(f"GRANT {owner.name} TO {runner.name}")
    target_db.execute(f"GRANT CREATE ON DATABASE {target_db.name} TO {owner.name}")
    target_db.execute(f"CREATE SCHEMA app AUTHORIZATION {owner.name}")

    result = copy(source, target_db.url_as(runner))

    assert messages(result) == []
    owners = {(kind, name): who for kind, name, who, *_ in access_of(target_db, "app")}
    assert (owners["schema", "app"], owners["r", "things"]) == (owner.name, runner.name)
    assert read_schema(target_db, "app") == read_schema(source, "app")


@pytest.fixture
def tenant(target_db, hostile_role):
    """A role that may create tables in a schema that is not its own, as in `public` of many managed servers."""
    role = hostile_role(target_db, "tenant")
    landlord = hostile_role(target_db, "landlord")
    target_db.execute(f"""
        CREATE SCHEMA app AUTHORIZATION {landlord.name};
        COMMENT ON SCHEMA app IS 'let';
        GRANT USAGE, CREATE ON SCHEMA app TO {role.name};
        GRANT USAGE ON SCHEMA app TO PUBLIC;
        GRANT CREATE ON DATABASE {target_db.name} TO {role.name}""")
    return role


def test_a_schema_of_another_role_is_filled_by_moving(source, target_db, tenant):
    source.execute("""
        CREATE TYPE app.mood AS ENUM ('sad', 'ok'); CREATE SEQUENCE app.free INCREMENT 5;
        CREATE DOMAIN app.short AS varchar(3);
        CREATE FUNCTION app.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
        CREATE FUNCTION app.twice(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
        CREATE TABLE app.moods (m app.mood DEFAULT 'ok', s app.short, d int DEFAULT app.twice(2),
                                n numeric DEFAULT app.twice(2.5), k int DEFAULT nextval('app.free'))""")
    access = access_of(target_db, "app")

    results = [copy(source, target_db.url_as(tenant)) for _ in range(3)]

    assert read_schema(target_db, "app") == read_schema(source, "app")
    assert beside(target_db) == []
    assert [row for row in access_of(target_db, "app") if row[0] == "schema"] == access
    assert [messages(result) for result in results] == [[], [], []]
    assert target_db.column("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class"
                            " WHERE relnamespace = 'app'::regnamespace") == [tenant.name]  # fmt: skip


def test_range_types_can_be_moved_by_a_superuser_only(source, target_db, tenant):
    """The constructors belong to the superuser, whoever created the range: left behind, they would take it along."""
    source.execute("CREATE TYPE app.span AS RANGE (SUBTYPE = float8); CREATE TABLE app.spans (s app.span)")

    with pytest.raises(PlanError, match="type span: the functions that construct ranges belong to the superuser"):
        copy(source, target_db.url_as(tenant))

    assert beside(target_db) == []


def test_a_range_type_that_stood_there_goes_with_its_constructors(source, target_db, tenant):
    target_db.execute(f"""
        SET ROLE {tenant.name};
        CREATE TYPE app.span AS RANGE (SUBTYPE = float8); CREATE TABLE app.spans (s app.span)""")

    copy(source, target_db.url_as(tenant))

    assert read_schema(target_db, "app") == read_schema(source, "app")
    assert beside(target_db) == []
    assert target_db.column("SELECT proname FROM pg_proc WHERE pronamespace = 'app'::regnamespace") == []


def test_a_sequence_is_moved_though_its_column_was_left_out(source, target_db, tenant):
    source.execute("""
        CREATE TABLE app.numbered (old int, id int);
        CREATE SEQUENCE app.s OWNED BY app.numbered.old;
        ALTER TABLE app.numbered ALTER id SET DEFAULT nextval('app.s');
        INSERT INTO app.numbered DEFAULT VALUES""")

    for _ in range(2):
        copy(source, target_db.url_as(tenant), {"*": {}, "numbered": {"transform": {"old": None}}})

    target_db.execute("INSERT INTO app.numbered DEFAULT VALUES")
    assert target_db.column("SELECT id FROM app.numbered ORDER BY 1") == [1, 2]
    assert beside(target_db) == []


def owners_of(target):
    return {
        name: who for kind, name, who, *_ in access_of(target, "app") if kind in ("r", "p", "S") and "_seq" not in name
    }


def test_owners_carry_over_by_moving_too(source, target_db, tenant, hostile_role):
    """Of tables and of sequences that stand alone."""
    source.execute("CREATE SEQUENCE app.free")
    owner = hostile_role(target_db, "owner")
    target_db.execute(f"""
        GRANT {owner.name} TO {tenant.name}; GRANT USAGE, CREATE ON SCHEMA app TO {owner.name};
        SET ROLE {owner.name};
        CREATE TABLE app.things (id int); CREATE SEQUENCE app.free""")

    results = [copy(source, target_db.url_as(tenant)) for _ in range(3)]

    assert [messages(result) for result in results] == [[], [], []]
    assert owners_of(target_db) == {
        "things": owner.name, "free": owner.name, "parts": tenant.name, "logs": tenant.name, "logs_all": tenant.name,
    }  # fmt: skip


def test_owners_of_sequences_carry_over_by_renaming(source, target_db, roles):
    source.execute("CREATE SEQUENCE app.free")
    copy(source, target_db)
    target_db.execute(
        "ALTER SEQUENCE app.free OWNER TO {owner}; ALTER TABLE app.parts OWNER TO {writer}".format(**roles)
    )

    result = copy(source, target_db)

    assert messages(result) == []
    owners = owners_of(target_db)
    assert (owners["free"], owners["parts"]) == (roles["owner"], roles["writer"])


def test_moving_fails_as_a_whole(source, target_db, tenant):
    """A table comes to be somebody else's while the run is under way."""
    as_tenant = target_db.url_as(tenant)
    copy(source, as_tenant)
    before = read_schema(target_db, "app")

    def interfere(event):
        if getattr(getattr(event, "stage", None), "value", "") == "keys and indexes":
            target_db.execute("ALTER TABLE app.parts OWNER TO postgres")

    with pytest.raises(Exception, match="must be owner of table parts"):
        copy(source, as_tenant, observer=interfere)

    assert read_schema(target_db, "app") == before
    assert beside(target_db) == []


def test_tables_of_others_forbid_the_replace(source, target_db, tenant):
    target_db.execute("CREATE TABLE app.theirs (id int)")

    with pytest.raises(Exception, match=r"can't drop what others own there: app\.theirs"):
        copy(source, target_db.url_as(tenant))


def test_the_missing_grant_is_named(source, target_db, hostile_role):
    role = hostile_role(target_db)

    with pytest.raises(Exception, match=f'GRANT CREATE ON DATABASE "{target_db.name}" TO "{role.name}"'):
        copy(source, target_db.url_as(role))

    assert target_db.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'app'") == []


def test_a_schema_that_may_not_be_written_is_refused(source, target_db, tenant):
    target_db.execute(f"REVOKE CREATE ON SCHEMA app FROM {tenant.name}")

    with pytest.raises(Exception, match="GRANT CREATE ON SCHEMA"):
        copy(source, target_db.url_as(tenant))


def test_a_grant_to_a_role_that_has_gone_is_no_failure(source, target_db, roles):
    copy(source, target_db)
    target_db.execute(f"GRANT SELECT ON app.things TO {roles['reader']}")
    target_db.execute(f"REVOKE ALL ON app.things FROM {roles['reader']}; DROP ROLE {roles['reader']}")

    result = copy(source, target_db)

    assert messages(result) == []


def test_owners_carry_over_where_the_runner_is_a_member(source, target_db, hostile_role):
    owner = hostile_role(target_db, "owner")
    runner = hostile_role(target_db, "runner")
    target_db.execute(f"GRANT {owner.name} TO {runner.name}")
    target_db.execute(f"GRANT CREATE ON DATABASE {target_db.name} TO {owner.name}")
    target_db.execute(f"CREATE SCHEMA app AUTHORIZATION {owner.name}")
    target_db.execute(f"SET ROLE {owner.name}; CREATE TABLE app.things (id int)")

    result = copy(source, target_db.url_as(runner))

    assert messages(result) == []
    owners = {(kind, name): who for kind, name, who, *_ in access_of(target_db, "app")}
    assert owners["schema", "app"] == owners["r", "things"] == owner.name


def test_a_privilege_that_was_taken_back_does_not_return_by_default(source, target_db, hostile_role):
    reader = hostile_role(target_db, "reader")
    target_db.execute(f"""
        CREATE SCHEMA app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {reader.name};
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
        CREATE TABLE app.things (id int);
        REVOKE ALL ON app.things FROM {reader.name}, PUBLIC""")

    copy(source, target_db)

    may = "SELECT has_table_privilege(%s, 'app.things', 'SELECT')"
    assert target_db.value(may, (reader.name,)) is False


def test_triggers_and_policies_that_fall_with_the_old_tables_are_named(source, target_db):
    target_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.things (id int);
        CREATE FUNCTION app.watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER watcher BEFORE INSERT ON app.things FOR EACH ROW EXECUTE FUNCTION app.watch();
        CREATE POLICY mine ON app.things USING (true)""")

    said = messages(copy(source, target_db))

    dropped = "dropped with the old schema: a"
    assert (
        f"policy mine on table app.things: {dropped} policy of a table that is replaced; the copy brings none" in said
    )
    assert (
        f"trigger watcher on table app.things: {dropped} trigger of a table that is replaced; the copy brings none"
        in said
    )
