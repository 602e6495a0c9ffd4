"""Constraints are replicated best-effort: one that can't hold is a warning that names it and says why, or a failure."""

from __future__ import annotations

from random import Random

import pytest
from copying import copy

from judge import read_schema
from pg_xcopy.errors import PlanError, StrictError


@pytest.fixture
def shop_like(source_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.customers (id int PRIMARY KEY, email text NOT NULL UNIQUE, phone text, active boolean,
            CONSTRAINT reachable CHECK (email <> '' OR phone <> ''));
        CREATE TABLE app.orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES app.customers,
            during int4range, room int, placed_by text REFERENCES app.customers (email),
            CONSTRAINT one_at_a_time EXCLUDE USING gist (during WITH &&));
        CREATE TABLE app.lines (customer_order int REFERENCES app.orders, no int, follows int,
            PRIMARY KEY (customer_order, no), FOREIGN KEY (customer_order, follows) REFERENCES app.lines);
        CREATE INDEX by_phone ON app.customers (phone) WHERE active;
        CREATE INDEX by_phone_length ON app.customers ((length(phone)));
        INSERT INTO app.customers SELECT n, 'c' || n, 'p' || n, true FROM generate_series(1, 20) AS n;
        INSERT INTO app.orders SELECT n, n, int4range(n, n + 1), n, 'c' || n FROM generate_series(1, 20) AS n;
        INSERT INTO app.lines SELECT n, 1, NULL FROM generate_series(1, 20) AS n;
        INSERT INTO app.lines SELECT n, 2, 1 FROM generate_series(1, 20) AS n""")
    return source_db


LOSSES = {
    "a filter took the row it refers to": (
        {"customers": {"where": {"id": {"lte": 10}}}},
        {
            "app.orders.orders_customer_fkey": "constraint left out",
            "app.orders.orders_placed_by_fkey": "constraint left out",
        },
    ),
    "a column is left out": (
        {"customers": {"transform": {"email": None, "phone": None}}},
        {
            "app.customers.customers_email_key": "constraint left out",
            "app.customers.reachable": "constraint left out",
            "app.customers.by_phone": "index left out",
            "app.customers.by_phone_length": "index left out",
            "app.orders.orders_placed_by_fkey": "constraint left out",
        },
    ),
    "values are no longer unique": (
        {"customers": {"transform": {"email": "'x'"}}},
        {
            "app.customers.customers_email_key": "constraint left out",
            "app.orders.orders_placed_by_fkey": "constraint left out",
        },
    ),
    "values are no longer there": (
        {"customers": {"transform": {"email": "nullif(id, 3)::text"}}, "orders": {"transform": {"placed_by": "NULL"}}},
        {"app.customers.email": "not null left out"},
    ),
    "a check fails": (
        {"customers": {"transform": {"email": "CASE WHEN id > 1 THEN email ELSE '' END", "phone": "''"}}},
        {"app.customers.reachable": "constraint left out", "app.orders.orders_placed_by_fkey": "constraint left out"},
    ),
    "rows exclude each other": (
        {"orders": {"transform": {"during": "'[1,100]'"}}},
        {"app.orders.one_at_a_time": "constraint left out"},
    ),
    "a key of several tables": (
        {"orders": {"transform": {"id": "id / 2"}}},
        {
            "app.orders.orders_pkey": "constraint left out",
            "app.lines.lines_customer_order_fkey": "constraint left out",
        },
    ),
    "a table is not copied": (
        {"exclude": ["customers"]},
        {
            "app.orders.orders_customer_fkey": "constraint left out",
            "app.orders.orders_placed_by_fkey": "constraint left out",
        },
    ),
}


def options_of(rules):
    exclude = rules.get("exclude", [])
    return {
        "tables": {"*": {}, **{name: rule for name, rule in rules.items() if name != "exclude"}},
        "exclude": exclude,
    }


@pytest.mark.parametrize(("rules", "losses"), LOSSES.values(), ids=LOSSES)
def test_what_can_not_hold_is_a_warning(shop_like, target_db, rules, losses):
    result = copy(shop_like, target_db, **options_of(rules))

    assert {warning.subject: warning.topic for warning in result.warnings} == losses
    assert all(warning.message for warning in result.warnings)
    assert "_xcopy" not in " ".join(warning.message for warning in result.warnings)
    original, found = read_schema(shop_like, "app"), read_schema(target_db, "app")
    names = {f"app.{row[0]}.{row[1]}" for row in (*original["constraints"], *original["indexes"])}
    kept = {f"app.{row[0]}.{row[1]}" for row in (*found["constraints"], *found["indexes"])}
    gone = {name for name in names - kept if not (rules.get("exclude") and name.startswith("app.customers."))}
    assert gone == {name for name in losses if name != "app.customers.email"}


@pytest.mark.parametrize(("rules", "losses"), LOSSES.values(), ids=LOSSES)
def test_in_a_strict_job_it_is_a_failure(shop_like, target_db, rules, losses):
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.orders AS SELECT 'old' AS id")

    with pytest.raises((StrictError, PlanError)) as caught:
        copy(shop_like, target_db, strict=True, **options_of(rules))

    assert any(subject in str(caught.value) for subject in losses)
    assert target_db.column("SELECT id FROM app.orders") == ["old"]


def test_a_strict_job_that_loses_nothing(shop_like, target_db):
    result = copy(shop_like, target_db, strict=True)

    assert result.warnings == ()
    assert read_schema(target_db, "app") == read_schema(shop_like, "app")


def test_constraints_that_do_not_hold_in_the_source(source_db, target_db):
    """NOT VALID keys and checks forbid nothing that is there; on the target they forbid nothing either."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.a (id int PRIMARY KEY); CREATE TABLE app.b (a int, n int);
        INSERT INTO app.b VALUES (7, -1);
        ALTER TABLE app.b ADD CONSTRAINT to_a FOREIGN KEY (a) REFERENCES app.a NOT VALID,
                          ADD CONSTRAINT positive CHECK (n > 0) NOT VALID""")

    result = copy(source_db, target_db, strict=True)

    assert result.warnings == ()
    assert read_schema(target_db, "app") == read_schema(source_db, "app")


def test_an_invalid_index_is_not_made_valid_in_silence(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.a (id int); INSERT INTO app.a VALUES (1), (1); CREATE INDEX i ON app.a (id);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.i'::regclass""")

    result = copy(source_db, target_db)

    assert [(warning.subject, warning.topic) for warning in result.warnings] == [("app.a.i", "index left out")]


# --- Partitions


@pytest.fixture
def parted(source_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.m (id int, at date, note text, PRIMARY KEY (id, at, note)) PARTITION BY RANGE (at);
        CREATE TABLE app.m_1 PARTITION OF app.m FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        CREATE TABLE app.m_2 PARTITION OF app.m FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')
            PARTITION BY LIST (note);
        CREATE TABLE app.m_2a PARTITION OF app.m_2 FOR VALUES IN ('a');
        CREATE TABLE app.m_2rest PARTITION OF app.m_2 DEFAULT;
        INSERT INTO app.m SELECT n, date '2024-01-01' + n % 60, (ARRAY['a', 'b'])[1 + n % 2]
        FROM generate_series(1, 600) AS n""")
    return source_db


def counts(database):
    return dict(database.rows("SELECT tableoid::regclass::text, count(*)::int FROM app.m GROUP BY 1 ORDER BY 1"))


def test_a_transformed_key_sends_rows_to_their_partitions(parted, target_db):
    transform = {"at": "CASE WHEN at < '2024-02-01' THEN at + 31 ELSE at - 31 END"}
    where = "at NOT IN ('2024-01-30', '2024-01-31')"

    copy(parted, target_db, {"m": {"where": where, "transform": transform}})

    expected = parted.rows(f"""
        SELECT CASE WHEN moved < '2024-02-01' THEN 'app.m_1' WHEN note = 'a' THEN 'app.m_2a' ELSE 'app.m_2rest' END,
               count(*)::int
        FROM (SELECT {transform["at"]} AS moved, note FROM app.m WHERE {where}) AS x GROUP BY 1 ORDER BY 1""")
    assert counts(target_db) == dict(expected)


def test_without_its_key_it_is_a_plain_table(parted, target_db):
    result = copy(parted, target_db, {"m": {"transform": {"at": None}}})

    assert counts(target_db) == {"app.m": 600}
    assert [name for name, *_ in read_schema(target_db, "app")["tables"]] == ["m"]
    assert "partitioning left out" in [warning.topic for warning in result.warnings]


def test_without_the_key_of_a_branch(parted, target_db):
    copy(parted, target_db, {"m": {"transform": {"note": None}}})

    assert sum(counts(target_db).values()) == 600
    assert set(counts(target_db)) == {"app.m_1", "app.m_2"}


def test_a_partition_is_excluded(parted, target_db):
    copy(parted, target_db, exclude=["m_2"])

    assert set(counts(target_db)) == {"app.m_1"}


def test_a_partition_by_itself(parted, target_db):
    copy(parted, target_db, {"m_2": {"where": {"note": "a"}}})

    assert [row[:2] for row in read_schema(target_db, "app")["tables"]] == [
        ("m_2", "p"),
        ("m_2a", "r"),
        ("m_2rest", "r"),
    ]
    assert target_db.value("SELECT count(*) FROM app.m_2") == parted.value("SELECT count(*) FROM app.m_2a")


def test_a_filter_reaches_all_partitions(parted, target_db):
    copy(parted, target_db, {"m": {"where": {"id": {"lte": 100}}}})

    assert sum(counts(target_db).values()) == 100


def test_many_keys_are_added_without_deadlock(source_db, target_db):
    """Between tables, and hierarchies of which several keys lock different members, by four workers at once."""
    chosen = Random(4)
    tables = [f"t{n}" for n in range(150)]
    names = [*tables, "root", *(f"part{n}" for n in range(4))]
    created = [
        "CREATE SCHEMA app",
        "CREATE TABLE app.root (id int PRIMARY KEY) PARTITION BY LIST (id)",
        *(f"CREATE TABLE app.part{n} PARTITION OF app.root FOR VALUES IN ({n})" for n in range(4)),
        *(f"CREATE TABLE app.{name} (id int PRIMARY KEY)" for name in tables),
    ]
    added = [
        f"ALTER TABLE app.{name} ADD FOREIGN KEY (id) REFERENCES app.{to}"
        for name in tables
        for to in chosen.sample(names, 3)
    ]
    source_db.execute(";".join([*created, *added, "ALTER TABLE app.root ADD FOREIGN KEY (id) REFERENCES app.t0"]))

    result = copy(source_db, target_db, parallel=4)

    assert result.warnings == ()
    assert read_schema(target_db, "app")["constraints"] == read_schema(source_db, "app")["constraints"]
    assert target_db.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
