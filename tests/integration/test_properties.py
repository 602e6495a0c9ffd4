"""What a table has beside columns, keys and indexes arrives too; what a server can't hold is said in the plan."""

from __future__ import annotations

import pytest
from copying import copy, messages, properties_of

from judge import read_schema
from pg_xcopy.errors import PlanError
from properties import read_properties


@pytest.fixture(params=[12, 13, 14, 15, 16, 17, 18])
def rich(request, source_db, target_db):
    """A schema full of properties: all that PostgreSQL 12 has, or what a later version brought."""
    if source_db.server.major < request.param:
        pytest.skip(f"needs PostgreSQL {request.param}, the newest here is {source_db.server.major}")
    for database in (source_db, target_db):
        database.require_extension("btree_gist")
    source_db.execute(f"CREATE SCHEMA app; {properties_of(request.param)}")
    return source_db


@pytest.mark.parametrize("into", ["app", "copied"])
def test_all_of_it_arrives_and_stays(rich, target_db, into):
    original = {**read_schema(rich, "app"), **read_properties(rich, "app")}

    for _ in range(2):
        result = copy(rich, target_db, into=into)

        assert {**read_schema(target_db, into), **read_properties(target_db, into)} == original
        assert messages(result) == []


def test_what_needs_a_column_that_is_left_out_goes_with_a_word(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.t (a int, b int, c int);
        CREATE STATISTICS app.ab ON a, b FROM app.t;
        CREATE STATISTICS app.bc ON b, c FROM app.t;
        COMMENT ON COLUMN app.t.a IS 'gone';
        COMMENT ON COLUMN app.t.b IS 'stays'""")

    result = copy(source_db, target_db, {"t": {"transform": {"a": None}}})

    found = read_properties(target_db, "app")
    assert messages(result) == ["app.t.ab: property left out: these statistics need a, which is left out"]
    assert [name for name, *_ in found["statistics"]] == ["bc"]
    assert [text for *_, text in found["comments"]] == ["stays"]


@pytest.fixture
def shared(source_db):
    source_db.require_extension("citext")
    source_db.execute("""
        CREATE SCHEMA shared; CREATE SCHEMA app;
        CREATE TYPE shared.kind AS ENUM ('a', 'b');
        CREATE DOMAIN shared.code AS shared.kind;
        CREATE TABLE shared.countries (id int PRIMARY KEY);
        INSERT INTO shared.countries VALUES (1);
        CREATE TABLE app.t (k shared.code, ks shared.kind[], mail citext, country int REFERENCES shared.countries);
        INSERT INTO app.t VALUES ('a', '{a,b}', 'X@y', 1)""")
    return source_db


def test_types_that_the_target_lacks_are_named_before_anything_is_done(shared, target_db):
    with pytest.raises(PlanError) as caught:
        copy(shared, target_db)

    assert caught.value.reasons == (
        "app.t.mail: it needs extension citext, which the target lacks"
        ' (set `create_missing: true`, or ask for: CREATE EXTENSION "citext")',
        "shared.kind: this type lives outside the copied schema, the copied columns need it, and the target lacks it"
        " (set `create_missing: true`, or create it there first)",
        "shared.code: this type lives outside the copied schema, the copied columns need it, and the target lacks it"
        " (set `create_missing: true`, or create it there first)",
    )


def test_types_that_the_target_lacks_are_created_on_request(shared, target_db):
    result = copy(shared, target_db, create_missing=True)

    assert target_db.rows("SELECT k::text, ks::text, mail::text, country FROM app.t") == [("a", "{a,b}", "X@y", 1)]
    assert messages(result) == [
        "extension citext: created outside the schema: in schema public",
        "shared.kind: created outside the schema: the copied columns need this type",
        "shared.code: created outside the schema: the copied columns need this type",
        "app.t.t_country_fkey: constraint left out: foreign key: it refers to shared.countries, which the target lacks",
    ]
    assert messages(copy(shared, target_db, create_missing=True)) == [messages(result)[-1]]


def test_a_foreign_key_to_a_table_elsewhere_holds_where_the_target_has_it(shared, target_db):
    target_db.execute(
        "CREATE SCHEMA shared; CREATE TABLE shared.countries (id int PRIMARY KEY);"
        "INSERT INTO shared.countries VALUES (1)"
    )

    copy(shared, target_db, create_missing=True)

    assert target_db.column(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'app.t'::regclass AND contype = 'f'"
    ) == ["t_country_fkey"]


def test_row_level_security_may_be_allowed(source_db, target_db, hostile_role):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.t (who text);
        INSERT INTO app.t VALUES ('me'), ('you');
        ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON app.t USING (who = 'me')""")
    role = hostile_role(source_db, grant=["USAGE ON SCHEMA app", "SELECT ON app.t"])

    with pytest.raises(PlanError, match="row-level security would hide rows"):
        copy(source_db.url_as(role), target_db)
    result = copy(source_db.url_as(role), target_db, allow_row_security=True)

    assert target_db.column("SELECT who FROM app.t") == ["me"]
    assert messages(result) == [
        "app.t: property left out: its row-level security (1 policy) is not copied",
        "app.t: partial: row-level security decides which of its rows are copied",
    ]


def test_what_an_older_target_does_not_know_is_said_in_the_plan(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(12))
    source.execute("""
        CREATE SCHEMA app;
        CREATE FUNCTION app.f(i int) RETURNS int LANGUAGE sql IMMUTABLE RETURN i + 1;
        CREATE TABLE app.t (a int UNIQUE NULLS NOT DISTINCT, v int GENERATED ALWAYS AS (a * 2) VIRTUAL,
                            CHECK (app.f(a) > 0), CONSTRAINT late CHECK (a > 0) NOT ENFORCED)""")

    with pytest.raises(PlanError) as caught:
        copy(source, target)

    assert caught.value.reasons == (
        "app.t.v: it is a virtual generated column, which the target does not know before PostgreSQL 18"
        " (give it a `transform`, or null to leave it out)",
    )

    result = copy(source, target, {"t": {"transform": {"v": None}}})

    assert messages(result) == [
        f"app.t.{name}: constraint left out: {reason}"
        for name, reason in (
            ("t_a_key", "unique constraint: NULLS NOT DISTINCT needs PostgreSQL 15, the target is 12"),
            ("late", "check: NOT ENFORCED needs PostgreSQL 18, the target is 12"),
            ("t_a_check", "check: it needs function f, whose body in standard SQL needs PostgreSQL 14"),
        )
    ]


def test_compression_that_the_target_was_not_built_with(server_of, new_database):
    """Debian's server has lz4, the ones from npm have not."""
    source, target = new_database(server_of(15)), new_database(server_of(18))
    methods = "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
    if "lz4" not in source.value(methods) or "lz4" in target.value(methods):
        pytest.skip("takes one server with lz4 and one without")
    source.execute("CREATE SCHEMA app; CREATE TABLE app.t (a text COMPRESSION lz4, b text COMPRESSION pglz)")

    result = copy(source, target)

    assert messages(result) == [
        "app.t.a: property left out: COMPRESSION lz4, which the target's server does not know",
    ]
    compressions = "SELECT attname, attcompression FROM pg_attribute WHERE attrelid = 'app.t'::regclass AND attnum > 0"
    assert sorted(target.rows(compressions)) == [("a", ""), ("b", "p")]


def test_a_default_that_an_older_target_can_not_compute_is_left_out(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(12))
    source.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.t (id serial, at timestamptz DEFAULT now(), u uuid DEFAULT uuidv7(), n int DEFAULT (1 + 2));
        INSERT INTO app.t DEFAULT VALUES""")

    result = copy(source, target)

    assert messages(result) == ["app.t.u: default left out: function uuidv7() does not exist"]
    defaults = target.rows("""
        SELECT attname, pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute a ON attrelid = adrelid
               AND attnum = adnum WHERE adrelid = 'app.t'::regclass ORDER BY attnum""")
    assert defaults == [("id", "nextval('app.t_id_seq'::regclass)"), ("at", "now()"), ("n", "(1 + 2)")]
