"""`mode: replace_tables`: the job's tables change places with the old ones, and everything else stays as it is."""

from __future__ import annotations

import pytest
from copying import beside, copy, job_of, messages
from replacing_tables import IN_SCHEMA, plan_of, refusal, replace

from judge import read_schema
from pg_xcopy import run_jobs
from pg_xcopy.errors import UsageError

SOURCE = """
    CREATE SCHEMA app;
    CREATE TYPE app.mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN app.short AS varchar(20) CHECK (VALUE <> '');
    CREATE FUNCTION app.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
    CREATE TABLE app.users (
        id serial PRIMARY KEY, name app.short NOT NULL UNIQUE, m app.mood DEFAULT 'ok', n int DEFAULT app.twice(2),
        CHECK (app.twice(id) > 0));
    CREATE TABLE app.orders (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, buyer int NOT NULL REFERENCES app.users, total numeric);
    CREATE INDEX orders_by_total ON app.orders (total);
    CREATE TABLE app.unrelated (id int);
    INSERT INTO app.users (name) SELECT 'user ' || n FROM generate_series(1, 200) AS n;
    INSERT INTO app.orders (buyer, total) SELECT n, n FROM generate_series(1, 200) AS n;
"""


@pytest.fixture
def source(source_db):
    source_db.execute(SOURCE)
    return source_db


@pytest.fixture
def target(source, target_db):
    """A target that has the source's tables, and things of its own beside them."""
    copy(source, target_db)
    target_db.execute("""
        DROP TABLE app.unrelated;
        DELETE FROM app.orders WHERE id > 10; DELETE FROM app.users WHERE id > 10;
        CREATE TABLE app.own (id int PRIMARY KEY, m app.mood, note text);
        CREATE VIEW app.notes AS SELECT note FROM app.own;
        CREATE MATERIALIZED VIEW app.counted AS SELECT count(*) FROM app.own;
        CREATE FUNCTION app.own_too() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM app.users';
        CREATE SEQUENCE app.numbers; CREATE TYPE app.place AS (x int, y int);
        INSERT INTO app.own VALUES (1, 'sad', 'kept')""")
    return target_db


def kept(target, *but):
    """What is in the schema apart from these tables and what belongs to them."""
    return [row for row in target.rows(IN_SCHEMA) if not any(name in row[0] for name in but)]


def without_oids(target):
    return [(name, *rest) for name, _, *rest in target.rows(IN_SCHEMA)]


def same_tables(source, target, *tables):
    found, wanted = read_schema(target, "app"), read_schema(source, "app")
    for what in ("tables", "columns", "constraints", "indexes"):
        of = [[row for row in each[what] if row[0] in tables] for each in (found, wanted)]
        assert of[0] == of[1]
    assert {name: found["rows"][name] for name in tables} == {name: wanted["rows"][name] for name in tables}
    return True


# --- What changes and what stays


def test_only_the_tables_of_the_job_are_replaced(source, target):
    stays = kept(target, "users", "orders")

    first = replace(source, target, "users", "orders")
    once = without_oids(target)
    again = replace(source, target, "users", "orders")

    assert [messages(first), messages(again)] == [[], []]
    assert same_tables(source, target, "users", "orders")
    assert kept(target, "users", "orders") == stays
    assert without_oids(target) == once
    assert target.rows("SELECT * FROM app.own") == [(1, "sad", "kept")]
    assert target.value("SELECT app.own_too()") == 200
    assert beside(target) == []


def test_one_table_of_two_that_refer_to_each_other(source, target):
    """The other's foreign key is made again for the new table, and its rows still have to hold it."""
    target.execute("COMMENT ON CONSTRAINT orders_buyer_fkey ON app.orders IS 'who pays'")
    orders = target.rows("SELECT * FROM app.orders ORDER BY id")

    for _ in range(2):
        assert messages(replace(source, target, "users")) == []

    assert target.value("SELECT count(*) FROM app.users") == 200
    assert target.rows("SELECT * FROM app.orders ORDER BY id") == orders
    assert target.rows("""
        SELECT conname, convalidated, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')
        FROM pg_constraint WHERE conrelid = 'app.orders'::regclass AND contype = 'f'""") == [
        ("orders_buyer_fkey", True, "FOREIGN KEY (buyer) REFERENCES app.users(id)", "who pays")
    ]
    with pytest.raises(Exception, match="orders_buyer_fkey"):
        target.execute("INSERT INTO app.orders (buyer) VALUES (1000)")


def test_the_other_of_the_two(source, target):
    """Its foreign key is to a table that stays; there, nobody is bound by the table that has gone."""
    for _ in range(2):
        assert messages(replace(source, target, "orders", tables={"orders": {"where": "buyer <= 10"}})) == []

    assert target.value("SELECT count(*) FROM app.orders") == 10
    assert target.value("SELECT count(*) FROM pg_constraint WHERE confrelid = 'app.users'::regclass") == 1
    with pytest.raises(Exception, match="orders_buyer_fkey"):
        target.execute("DELETE FROM app.users WHERE id = 5")


def test_rows_that_break_a_foreign_key_to_a_table_that_stays(source, target):
    result = replace(source, target, "orders")

    assert messages(result) == [
        "app.orders.orders_buyer_fkey: constraint left out: FOREIGN KEY (buyer) REFERENCES users(id):"
        " rows refer to others that were not copied, or that a transform changed"
    ]
    assert target.value("SELECT count(*) FROM app.orders") == 200


def test_foreign_keys_to_what_the_target_lacks(source, target):
    source.execute("""
        CREATE TABLE app.lists (id int PRIMARY KEY, code int);
        ALTER TABLE app.orders ADD list int REFERENCES app.lists, ADD own int""")
    target.execute("CREATE TABLE app.keyless (id int)")
    source.execute(
        "CREATE TABLE app.keyless (id int PRIMARY KEY); ALTER TABLE app.orders ADD k int REFERENCES app.keyless"
    )

    result = replace(source, target, tables={"orders": {"where": "buyer <= 10"}})

    assert messages(result) == [
        "app.orders.orders_list_fkey: constraint left out: foreign key: it refers to lists, which is not copied,"
        " and which the target lacks",
        "app.orders.orders_k_fkey: constraint left out: FOREIGN KEY (k) REFERENCES keyless(id):"
        " the key that it refers to is not there",
    ]


def test_a_table_that_is_new_and_a_schema_that_is_new(source, target, new_database):
    stays = kept(target)

    replace(source, target, "unrelated")

    assert kept(target, "unrelated") == stays
    fresh = new_database(target.server)
    for _ in range(2):
        assert messages(replace(source, fresh, "users", "orders")) == []
    assert same_tables(source, fresh, "users", "orders")
    assert beside(fresh) == beside(target) == []


def test_a_pattern_brings_what_tables_need_and_nothing_else(source, target_db):
    source.execute("CREATE SEQUENCE app.idle; CREATE TYPE app.idle_too AS ENUM ('x')")
    target_db.execute("CREATE SCHEMA app")

    replace(source, target_db)

    assert target_db.column("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'S'"
                            " ORDER BY 1") == ["orders_id_seq", "users_id_seq"]  # fmt: skip
    assert target_db.column(
        "SELECT typname FROM pg_type WHERE typnamespace = 'app'::regnamespace AND typtype = 'e'"
    ) == ["mood"]


def test_into_a_schema_of_another_name(source, target_db):
    """Where functions name the schema in their text, too."""
    source.execute("""
        CREATE FUNCTION app.thrice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT app.twice($1) + $1';
        CREATE FUNCTION app.limit_of(int) RETURNS int LANGUAGE plpgsql IMMUTABLE SET search_path = app
            AS 'BEGIN RETURN (SELECT max(n) FROM app.limits); END';
        CREATE TABLE app.limits (n int);
        CREATE TABLE app.tripled (
            id int CHECK (id < app.limit_of(1)), t int GENERATED ALWAYS AS (app.thrice(id)) STORED);
        INSERT INTO app.tripled VALUES (1), (2), (5)""")
    target_db.execute("CREATE SCHEMA other; CREATE TABLE other.limits AS SELECT 9 AS n")
    source.execute("INSERT INTO app.limits VALUES (1000)")

    results = [replace(source, target_db, "tripled", "users", into="other") for _ in range(3)]

    assert [messages(result) for result in results] == [[], [], []]
    assert target_db.rows("SELECT id, t FROM other.tripled ORDER BY 1") == [(1, 3), (2, 6), (5, 15)]
    assert target_db.column("SELECT proname FROM pg_proc WHERE pronamespace = 'other'::regnamespace ORDER BY 1") == [
        "limit_of", "thrice", "twice",
    ]  # fmt: skip
    with pytest.raises(Exception, match="tripled_id_check"):
        target_db.execute("INSERT INTO other.tripled VALUES (9)")


def test_names_as_hostile_as_they_may_be(source_db, target_db):
    for database in (source_db, target_db):
        database.execute("""
            CREATE SCHEMA "My ""App"; SET search_path = "My ""App";
            CREATE TYPE "Mood %s 'x'" AS ENUM ('it''s', '\\');
            CREATE TABLE "the ""Things" ("a %""1" serial PRIMARY KEY, "Mood" "Mood %s 'x'" DEFAULT '\\');
            CREATE TABLE "kept; 'x'" (id int, "to" int CONSTRAINT "fk ""1'" REFERENCES "the ""Things");
            CREATE VIEW "v ""iew" WITH (security_barrier) AS
                SELECT "a %""1" AS "x ""y", '%s "q"' AS z FROM "the ""Things";
            INSERT INTO "the ""Things" DEFAULT VALUES; INSERT INTO "kept; 'x'" VALUES (1, 1)""")
    source_db.execute("""INSERT INTO "My ""App"."the ""Things" DEFAULT VALUES""")

    for _ in range(2):
        assert messages(replace(source_db, target_db, 'the "Things', schema='My "App')) == []

    assert target_db.rows("""SELECT * FROM "My ""App"."v ""iew" ORDER BY 1""") == [(1, '%s "q"'), (2, '%s "q"')]
    assert beside(target_db) == []


# --- Partitions and heirs


def test_partitioned_tables_leave_and_come_as_a_whole(source, target):
    source.execute("""
        CREATE TABLE app.logs (id int, at date, buyer int REFERENCES app.users, PRIMARY KEY (id, at))
            PARTITION BY RANGE (at);
        CREATE TABLE app.logs_1 PARTITION OF app.logs FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        CREATE TABLE app.logs_2 PARTITION OF app.logs FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
        INSERT INTO app.logs VALUES (1, '2024-01-05', 1), (2, '2024-02-05', 2)""")
    replace(source, target, "logs")
    target.execute("""
        CREATE TABLE app.refers (id int, at date, CONSTRAINT to_logs FOREIGN KEY (id, at) REFERENCES app.logs);
        INSERT INTO app.refers VALUES (2, '2024-02-05');
        CREATE VIEW app.recent AS SELECT id FROM app.logs WHERE at > '2024-01-31'""")
    source.execute("""
        DROP TABLE app.logs_1;
        CREATE TABLE app.logs_3 PARTITION OF app.logs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
        INSERT INTO app.logs VALUES (3, '2024-03-05', 3)""")

    first, again = (replace(source, target, "logs") for _ in range(2))

    assert messages(first) == [
        "table app.logs_1: dropped with the old table: it is a partition of app.logs in the target only"
    ]
    assert messages(again) == []
    assert target.column("SELECT id FROM app.recent ORDER BY 1") == [2, 3]
    assert target.value("SELECT to_regclass('app.logs_1')") is None
    with pytest.raises(Exception, match="to_logs"):
        target.execute("INSERT INTO app.refers VALUES (9, '2024-02-05')")


def test_a_plain_table_takes_the_place_of_a_partitioned_one(source, target_db):
    target_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.unrelated (id int) PARTITION BY LIST (id);
        CREATE TABLE app.deeper PARTITION OF app.unrelated DEFAULT PARTITION BY LIST (id);
        CREATE TABLE app.deepest PARTITION OF app.deeper DEFAULT""")

    result = replace(source, target_db, "unrelated")

    assert [each.split(":")[0] for each in messages(result)] == ["table app.deeper", "table app.deepest"]
    assert target_db.rows("SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'app'::regnamespace") == [
        ("unrelated", "r")
    ]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("CREATE TABLE app.root (id int) PARTITION BY LIST (id);"
         "CREATE TABLE app.unrelated PARTITION OF app.root DEFAULT", "a partition of app.root"),
        ("CREATE TABLE app.root (id int); CREATE TABLE app.unrelated () INHERITS (app.root)", "a child of app.root"),
    ],
)  # fmt: skip
def test_a_table_that_belongs_to_one_that_stays(source, target_db, sql, what):
    target_db.execute(f"CREATE SCHEMA app; {sql}")

    for cascade in (False, True):
        assert refusal(source, target_db, "unrelated", cascade=cascade) == (
            f"app.unrelated: in the target it is {what}, which stays and would lose its rows"
            " (let the job bring that table too, or take this one from it first)",
        )


# --- What is lost with the old tables


def test_what_only_the_old_tables_had_is_named(source, target):
    target.execute("""
        ALTER TABLE app.users ADD own int, ADD CONSTRAINT mine CHECK (own > 0);
        CREATE INDEX own_index ON app.users (own);
        CREATE STATISTICS app.own_statistics ON id, own FROM app.users;
        CREATE FUNCTION app.watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER watcher BEFORE INSERT ON app.users FOR EACH ROW EXECUTE FUNCTION app.watch();
        CREATE TRIGGER stays BEFORE INSERT ON app.own FOR EACH ROW EXECUTE FUNCTION app.watch();
        CREATE POLICY mine ON app.users USING (true);
        CREATE RULE quiet AS ON DELETE TO app.users DO INSTEAD NOTHING""")

    plan = plan_of(source, target, "users")
    first, again = (replace(source, target, "users") for _ in range(2))

    has = "dropped with the old table: app.users has it in the target only"
    assert messages(first) == [
        f"column app.users.own: {has}",
        f"constraint app.users.mine: {has}",
        f"index app.users.own_index: {has}",
        f"statistics object app.users.own_statistics: {has}",
        "policy mine on table app.users: dropped with the old table: the copy brings no policies",
        "rule quiet on table app.users: dropped with the old table: the copy brings no rules",
        "trigger watcher on table app.users: dropped with the old table: the copy brings no triggers",
    ]
    assert plan.dropped == ("table app.users", *(each.split(": ")[0] for each in messages(first)))
    assert messages(again) == []
    assert target.column("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == ["stays"]


# --- Several jobs for one schema


def test_two_jobs_with_tables_of_their_own_run_after_each_other(source, target):
    jobs = {
        "a": job_of(source, target, {"users": {}}, mode="replace_tables"),
        "b": job_of(source, target, {"*": {}}, mode="replace_tables", exclude=["users", "unrelated"]),
    }

    results = run_jobs("*", jobs)

    assert [[table.table for table in result.tables] for result in results] == [["app.users"], ["app.orders"]]
    assert same_tables(source, target, "users", "orders")


def test_two_jobs_that_may_share_a_table_do_not(source, target):
    jobs = {
        "a": job_of(source, target, {"users": {}}, mode="replace_tables"),
        "b": job_of(source, target, {"u*": {}}, mode="replace_tables"),
    }

    with pytest.raises(UsageError, match="job b would replace users in schema app, which job a has filled just before"):
        run_jobs("*", jobs)
