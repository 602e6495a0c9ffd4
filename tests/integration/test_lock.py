"""One job at a time writes a target schema; the second one says who is at it, and leaves."""

from __future__ import annotations

import os
import socket

import pytest
from copying import Clock, beside, copy, in_background, job_of, running, wait_until

from pg_xcopy import plan_job, run_job
from pg_xcopy.errors import TargetLockedError, XcopyError

SLOWLY = {"things": {"transform": {"id": "id + CASE WHEN pg_sleep(0.02) IS NULL THEN 1 ELSE 0 END"}}}


@pytest.fixture
def things(source_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT generate_series(1, 100) AS id")
    return source_db


def test_the_second_run_says_who_holds_the_lock(things, target_db):
    first = lambda: run_job(job_of(things, target_db, SLOWLY), name="nightly")  # noqa: E731
    with in_background(first) as run:
        wait_until(lambda: running(target_db, "%COPY%"))
        with Clock() as clock, pytest.raises(TargetLockedError) as caught:
            run_job(job_of(things, target_db), name="second")
        result = run.result(timeout=30)

    assert clock.seconds < 1
    assert f"pg-xcopy nightly on {socket.gethostname()}:{os.getpid()}"[:63] in str(caught.value)
    assert "app" in str(caught.value)
    assert result.rows == 100
    assert beside(target_db) == []


def test_other_schemas_and_other_databases_are_free(things, target_db, new_database):
    elsewhere = new_database(target_db.server)
    with in_background(lambda: copy(things, target_db, SLOWLY)) as run:
        wait_until(lambda: running(target_db, "%COPY%"))

        copy(things, target_db, into="other")
        copy(things, elsewhere)

        assert not run.done()
        run.result(timeout=30)
    assert target_db.value("SELECT count(*) FROM other.things") == elsewhere.value("SELECT count(*) FROM app.things")


def test_many_runs_at_once(things, target_db):
    """Each either does its work or says that another is at it; what stands in the end is whole."""
    outcomes = []

    def attempt():
        try:
            outcomes.append(copy(things, target_db).rows)
        except TargetLockedError:
            outcomes.append("locked")

    with in_background(attempt), in_background(attempt), in_background(attempt), in_background(attempt):
        pass

    assert set(outcomes) <= {100, "locked"}
    assert 100 in outcomes
    assert target_db.value("SELECT count(*) FROM app.things") == 100
    copy(things, target_db)
    assert beside(target_db) == []


def test_the_lock_ends_with_its_run(things, target_db):
    with in_background(lambda: copy(things, target_db, SLOWLY)) as run:
        wait_until(lambda: running(target_db, "%COPY%"))
        target_db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'pg-xcopy%' AND datname = current_database()"
        )
        with pytest.raises(XcopyError, match=r"terminating connection|server closed the connection"):
            run.result(timeout=30)

    copy(things, target_db)
    plan_job(job_of(things, target_db))
