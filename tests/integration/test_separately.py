"""`transaction: table`: each table in a transaction of its own, several at a time; what is done stays done."""

from __future__ import annotations

import json

import pytest
from copying import in_background, messages, running, terminate, wait_until
from filling import append, filling, plan_of, run, truncate, upsert
from processes import seconds_to_end, started

from pg_xcopy import run_job
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.job import execute
from pg_xcopy.errors import DatabaseError, PartlyDoneError, PlanError, TargetsFailedError, TimeUpError
from pg_xcopy.manifest.loader import parse_job
from pg_xcopy.observe.events import JobFailed, TableKept, TableStarted, ignore
from pg_xcopy.observe.verdicts import Verdicts
from proxy import Faults, proxy

NAP = "n + CASE WHEN pg_sleep(0.02) IS NULL THEN 1 ELSE 0 END"
SLOWLY = {"c": {"transform": {"n": NAP}}, "*": {}}


@pytest.fixture
def three(source_db, target_db):
    """Three tables, of which c refers to b, and b to a."""
    source_db.execute("""
        CREATE SCHEMA app; SET search_path = app;
        CREATE TABLE a (n int); CREATE TABLE b (n int); CREATE TABLE c (n int);
        INSERT INTO a SELECT generate_series(1, 500); INSERT INTO b SELECT generate_series(1, 500);
        INSERT INTO c SELECT generate_series(1, 500)""")
    target_db.execute("""
        CREATE SCHEMA app; SET search_path = app; CREATE TABLE a (n serial PRIMARY KEY);
        CREATE TABLE b (n int PRIMARY KEY REFERENCES a); CREATE TABLE c (n int PRIMARY KEY REFERENCES b)""")
    return source_db, target_db


def rows(target):
    return [target.value(f"SELECT count(*) FROM app.{table}") for table in "abc"]


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_parents_are_committed_before_what_refers_to_them(three, mode):
    source, target = three
    told = []

    result = run(mode, source, target, transaction="table", parallel=3, observer=told.append)

    order = [(type(each), getattr(each, "table", "")) for each in told if isinstance(each, TableKept | TableStarted)]
    assert order == [(kind, f"app.{table}") for table in "abc" for kind in (TableStarted, TableKept)]
    assert rows(target) == [500, 500, 500]
    assert [each.table for each in result.tables] == ["app.a", "app.b", "app.c"]
    assert target.value("SELECT nextval('app.a_n_seq')") == 501


def test_tables_that_do_not_refer_to_each_other_are_filled_at_the_same_time(source_db, target_db):
    for database in (source_db, target_db):
        database.execute("CREATE SCHEMA app; CREATE TABLE app.a (n int); CREATE TABLE app.b (n int)")
    for table in "ab":
        source_db.execute(f"INSERT INTO app.{table} SELECT generate_series(1, 300)")

    job = {"*": {"transform": {"n": NAP}}}
    with in_background(lambda: append(source_db, target_db, job, transaction="table", parallel=2)) as filled:
        wait_until(lambda: len(running(target_db, "%COPY%")) == 2)
        assert filled.result(timeout=60).rows == 600


def test_after_a_failure_the_tables_that_are_done_are_named(three):
    source, target = three
    source.execute("INSERT INTO app.c VALUES (1000)")
    told, verdicts = [], []
    watch = Verdicts(verdicts.append)

    with pytest.raises(PartlyDoneError) as caught:
        append(source, target, transaction="table", observer=lambda event: (told.append(event), watch(event)))

    said = str(caught.value)
    assert 'violates foreign key constraint "c_n_fkey"' in said
    assert " 2 of the job's 3 tables are filled and stay so: app.a, app.b." in said
    assert [(each.table, each.rows) for each in caught.value.done] == [("app.a", 500), ("app.b", 500)]
    assert rows(target) == [500, 500, 0]
    assert [each.message for each in told if isinstance(each, JobFailed)] == [said]
    assert [(each.table, each.outcome.value) for each in verdicts] == [
        ("app.a", "done"),
        ("app.b", "done"),
        ("app.c", "failed"),
    ]


def test_a_failure_in_the_first_table_is_an_error_as_any(three):
    source, target = three
    target.execute("INSERT INTO app.a VALUES (77)")

    with pytest.raises(DatabaseError, match='unique constraint "a_pkey", row 77'):
        append(source, target, transaction="table")

    assert rows(target) == [1, 0, 0]


def test_a_run_that_is_stopped_keeps_what_is_done(three):
    source, target = three
    with started(filling("append", source, target, SLOWLY, transaction="table")) as process:
        wait_until(lambda: running(target, '%COPY "app"."c"%'))
        process.terminate()

        assert seconds_to_end(process) < 15
    assert rows(target) == [500, 500, 0]


def test_a_run_whose_time_is_up_keeps_what_is_done(three):
    source, target = three
    job = parse_job(filling("append", source, target, SLOWLY, transaction="table"))
    with Sessions("pg-xcopy test") as sessions, in_background(lambda: execute(job, "r1", sessions, ignore)) as filled:
        wait_until(lambda: running(target, '%COPY "app"."c"%'))
        sessions.stop(TimeUpError("job", 8))
        with pytest.raises(PartlyDoneError) as caught:
            filled.result(timeout=60)

    assert str(caught.value) == (
        "job job was stopped: its time, 8 s, was up. 2 of the job's 3 tables are filled and stay so: app.a, app.b."
    )
    assert rows(target) == [500, 500, 0]


def test_a_session_that_is_ended(three):
    source, target = three
    with in_background(lambda: append(source, target, SLOWLY, transaction="table")) as run:
        wait_until(lambda: running(target, '%COPY "app"."c"%'))
        terminate(target, '%COPY "app"."c"%')
        with pytest.raises(PartlyDoneError, match="terminating connection"):
            run.result(timeout=60)

    assert rows(target) == [500, 500, 0]


def test_a_commit_whose_answer_is_lost(three):
    """One table only: after a failure a run sends cancel requests, which our proxy, a thread beside it, can't serve."""
    source, target = three

    with proxy(target, Faults(answer_to=b"COMMIT\0")) as behind:
        result = append(source, behind, {"a": {}}, transaction="table")

    assert result.rows == 500
    assert rows(target) == [500, 0, 0]


def test_what_only_one_transaction_can_do(three):
    source, target = three
    target.execute("ALTER TABLE app.a ADD CONSTRAINT round FOREIGN KEY (n) REFERENCES app.c DEFERRABLE")

    with pytest.raises(PlanError) as caught:
        append(source, target, transaction="table")

    assert caught.value.reasons == (
        "app.a and app.b and app.c: they refer to each other, so none of them can be filled first:"
        " app.a.round, app.b.b_n_fkey, app.c.c_n_fkey"
        " (set `transaction: job`: one of these keys is deferrable, within one transaction)",
    )
    append(source, target)
    assert rows(target) == [500, 500, 500]


def test_emptying_each_table_by_itself(three):
    source, target = three

    with pytest.raises(PlanError) as caught:
        truncate(source, target, transaction="table")

    refers = "app.{}: it can't be emptied, as app.{} refers to it (foreign key {}) (set `transaction: job`)"
    assert caught.value.reasons == (refers.format("a", "b", "b_n_fkey"), refers.format("b", "c", "c_n_fkey"))
    target.execute("ALTER TABLE app.c DROP CONSTRAINT c_n_fkey; ALTER TABLE app.b DROP CONSTRAINT b_n_fkey")
    for _ in range(2):
        truncate(source, target, transaction="table", parallel=2)
        assert rows(target) == [500, 500, 500]


def test_landing_tables_of_several_workers(source_db, target_db):
    for database in (source_db, target_db):
        database.execute("CREATE SCHEMA app")
        for number in range(12):
            database.execute(f"CREATE TABLE app.t{number} (id int PRIMARY KEY, n int)")
    for number in range(12):
        source_db.execute(f"INSERT INTO app.t{number} SELECT n, {number} FROM generate_series(1, 100) AS n")
        target_db.execute(f"INSERT INTO app.t{number} VALUES (1, -1), (2, {number})")

    result = upsert(source_db, target_db, transaction="table", parallel=3)

    assert {(each.rows, each.inserted, each.updated) for each in result.tables} == {(100, 98, 1)}
    assert messages(result) == []


def test_the_plan_has_no_more_workers_than_connections(three):
    source, target = three

    plan = plan_of("append", source, target, transaction="table", parallel=8, max_source_connections=3)

    assert (plan.resources.workers, plan.resources.readers) == (2, 2)
    assert [[each.name for each in fill.waits_for] for fill in plan.fills] == [[], ["a"], ["b"]]


@pytest.mark.parametrize("transaction", ["job", "table"])
def test_two_connections_to_the_target_are_enough(three, hostile_role, transaction):
    """For the statistics, too, which are gathered when the rows are in."""
    source, target = three
    access = ["USAGE ON SCHEMA app", "ALL ON ALL TABLES IN SCHEMA app", "ALL ON ALL SEQUENCES IN SCHEMA app"]
    writer = hostile_role(target, grant=access)
    target.execute(f"ALTER ROLE {writer.name} CONNECTION LIMIT 2; ALTER TABLE app.a OWNER TO {writer.name}")

    result = append(source, target.url_as(writer), transaction=transaction, max_target_connections=2)

    assert rows(target) == [500, 500, 500]
    assert messages(result) == []
    assert target.value("SELECT reltuples FROM pg_class WHERE oid = 'app.a'::regclass") == 500


def test_the_command_says_what_is_done(three, run_cli, tmp_path):
    source, target = three
    source.execute("INSERT INTO app.c VALUES (1000)")
    job = filling("append", source, target, transaction="table")
    (tmp_path / "jobs.yaml").write_text(json.dumps({"jobs": {"copy": job}}), encoding="utf-8")

    done = run_cli("run", "jobs.yaml", "--json")

    (outcome,) = json.loads(done.stdout)["jobs"]
    assert (done.code, outcome["status"], outcome["error"]["type"]) == (1, "failed", "PartlyDoneError")
    assert [(each["table"], each["rows"]) for each in outcome["error"]["done"]] == [("app.a", 500), ("app.b", 500)]
    assert "2 of the job's 3 tables are filled and stay so: app.a, app.b." in done.stderr


def test_several_targets_read_together(three, new_database):
    """Both ask for the tables in one order, that of their keys, however large the tables are."""
    source, target = three
    source.execute("INSERT INTO app.a SELECT generate_series(501, 600)")
    other = new_database(target.server)
    other.execute("""
        CREATE SCHEMA app; SET search_path = app; CREATE TABLE c (n int PRIMARY KEY);
        CREATE TABLE b (n int PRIMARY KEY REFERENCES c); CREATE TABLE a (n int PRIMARY KEY)""")
    job = filling("append", source, target, transaction="table", parallel=3)
    first = job.pop("target")
    job["targets"] = [first, {**first, "database": other.url}, {**first, "database": other.url, "schema": "more"}]
    other.execute("CREATE SCHEMA more; CREATE TABLE more.a (n int); CREATE TABLE more.b (n int)")
    other.execute("CREATE TABLE more.c (n int)")

    result = run_job(job)

    assert rows(target) == rows(other) == [600, 500, 500]
    assert len(result.tables) == 9


def test_a_target_that_fails_keeps_what_is_done_and_the_others_all(three, new_database):
    source, target = three
    other = new_database(target.server)
    other.execute("CREATE SCHEMA app")
    for table in "abc":
        other.execute(f"CREATE TABLE app.{table} (n int)")
        target.execute(f"INSERT INTO app.{table} VALUES (501)")
    source.execute("INSERT INTO app.c VALUES (501)")
    job = filling("append", source, target, transaction="table")
    first = job.pop("target")
    job["targets"] = [first, {**first, "database": other.url}]

    with pytest.raises(TargetsFailedError) as caught:
        run_job(job)

    (failure,) = caught.value.failures.values()
    assert [each.table for each in failure.done] == ["app.a", "app.b"]
    assert (rows(target), rows(other)) == ([501, 501, 1], [500, 500, 501])


def test_a_signal_says_what_is_done(three, start_cli, tmp_path):
    source, target = three
    job = filling("append", source, target, SLOWLY, transaction="table")
    (tmp_path / "jobs.yaml").write_text(json.dumps({"jobs": {"copy": job}}), encoding="utf-8")
    process = start_cli("run", "jobs.yaml")

    wait_until(lambda: running(target, '%COPY "app"."c"%'))
    process.terminate()
    _, said = process.communicate(timeout=60)

    assert process.returncode == 143
    assert said.splitlines()[-1] == "pg-xcopy: stopped by SIGTERM; of its tables only these are filled: app.a, app.b"
