"""`replace_tables` while others read and write, and when it fails or is killed: old or new, never between."""

from __future__ import annotations

from contextlib import closing

import pytest
from clients import Client
from copying import Clock, beside, copy, in_background, job_of, messages, running, wait_until
from processes import started
from replacing_tables import IN_SCHEMA, replace

from judge import read_schema
from pg_xcopy.demo.servers import Server
from pg_xcopy.engine.replacing import swap
from pg_xcopy.errors import DatabaseError, PlanError, StrictError
from pg_xcopy.observe.events import Stage, StageStarted
from proxy import Faults, proxy
from servers import create_database

TABLES = """
    CREATE SCHEMA app;
    CREATE TYPE app.mood AS ENUM ('sad', 'ok');
    CREATE TABLE app.things (id int PRIMARY KEY, generation int NOT NULL, m app.mood DEFAULT 'ok');
    CREATE TABLE app.parts (id int PRIMARY KEY, thing int NOT NULL REFERENCES app.things, generation int NOT NULL);
    INSERT INTO app.things SELECT n, 1 FROM generate_series(1, 300) AS n;
    INSERT INTO app.parts SELECT n, n, 1 FROM generate_series(1, 300) AS n;
"""
OWN = """
    CREATE TABLE app.own (id serial PRIMARY KEY, thing int REFERENCES app.things, m app.mood);
    INSERT INTO app.own (thing) SELECT generate_series(1, 300);
    CREATE VIEW app.both AS
        SELECT count(*) AS n, min(t.generation) AS one, max(t.generation) AS two, min(p.generation) AS three
        FROM app.parts p JOIN app.things t ON t.id = p.thing;
"""
JOB = ("things", "parts")


@pytest.fixture
def source(source_db):
    source_db.execute(TABLES)
    return source_db


@pytest.fixture
def target(target_db):
    target_db.execute(TABLES + OWN)
    return target_db


def test_clients_see_the_old_or_the_new(source, target):
    """Through a view, in joins of either order, in prepared statements, and while they write to a table that stays."""
    joined = "SELECT count(*), min(t.generation), max(t.generation), min(p.generation) FROM"
    clients = [
        Client(
            target, 'SELECT n, one, two, three FROM app."both"', 'SELECT n, one, two, three FROM app."both" WHERE n > 0'
        ),
        Client(target, f"{joined} app.parts p JOIN app.things t ON t.id = p.thing"),
        Client(target, f"{joined} app.things t JOIN app.parts p ON t.id = p.thing"),
        Client(
            target, "EXECUTE known", prepare=f"PREPARE known AS {joined} app.things t, app.parts p WHERE t.id = p.thing"
        ),
        Client(target, "INSERT INTO app.own (thing) VALUES (7)", "DELETE FROM app.own WHERE id > 300 RETURNING 1"),
    ]
    for client in clients:
        client.start()
    try:
        for generation in range(2, 8):
            source.execute(
                f"UPDATE app.things SET generation = {generation}; UPDATE app.parts SET generation = {generation}"
            )
            assert messages(replace(source, target, *JOB)) == []
    finally:
        for client in clients:
            client.stopped.set()
            client.join()

    assert [client.errors for client in clients] == [[], [], [], [], []]
    for client in clients[:4]:
        assert client.seen <= {(300, *[generation] * 3) for generation in range(1, 8)}
    assert target.rows('SELECT * FROM app."both"') == [(300, 7, 7, 7)]


def test_a_long_reader_is_waited_for_and_nobody_waits_for_long_behind_it(source, target, monkeypatch):
    monkeypatch.setattr(swap, "PATIENCE", "200ms")
    monkeypatch.setattr(swap, "PAUSE", 0.1)
    monkeypatch.setattr(swap, "ATTEMPTS", 10_000)
    source.execute("UPDATE app.things SET generation = 2")
    with closing(target.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN; SELECT count(*) FROM app.parts")
        with in_background(lambda: replace(source, target, *JOB)) as run:
            wait_until(lambda: running(target, "%LOCK TABLE%"))
            for _ in range(20):
                with Clock() as clock:
                    assert target.value("SELECT min(generation) FROM app.things") == 1
                assert clock.seconds < 10
            assert not run.done()
            cursor.execute("COMMIT")
            assert messages(run.result(timeout=60)) == []
    assert target.value("SELECT min(generation) FROM app.things") == 2
    assert beside(target) == []


def test_a_reader_that_does_not_end_fails_the_job(source, target, monkeypatch):
    monkeypatch.setattr(swap, "PATIENCE", "50ms")
    monkeypatch.setattr(swap, "PAUSE", 0.05)
    monkeypatch.setattr(swap, "ATTEMPTS", 3)
    before = target.rows(IN_SCHEMA)
    with closing(target.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN; SELECT count(*) FROM app.own")

        with pytest.raises(DatabaseError, match=r"swapping schema app: .*lock timeout"):
            replace(source, target, *JOB)

        cursor.execute("COMMIT")
    assert target.rows(IN_SCHEMA) == before
    assert beside(target) == []


# --- Failures


def test_whoever_fails_at_whatever_stage_the_old_tables_are_whole(source, target):
    before, rows = target.rows(IN_SCHEMA), read_schema(target, "app")
    for stage in list(Stage)[: list(Stage).index(Stage.CLEAN)]:

        def fail(event, stage=stage):
            if isinstance(event, StageStarted) and event.stage is stage:
                raise LookupError(stage.value)

        with pytest.raises(LookupError):
            replace(source, target, *JOB, observer=fail)

        assert target.rows(IN_SCHEMA) == before
        assert read_schema(target, "app") == rows
        assert beside(target) == []


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"where": "nonsense"}, PlanError),
        ({"transform": {"generation": "1 / (id - 300)"}}, DatabaseError),
        ({"transform": {"id": "id / 2"}}, DatabaseError),
    ],
)
def test_after_a_failure_the_old_tables_are_whole(source, target, rule, error):
    """The last fails in the swap: the key that stays would refer to what is not unique any more."""
    before = target.rows(IN_SCHEMA)

    with pytest.raises(error):
        replace(source, target, tables={"things": rule})

    assert target.rows(IN_SCHEMA) == before
    assert beside(target) == []


def test_a_strict_job_loses_nothing(source, target):
    before = target.rows(IN_SCHEMA)
    source.execute(
        "ALTER TABLE app.parts DROP CONSTRAINT parts_thing_fkey; UPDATE app.parts SET thing = 1000 WHERE id = 9"
    )
    source.execute(
        "ALTER TABLE app.parts ADD CONSTRAINT parts_thing_fkey FOREIGN KEY (thing) REFERENCES app.things NOT VALID"
    )

    with pytest.raises(StrictError):
        replace(source, target, tables={"things": {"where": "id < 300"}}, strict=True)

    assert target.rows(IN_SCHEMA) == before


def test_what_fails_after_the_swap_is_a_warning(source, target):
    """A long reader of a retired table: the new ones are in place, the next run drops the old."""
    source.execute("UPDATE app.things SET generation = 2")
    blocker = target.connect()

    def hold(event):
        if isinstance(event, StageStarted) and event.stage is Stage.CLEAN:
            (retired,) = (name for name in beside(target) if "retired" in name)
            blocker.cursor().execute(f'BEGIN; SELECT count(*) FROM "{retired}".things')

    result = replace(source, target, *JOB, observer=hold)

    assert [each.topic for each in result.warnings] == ["left behind"]
    assert target.value("SELECT min(generation) FROM app.things") == 2
    blocker.close()
    assert messages(replace(source, target, *JOB)) == []
    assert beside(target) == []


@pytest.mark.parametrize("fate", ["lost", "undone"])
def test_a_commit_whose_answer_is_lost(source, target, fate):
    source.execute("UPDATE app.things SET generation = 2")
    moved = b'SET SCHEMA "app"'
    faults = Faults(after=moved, answer_to=b"COMMIT\0") if fate == "lost" else Faults(answer_to=moved)

    with proxy(target, faults) as behind:
        if fate == "lost":
            assert messages(replace(source, behind, *JOB)) == []
        else:
            with pytest.raises(DatabaseError, match="swapping schema app"):
                replace(source, behind, *JOB)

    assert target.value("SELECT min(generation) FROM app.things") == (2 if fate == "lost" else 1)
    assert beside(target) == []


def test_killed_in_the_middle(source, target):
    """What it left holds foreign keys to tables that stay, and types: no other job takes that for a reason."""
    slow = {"parts": {"transform": {"generation": "generation + CASE WHEN pg_sleep(0.02) IS NULL THEN 1 ELSE 0 END"}}}
    before, rows = target.rows(IN_SCHEMA), read_schema(target, "app")
    with started(job_of(source, target, slow, mode="replace_tables")) as run:
        wait_until(lambda: running(target, "COPY %"))
        run.kill()
        run.wait()
    wait_until(lambda: running(target) == [])
    (staging,) = beside(target)
    target.execute(f"""ALTER TABLE "{staging}".parts ADD FOREIGN KEY (thing) REFERENCES app.things""")
    assert target.rows(IN_SCHEMA) == before
    assert read_schema(target, "app") == rows

    assert messages(replace(source, target, "things")) == []

    assert beside(target) == []
    assert read_schema(target, "app")["rows"]["own"] == rows["rows"]["own"]


def test_what_a_dead_run_left_is_no_reason_against_a_replace(source, target_db):
    """It uses types of the schema that is about to be dropped, and refers to its tables."""
    target_db.execute(TABLES)
    staging = "_xcopy_staging_a172cedcae47_dead"
    mark = "pg-xcopy: staging schema for app; safe to drop when no run is under way"
    target_db.execute(f"""
        CREATE SCHEMA {staging}; COMMENT ON SCHEMA {staging} IS '{mark}';
        CREATE TABLE {staging}.parts (m app.mood, thing int REFERENCES app.things)""")

    assert messages(copy(source, target_db)) == []

    assert beside(target_db) == []


def test_many_tables_on_a_server_with_few_locks(source_db, installations):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.hub (id int PRIMARY KEY)")
    source_db.execute("""DO $$ BEGIN FOR n IN 1..100 LOOP
        EXECUTE format('CREATE TABLE app.t%s (id serial PRIMARY KEY, body text UNIQUE, hub int REFERENCES app.hub)', n);
    END LOOP; END $$""")
    few = {"max_locks_per_transaction": "32", "max_connections": "20", "max_prepared_transactions": "0"}
    with Server(installations[0], few) as server:
        target = create_database(server)
        target.execute("CREATE SCHEMA app; CREATE TABLE app.own (id int)")

        first, again = (replace(source_db, target) for _ in range(2))

        assert (len(first.tables), messages(first), messages(again)) == (101, [], [])
        assert beside(target) == []
        assert (
            target.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r'")
            == 102
        )
