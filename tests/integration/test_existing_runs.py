"""What can happen to a run that fills existing tables: all of it is there in the end, or nothing."""

from __future__ import annotations

import pytest
from copying import in_background, running, terminate, wait_until
from filling import append, filling, plan_of
from processes import seconds_to_end, started

from pg_xcopy import run_job
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.target import open_target
from pg_xcopy.engine.existing.committing import commit
from pg_xcopy.errors import DatabaseError, TargetLockedError, XcopyError
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.search_path import search_path
from proxy import Faults, proxy

SLOWLY = {"b": {"transform": {"id": "id + CASE WHEN pg_sleep(0.02) IS NULL THEN 1 ELSE 0 END"}}, "a": {}}


@pytest.fixture
def both(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.a AS SELECT generate_series(1, 10) AS id;
        CREATE TABLE app.b AS SELECT generate_series(1, 500) AS id""")
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.a (id int); CREATE TABLE app.b (id int)")
    return source_db, target_db


def rows(target):
    return [target.value(f"SELECT count(*) FROM app.{table}") for table in "ab"]


def test_one_run_at_a_time(both):
    source, target = both
    with in_background(lambda: append(source, target, SLOWLY)) as run:
        wait_until(lambda: running(target, "%COPY%"))
        with pytest.raises(TargetLockedError):
            append(source, target)
        run.result(timeout=60)

    assert rows(target) == [10, 500]


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_session_that_is_ended(both, side):
    source, target = both
    with in_background(lambda: append(source, target, SLOWLY)) as run:
        database = {"source": source, "target": target}[side]
        wait_until(lambda: terminate(database))
        with pytest.raises(XcopyError):
            run.result(timeout=60)

    assert rows(target) == [0, 0]


def test_a_run_that_is_stopped(both):
    source, target = both
    with started(filling("append", source, target, SLOWLY)) as process:
        wait_until(lambda: running(target, "%COPY%"))
        process.terminate()

        assert seconds_to_end(process) < 15
        assert process.returncode == 143
    assert rows(target) == [0, 0]


def test_a_run_that_is_killed(both):
    source, target = both
    with started(filling("append", source, target, SLOWLY)) as process:
        wait_until(lambda: running(target, "%COPY%"))
        process.kill()

    wait_until(lambda: not running(target))
    assert rows(target) == [0, 0]
    append(source, target)


def test_a_commit_whose_answer_is_lost_has_succeeded_if_the_server_says_so(both):
    source, target = both

    with proxy(target, Faults(answer_to=b"COMMIT\0")) as behind:
        result = append(source, behind)

    assert result.rows == 510
    assert rows(target) == [10, 500]
    assert [str(each).partition("(")[0] for each in result.warnings] == ["app: statistics: not gathered "]


def test_what_breaks_off_before_the_commit_leaves_nothing(both):
    source, target = both

    with proxy(target, Faults(answer_to=b"txid_current")) as behind, pytest.raises(DatabaseError):
        append(source, behind)

    wait_until(lambda: not running(target))
    assert rows(target) == [0, 0]


def test_a_lock_that_does_not_come(both):
    """Rows wait for a lock for a minute; the wait is the server's to end, so it is only seen that it waits."""
    source, target = both
    connection = target.connect()
    connection.autocommit = False
    try:
        connection.cursor().execute("LOCK TABLE app.a IN ACCESS EXCLUSIVE MODE")
        with in_background(lambda: append(source, target)) as run:
            wait_until(lambda: target.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))
            connection.rollback()
            run.result(timeout=60)
    finally:
        connection.close()

    assert rows(target) == [10, 500]


def test_the_catalog_is_read_in_a_fixed_number_of_queries(both, monkeypatch):
    _source, target = both
    asked = []
    with Sessions() as sessions:
        address = Address("target", "a server", target.url)
        with open_target(address, "app", sessions, exclusive=False) as side:
            ask = side.session.rows
            monkeypatch.setattr(side.session, "rows", lambda *given: asked.append(given) or ask(*given))
            side.existing()
            few = len(asked)
            for number in range(20):
                target.execute(f"CREATE TABLE app.t{number} (id serial PRIMARY KEY, a int REFERENCES app.t{number})")
            asked.clear()
            catalog = side.existing()

    assert len(catalog.relations) == 22
    assert few == len(asked) < 25


def test_a_job_given_as_a_dictionary_may_be_run_twice(both):
    source, target = both
    job = filling("append", source, target)

    assert run_job(job).rows == run_job(job).rows == 510
    assert rows(target) == [20, 1000]
    assert plan_of("append", source, target).mode == "append"


def test_a_commit_that_did_not_happen_is_an_error(both):
    _, target = both
    with Sessions() as sessions:
        session = sessions.open(Address("target", "a server", target.url))
        session.begin_writer(search_path(["app"]))
        session.run(Sql("INSERT INTO app.a VALUES (1)"), "inserting")
        commit_for_good = session.commit

        def commit_in_vain():
            target.execute(f"SELECT pg_terminate_backend({session.backend_pid})")
            commit_for_good()

        session.commit = commit_in_vain
        with pytest.raises(DatabaseError, match="committing: the target a server said"):
            commit(session, session.address)

    assert rows(target) == [0, 0]
