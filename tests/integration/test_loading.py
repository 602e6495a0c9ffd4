"""How rows arrive: in parts, frozen, compressed, at a pace, over few connections; keys validated beside each other."""

from __future__ import annotations

import pytest
from copying import Clock, beside, copy, job_of, messages

from judge import read_schema
from pg_xcopy import plan_job
from pg_xcopy.planning.integrity import foreign_keys
from pg_xcopy.planning.rows import shape

MEGABYTE = 1_000_000


@pytest.fixture
def things(source_db):
    """A table of some hundred blocks, with a hole in the middle, values in TOAST, and one that refers to it."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int PRIMARY KEY, body text, long text);
        INSERT INTO app.things
        SELECT n, repeat(md5(n::text), 8), CASE WHEN n % 500 = 0 THEN repeat(md5(n::text), 4000) END
        FROM generate_series(1, 20000) AS n;
        DELETE FROM app.things WHERE id BETWEEN 5000 AND 9000;
        CREATE INDEX by_body ON app.things (md5(body));
        CREATE TABLE app.uses (thing int REFERENCES app.things, n int);
        INSERT INTO app.uses SELECT n, n FROM generate_series(10000, 12000) AS n;
        ANALYZE""")
    return source_db


# --- Parts


@pytest.mark.parametrize("chosen", ["binary", "text"])
def test_a_table_in_parts(things, target_db, monkeypatch, chosen):
    if things.server.major < 14:
        pytest.skip("ranges of ctid are read without the rest of the table from PostgreSQL 14 on")
    monkeypatch.setattr(shape, "PART_BYTES", 256 * 1024)
    job = job_of(things, target_db, parallel=3, format=chosen)
    parts = {each.source.name: len(each.copy_to) for each in plan_job(job).copies}

    results = [copy(things, target_db, parallel=3, format=chosen) for _ in range(2)]

    assert parts == {"things": 6, "uses": 1}
    assert read_schema(target_db, "app") == read_schema(things, "app")
    assert {each.table: each.rows for each in results[1].tables} == {"app.things": 15_999, "app.uses": 2001}
    assert beside(target_db) == []


def test_rows_that_move_while_parts_are_copied(things, target_db, monkeypatch):
    """An update moves a row to another block, maybe one of another part; the snapshot shows it once."""
    if things.server.major < 14:
        pytest.skip("ranges of ctid are read without the rest of the table from PostgreSQL 14 on")
    monkeypatch.setattr(shape, "PART_BYTES", 64 * 1024)

    def move(event):
        if type(event).__name__ == "TableStarted" and event.table == "app.things":
            things.execute(
                "UPDATE app.things SET body = body || 'x'; INSERT INTO app.things SELECT generate_series(-500, -1)"
            )

    before = things.rows("SELECT id, md5(body) FROM app.things ORDER BY id")
    copy(things, target_db, observer=move, parallel=2)

    assert target_db.rows("SELECT id, md5(body) FROM app.things ORDER BY id") == before


# --- What the target's work comes to


def test_rows_arrive_frozen(things, target_db):
    if target_db.server.major < 14:
        pytest.skip("COPY FREEZE marks pages as all-visible from PostgreSQL 14 on")

    copy(things, target_db, parallel=1)

    # Not all: since PostgreSQL 16 a table grows by several blocks at once, and the last of them are empty.
    visible = (
        "SELECT relname, relallvisible > relpages * 0.8 FROM pg_class WHERE relname IN ('things', 'uses') ORDER BY 1"
    )
    assert target_db.rows(visible) == [("things", True), ("uses", True)]


@pytest.mark.parametrize(("setting", "method"), [("auto", "lz4"), ("server", "pglz")])
def test_large_values_are_compressed_with_lz4_where_nothing_else_is_said(server_of, new_database, setting, method):
    source, target = new_database(server_of(15)), new_database(server_of(15, "b"))
    if "lz4" not in target.value("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"):
        pytest.skip("this server was built without lz4")
    source.execute("""
        CREATE SCHEMA app; CREATE TABLE app.t (free text, said text COMPRESSION pglz);
        INSERT INTO app.t VALUES (repeat('a', 100000), repeat('b', 100000))""")

    copy(source, target, toast_compression=setting)

    assert target.rows("SELECT pg_column_compression(free), pg_column_compression(said) FROM app.t") == [
        (method, "pglz")
    ]


@pytest.mark.parametrize(("analyze", "analyzed"), [(True, ["by_body", "things", "uses"]), (False, [])])
def test_statistics_are_gathered_unless_autovacuum_is_to_do_it(things, target_db, analyze, analyzed):
    copy(things, target_db, analyze=analyze)

    known = "SELECT DISTINCT tablename::text FROM pg_stats WHERE schemaname = 'app' ORDER BY 1"
    assert target_db.column(known) == analyzed


def test_the_seconds_of_a_table_are_its_own(source_db, target_db):
    """Small tables share a transaction, the larger first; one that is slow makes no other slow."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.quick AS SELECT n FROM generate_series(1, 2000) AS n;
        CREATE TABLE app.slow AS SELECT 1 AS n""")
    tables = {"quick": None, "slow": {"transform": {"n": "n + CASE WHEN pg_sleep(1) IS NULL THEN 1 ELSE 0 END"}}}

    seconds = {each.table: each.seconds for each in copy(source_db, target_db, tables=tables, parallel=1).tables}

    assert seconds["app.slow"] >= 1 > seconds["app.quick"]


# --- Limits


def test_a_pace(things, target_db):
    size = copy(things, target_db, format="text").bytes

    with Clock() as clock:
        result = copy(things, target_db, format="text", max_rate=f"{size // 2}B/s")

    assert result.bytes == size
    assert clock.seconds > 1.8


def test_two_connections_on_either_side_are_enough(things, target_db, hostile_role):
    grants = ["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app"]
    reader = hostile_role(things, grant=grants)
    writer = hostile_role(target_db, grant=[f"CREATE ON DATABASE {target_db.name}"])
    things.execute(f"ALTER ROLE {reader.name} CONNECTION LIMIT 2")
    target_db.execute(f"ALTER ROLE {writer.name} CONNECTION LIMIT 2")
    limits = {"max_source_connections": 2, "max_target_connections": 2, "parallel": 8}

    result = copy(things.url_as(reader), target_db.url_as(writer), **limits)

    assert result.rows == 18_000


def test_few_readers_and_many_writers(things, target_db, hostile_role):
    reader = hostile_role(things, grant=["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app"])
    things.execute(f"ALTER ROLE {reader.name} CONNECTION LIMIT 2")

    result = copy(things.url_as(reader), target_db, max_source_connections=2, parallel=4)

    assert result.rows == 18_000


# --- Foreign keys of large tables


def test_keys_are_validated_apart(things, target_db, monkeypatch):
    monkeypatch.setattr(foreign_keys, "LARGE", 1)

    result = copy(things, target_db, parallel=2)

    assert messages(result) == []
    assert read_schema(target_db, "app") == read_schema(things, "app")
    assert target_db.column("SELECT convalidated FROM pg_constraint WHERE contype = 'f'") == [True]


def test_a_key_that_does_not_hold_is_taken_away_again(things, target_db, monkeypatch):
    monkeypatch.setattr(foreign_keys, "LARGE", 1)

    result = copy(things, target_db, {"things": {"where": "id <> 11000"}, "uses": {}})

    assert messages(result) == [
        "app.uses.uses_thing_fkey: constraint left out: FOREIGN KEY (thing) REFERENCES things(id):"
        " rows refer to others that were not copied, or that a transform changed"
    ]
    assert target_db.column("SELECT conname FROM pg_constraint WHERE contype = 'f'") == []
