"""Several targets: one snapshot, each row read once, and what fails for one fails for no other."""

from __future__ import annotations

import os
import signal
from contextlib import closing

import pytest
from copying import beside, in_background, running, terminate, wait_until

from pg_xcopy import plan_job, plan_targets, run_job
from pg_xcopy.engine.sources import broadcast
from pg_xcopy.errors import PlanError, TargetsFailedError, TimeUpError, UsageError
from pg_xcopy.observe.events import JobFailed, JobFinished, JobStarted, TableCopied
from pg_xcopy.planning import schedule
from pg_xcopy.planning.rows import shape

SHOP = """
    CREATE SCHEMA app;
    CREATE TABLE app.users (id int PRIMARY KEY, email text, phone text);
    INSERT INTO app.users SELECT n, 'user' || n || '@example.com', n::text FROM generate_series(1, 5000) AS n;
    CREATE TABLE app.orders (id serial PRIMARY KEY, user_id int REFERENCES app.users, total numeric);
    INSERT INTO app.orders (user_id, total) SELECT 1 + n % 5000, n FROM generate_series(1, 20000) AS n;
    CREATE INDEX ON app.orders (user_id);
    CREATE TABLE app.notes (id int, body text);
    INSERT INTO app.notes SELECT n, repeat('x', 100) FROM generate_series(1, 10000) AS n;
"""


@pytest.fixture
def shop(source_db):
    source_db.execute(SHOP)
    source_db.execute("ANALYZE")
    return source_db


def feed(source, *targets, **options):
    return {
        "source": {"database": source.dsn, "schema": "app"},
        "targets": [{"database": database.dsn, "schema": "app", **more} for database, more in targets],
        "tables": options.pop("tables", {"*": {}}),
        **options,
    }


def counts(database, *tables):
    return [database.value(f"SELECT count(*) FROM app.{table}") for table in tables]


def test_all_get_everything(shop, target_db, new_database):
    other = new_database(target_db.server)

    result = run_job(feed(shop, (target_db, {}), (other, {})))

    for database in (target_db, other):
        assert counts(database, "users", "orders", "notes") == [5000, 20000, 10000]
        assert database.value("SELECT count(*) FROM pg_constraint WHERE connamespace = 'app'::regnamespace") >= 3
    assert result.rows == 70000
    assert len({table.target for table in result.tables}) == 2


def test_a_second_run_changes_nothing(shop, target_db, new_database):
    other = new_database(target_db.server)
    job = feed(shop, (target_db, {}), (other, {}))

    first, second = run_job(job), run_job(job)

    assert first.rows == second.rows
    assert counts(other, "users", "orders", "notes") == [5000, 20000, 10000]


def test_each_row_is_read_once(shop, target_db, new_database):
    others = [new_database(target_db.server) for _ in range(2)]
    scans = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'notes'"
    wait_until(lambda: shop.value(scans) is not None)
    before = shop.value(scans)

    run_job(feed(shop, (target_db, {}), *((each, {}) for each in others), tables={"notes": {}}))

    wait_until(lambda: shop.value(scans) >= before + 10000)
    assert shop.value(scans) == before + 10000
    assert all(counts(each, "notes") == [10000] for each in others)


def test_each_row_is_read_once_where_one_target_has_more_workers(shop, target_db, new_database, server_of, monkeypatch):
    """Two targets share a server's workers, the third has its own: it does not go ahead, and lose patience."""
    monkeypatch.setattr(broadcast, "PATIENCE", 0.5)
    monkeypatch.setattr(schedule, "SMALL", 0)
    neighbour = new_database(target_db.server)
    other = new_database(server_of(target_db.server.installation.major, "another"))
    slow = {"notes": {"transform": {"id": "id + CASE WHEN pg_sleep(0.0002) IS NULL THEN 1 ELSE 0 END"}}, "orders": {}}
    scans = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'orders'"
    wait_until(lambda: shop.value(scans) is not None)
    before = shop.value(scans)

    run_job(feed(shop, (other, {}), (target_db, {}), (neighbour, {}), tables=slow, parallel=2))

    wait_until(lambda: shop.value(scans) >= before + 20000)
    assert shop.value(scans) == before + 20000
    assert all(counts(each, "notes", "orders") == [10000, 20000] for each in (other, target_db, neighbour))


def test_each_has_its_tables_and_columns(shop, target_db, new_database):
    other = new_database(target_db.server)

    run_job(
        feed(
            shop,
            (target_db, {"tables": ["users", "n*"]}),
            (other, {"tables": {"users": ["id", "email"], "orders": None}}),
        )
    )

    tables = "SELECT array_agg(tablename::text ORDER BY tablename) FROM pg_tables WHERE schemaname = 'app'"
    assert target_db.value(tables) == ["notes", "users"]
    assert other.value(tables) == ["orders", "users"]
    columns = """
        SELECT array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
        WHERE table_schema = 'app' AND table_name = 'users'"""
    assert other.value(columns) == ["id", "email"]
    assert target_db.value(columns) == ["id", "email", "phone"]


def test_what_a_target_asks_for_must_be_there(shop, target_db, new_database):
    other = new_database(target_db.server)

    with pytest.raises(TargetsFailedError) as caught:
        run_job(feed(shop, (target_db, {"tables": {"user": None, "users": ["id", "mail"]}}), (other, {})))

    (error,) = caught.value.failures.values()
    assert isinstance(error, PlanError)
    assert "app.user: the target asks for it, but the job does not copy it (did you mean 'users'?)" in str(error)
    assert "app.users: the target asks for a column mail that it does not have (did you mean email?)" in str(error)
    assert counts(other, "users") == [5000]
    assert caught.value.result.rows == 35000


def test_one_that_is_down_does_not_keep_the_others(shop, target_db):
    events = []
    job = feed(shop, (target_db, {}))
    job["targets"].append({"database": "postgresql://nobody@127.0.0.1:1/none", "schema": "app"})

    with pytest.raises(TargetsFailedError) as caught:
        run_job(job, observer=events.append)

    assert counts(target_db, "users", "orders", "notes") == [5000, 20000, 10000]
    assert "can't connect to the target" in str(caught.value)
    assert caught.value.exit_code == 1
    assert [type(each) for each in events if isinstance(each, JobFailed | JobFinished)] == [JobFailed, JobFinished]
    assert len([each for each in events if isinstance(each, JobStarted)]) == 2
    assert {each.to for each in events if isinstance(each, TableCopied)} == {caught.value.result.tables[0].target}


def test_one_that_dies_in_the_middle(shop, target_db, new_database):
    other = new_database(target_db.server)
    slow = {
        "notes": {
            "where": {"id": {"lte": 3000}},
            "transform": {"id": "id + CASE WHEN pg_sleep(0.0005) IS NULL THEN 1 ELSE 0 END"},
        }
    }
    with in_background(lambda: run_job(feed(shop, (target_db, {}), (other, {}), tables=slow))) as run:
        wait_until(lambda: running(other, "%COPY%"))
        wait_until(lambda: terminate(other))
        with pytest.raises(TargetsFailedError):
            run.result(timeout=60)

    assert counts(target_db, "notes") == [3000]
    assert other.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'app' OR nspname LIKE '\\_xcopy%'") == 0


def test_one_that_takes_nothing_is_left_behind(shop, target_db, new_database, server_of, monkeypatch):
    """The source waits with most of the rows until the other's process is stopped.

    That is on a server of its own: it may be stopped with a lock in its hands that all on its server wait for.
    """
    monkeypatch.setattr(broadcast, "STALL", 8.0)
    monkeypatch.setattr(broadcast, "BUFFER", 2)
    shop.execute(
        "TRUNCATE app.notes; INSERT INTO app.notes SELECT n, repeat('x', 6000) FROM generate_series(1, 3000) AS n"
    )
    other = new_database(server_of(target_db.server.installation.major, "stopped"))
    other.execute("CREATE SCHEMA app; CREATE TABLE app.notes (id int)")
    waits = "id + CASE WHEN id = 100 AND pg_advisory_xact_lock_shared(42) IS NULL THEN 1 ELSE 0 END"

    with closing(shop.connect()) as connection, connection.cursor() as gate:
        gate.execute("SELECT pg_advisory_lock(42)")
        with in_background(
            lambda: run_job(feed(shop, (target_db, {}), (other, {}), tables={"notes": {"transform": {"id": waits}}}))
        ) as run:
            (stopped,) = wait_until(lambda: running(other, "%COPY%"))
            os.kill(stopped, signal.SIGSTOP)
            try:
                gate.execute("SELECT pg_advisory_unlock(42)")
                wait_until(lambda: target_db.value("SELECT to_regclass('app.notes')"), seconds=60)
            finally:
                os.kill(stopped, signal.SIGCONT)
            with pytest.raises(TargetsFailedError, match="took no rows for 8 s, and others waited for it"):
                run.result(timeout=60)

    assert counts(target_db, "notes") == [3000]
    assert counts(other, "notes") == [0]


def test_one_who_comes_late_has_it_read_again(shop, target_db, new_database, monkeypatch):
    """The other's first table can't be begun: something else holds the lock on its schema's creation."""
    monkeypatch.setattr(broadcast, "PATIENCE", 0.5)
    other = new_database(target_db.server)
    with closing(other.connect()) as connection, connection.cursor() as blocking:
        blocking.execute("BEGIN; LOCK TABLE pg_catalog.pg_namespace IN SHARE ROW EXCLUSIVE MODE")
        with in_background(lambda: run_job(feed(shop, (target_db, {}), (other, {})))) as run:
            wait_until(lambda: target_db.value("SELECT to_regclass('app.notes')"), seconds=60)
            blocking.execute("ROLLBACK")
            result = run.result(timeout=60)

    assert result.rows == 70000
    assert counts(other, "users", "orders", "notes") == [5000, 20000, 10000]


def test_a_run_that_is_stopped_leaves_all_as_they_were(shop, target_db, new_database):
    other = new_database(target_db.server)
    slow = {"notes": {"transform": {"id": "id + CASE WHEN pg_sleep(0.01) IS NULL THEN 1 ELSE 0 END"}}}

    with pytest.raises(TimeUpError):
        run_job(feed(shop, (target_db, {}), (other, {}), tables=slow), timeout=3)

    for database in (target_db, other):
        assert database.value("SELECT to_regnamespace('app')") is None
        assert beside(database) == []


def test_a_source_that_fails_is_one_error(shop, target_db, new_database):
    other = new_database(target_db.server)
    bad = {"notes": {"transform": {"id": "1 / (id - 5000)"}}}

    with pytest.raises(Exception, match="division by zero") as caught:
        run_job(feed(shop, (target_db, {}), (other, {}), tables=bad))

    assert not isinstance(caught.value, TargetsFailedError)


def test_plans(shop, target_db, new_database):
    other = new_database(target_db.server)
    job = feed(shop, (target_db, {}), (other, {"tables": ["users"]}))

    one, two = plan_targets(job)

    assert [len(one.copies), len(two.copies)] == [3, 1]
    with pytest.raises(UsageError, match="has 2 targets"):
        plan_job(job)


def test_plans_are_those_of_the_run(shop, target_db, new_database, monkeypatch):
    """Targets on one server share the workers, and a table that both want is cut the same way."""
    monkeypatch.setattr(shape, "PART_BYTES", 64 * 1024)
    other = new_database(target_db.server)
    job = feed(shop, (target_db, {}), (other, {"tables": ["notes"]}), parallel=2)

    one, two = plan_targets(job)

    assert [each.resources.workers for each in (one, two)] == [1, 1]
    (notes,) = two.copies
    assert notes.copy_to in [each.copy_to for each in one.copies]


def test_a_target_that_can_not_be_planned_is_named_beside_the_others(shop, target_db, new_database):
    other = new_database(target_db.server)

    with pytest.raises(TargetsFailedError) as caught:
        plan_targets(feed(shop, (target_db, {}), (other, {"tables": ["nothing"]})))

    assert len(caught.value.failures) == 1


def test_parts_and_several_workers(shop, target_db, new_database, monkeypatch):
    monkeypatch.setattr(shape, "PART_BYTES", 64 * 1024)
    others = [new_database(target_db.server) for _ in range(2)]

    run_job(feed(shop, (target_db, {}), (others[0], {"tables": ["notes"]}), (others[1], {}), parallel=3))

    assert counts(target_db, "users", "orders", "notes") == [5000, 20000, 10000]
    assert counts(others[0], "notes") == [10000]
    assert counts(others[1], "users", "orders", "notes") == [5000, 20000, 10000]


def test_existing_tables_take_the_columns_that_they_ask_for(shop, target_db, new_database):
    """One is replaced, two are appended to, with columns in another order; what is the same is read once."""
    appended, third = new_database(target_db.server), new_database(target_db.server)
    for database in (appended, third):
        database.execute("""
            CREATE SCHEMA app;
            CREATE TABLE app.notes (extra text DEFAULT 'x', body text, id int);
            CREATE TABLE app.users (phone text, id int PRIMARY KEY, email text)""")
    scans = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'notes'"
    wait_until(lambda: shop.value(scans) is not None)
    before = shop.value(scans)

    run_job(
        feed(
            shop,
            (target_db, {}),
            (appended, {"mode": "append"}),
            (third, {"mode": "append", "tables": {"users": ["id", "email"], "notes": None}}),
            tables={"users": {}, "notes": {}},
        )
    )

    wait_until(lambda: shop.value(scans) >= before + 10000)
    assert shop.value(scans) == before + 10000
    assert [counts(each, "users", "notes") for each in (target_db, appended, third)] == [[5000, 10000]] * 3
    assert third.value("SELECT count(*) FROM app.users WHERE phone IS NULL AND email IS NOT NULL") == 5000
    assert appended.value("SELECT count(*) FROM app.users WHERE phone = id::text") == 5000


def test_a_row_that_one_refuses_is_no_matter_to_the_others(shop, target_db, new_database):
    other = new_database(target_db.server)
    other.execute("CREATE SCHEMA app; CREATE TABLE app.notes (id int PRIMARY KEY, body text)")
    other.execute("INSERT INTO app.notes VALUES (9000, 'mine')")

    with pytest.raises(TargetsFailedError, match="notes_pkey"):
        run_job(feed(shop, (target_db, {}), (other, {"mode": "append"}), tables={"notes": {}}))

    assert counts(target_db, "notes") == [10000]
    assert counts(other, "notes") == [1]
