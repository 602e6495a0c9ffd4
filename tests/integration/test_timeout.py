"""A run that is given a time stops by itself when it is up, and undoes what it began."""

from __future__ import annotations

import threading
import time

import pytest
from copying import Clock, beside, copy, job_of, our_threads, running, wait_until
from msgspec.structs import replace

from judge import read_schema
from pg_xcopy import api, run_job, run_jobs
from pg_xcopy.engine import supervision
from pg_xcopy.errors import JobsFailedError, TimeUpError
from pg_xcopy.observe.events import JobFailed, Stage, StageStarted

SLOW = {"things": {"transform": {"body": "pg_sleep(60)::text"}}}


@pytest.fixture
def things(source_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int PRIMARY KEY, body text);
        INSERT INTO app.things SELECT n, md5(n::text) FROM generate_series(1, 1000) AS n""")
    return source_db


@pytest.fixture
def target(things, target_db):
    copy(things, target_db)
    before = read_schema(target_db, "app")
    yield target_db
    assert beside(target_db) == []
    assert wait_until(lambda: not (running(things) or running(target_db) or our_threads()))
    assert read_schema(target_db, "app") == before


class Watch:
    """A clock that is set ahead when something happens in a run, so that nothing depends on this machine's speed."""

    def __init__(self):
        self.ahead, self.looked_at = 0, threading.Event()

    def monotonic(self):
        now = time.monotonic() + self.ahead
        if self.ahead:
            self.looked_at.set()
        return now

    def sets_ahead(self, job, stage):
        """An observer that sets the clock an hour ahead at a stage of a job, and waits until that was seen."""

        def observe(event):
            if isinstance(event, StageStarted) and (event.job, event.stage) == (job, stage):
                self.ahead = 3600
                assert self.looked_at.wait(30)

        return observe


@pytest.fixture
def watch(monkeypatch):
    watch = Watch()
    monkeypatch.setattr(api, "time", watch)
    monkeypatch.setattr(supervision, "time", watch)
    return watch


def test_a_job_that_takes_longer(things, target):
    seen = []

    with Clock() as clock, pytest.raises(TimeUpError) as caught:
        run_job(job_of(things, target, SLOW), name="slow", observer=seen.append, timeout=2)

    sentence = "job slow was stopped: its time, 2 s, was up; the target is as it was."
    assert str(caught.value) == sentence
    assert replace(seen[-1], seconds=0) == JobFailed("slow", sentence, code="time_up_error")
    assert 2 <= seen[-1].seconds < 30
    assert 2 <= clock.seconds < 30


def test_a_job_that_does_not(things, target):
    assert run_job(job_of(things, target), timeout=60).rows == 1000


def test_jobs_share_their_time(things, target, watch):
    jobs = {name: job_of(things, target, into=name) for name in ("app", "slow", "last")}

    with pytest.raises(JobsFailedError) as caught:
        run_jobs("*", jobs, observer=watch.sets_ahead("slow", Stage.COPY), timeout=900)

    assert [result.job for result in caught.value.results] == ["app"]
    assert {name: str(error) for name, error in caught.value.failures.items()} == {
        "slow": "job slow was stopped: its time, 900 s, was up; the target is as it was.",
        "last": "job last was not begun: the time for the run, 900 s, was up.",
    }


def test_no_time_at_all(things, target):
    seen = []

    with pytest.raises(TimeUpError, match="job job was not begun"):
        run_job(job_of(things, target), observer=seen.append, timeout=0)

    assert seen == []


def test_a_job_that_is_done_all_the_same(things, target, watch):
    """The time is up when the new schema is in place, and only the old one is still to be dropped."""
    things.execute("INSERT INTO app.things VALUES (0, '')")

    result = run_job(job_of(things, target), observer=watch.sets_ahead("job", Stage.CLEAN), timeout=900)

    assert (result.rows, target.value("SELECT count(*) FROM app.things")) == (1001, 1001)
    assert {warning.topic for warning in result.warnings} <= {"left behind"}
    things.execute("DELETE FROM app.things WHERE id = 0")
    copy(things, target)
