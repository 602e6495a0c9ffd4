"""What belongs to an extension outlives the schema that it lives in."""

from __future__ import annotations

import pytest
from copying import beside, copy, messages

from judge import read_schema


@pytest.fixture
def source(source_db):
    source_db.require_extension("citext")
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.people (id int PRIMARY KEY, email citext UNIQUE, names citext[] DEFAULT '{}');
        CREATE INDEX people_by_name ON app.people USING gin (names);
        CREATE INDEX people_by_first ON app.people ((lower(email::text)));
        INSERT INTO app.people VALUES (1, 'Ann@Example.com', '{Ann,ANN}'), (2, 'bob@example.com', NULL)""")
    return source_db


@pytest.fixture
def target(target_db):
    """citext and pgcrypto live in the target schema, and tables elsewhere have columns of its types."""
    target_db.execute("CREATE SCHEMA app; CREATE SCHEMA other")
    target_db.require_extension("pgcrypto")
    target_db.require_extension("citext")
    target_db.execute("""
        ALTER EXTENSION citext SET SCHEMA app;
        ALTER EXTENSION pgcrypto SET SCHEMA app;
        CREATE TABLE other.addresses (email app.citext PRIMARY KEY, salt text DEFAULT app.gen_salt('md5'));
        INSERT INTO other.addresses VALUES ('Eve@example.com', 'x')""")
    return target_db


def home_of(target, extension):
    return target.value("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = %s", (extension,))


def survived(source, target):
    assert home_of(target, "citext") == home_of(target, "pgcrypto") == "app"
    eve = "SELECT email::text FROM other.addresses WHERE email OPERATOR(app.=) 'EVE@EXAMPLE.COM'::app.citext"
    assert target.column(eve) == ["Eve@example.com"]
    assert target.value("SELECT length(app.crypt('secret', app.gen_salt('md5')))") == 34
    assert target.value(
        "SELECT count(*) FROM app.people WHERE email OPERATOR(app.=) 'ANN@example.COM'::app.citext"
    ) == 1  # fmt: skip
    assert read_schema(target, "app")["rows"] == read_schema(source, "app")["rows"]
    assert len(read_schema(target, "app")["indexes"]) == 4
    assert beside(target) == []


def test_extensions_in_the_target_schema(source, target):
    results = [copy(source, target) for _ in range(3)]

    survived(source, target)
    assert [messages(result) for result in results] == [[], [], []]


def test_an_extension_that_can_not_be_moved(source, target):
    """postgis and others are like that: then the tables move, not the schemas."""
    target.execute("UPDATE pg_extension SET extrelocatable = false WHERE extname = 'citext'")

    results = [copy(source, target) for _ in range(3)]

    survived(source, target)
    assert [messages(result) for result in results] == [[], [], []]


def test_an_extension_of_another_role(source, target, hostile_role):
    """As on managed servers, where the provider installs them: the runner owns the schema and its tables only."""
    role = hostile_role(target)
    target.execute(f"GRANT CREATE ON DATABASE {target.name} TO {role.name}; ALTER SCHEMA app OWNER TO {role.name}")

    results = [copy(source, target.url_as(role)) for _ in range(3)]

    survived(source, target)
    assert [messages(result) for result in results] == [[], [], []]


def test_an_extension_in_public_and_public_replaced(source, target_db):
    """The commonest of all: everything in public."""
    target_db.require_extension("citext")

    for _ in range(2):
        copy(source, target_db, into="public")

    assert home_of(target_db, "citext") == "public"
    assert read_schema(target_db, "public")["rows"] == read_schema(source, "app")["rows"]
    assert beside(target_db) == []


def test_an_extension_that_the_target_lacks(source, target_db):
    with pytest.raises(Exception, match='CREATE EXTENSION "citext"'):
        copy(source, target_db)


def test_tables_of_an_extension_are_not_copied(source_db, target_db):
    """Extensions bring tables of their own, such as postgis its spatial_ref_sys."""
    source_db.require_extension("citext")
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int); CREATE TABLE app.theirs (id int);
        ALTER EXTENSION citext ADD TABLE app.theirs""")

    result = copy(source_db, target_db)

    assert [table.table for table in result.tables] == ["app.things"]
