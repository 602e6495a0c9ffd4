"""Planning asks both servers the same questions for two hundred tables as for five, and a run little more.

Statements are counted, not seconds: the servers log each message that a session sends.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from math import ceil

import pytest
from copying import job_of

from pg_xcopy import plan_job, run_job
from pg_xcopy.demo.servers import Server
from pg_xcopy.engine.steps import BATCH
from pg_xcopy.planning import schedule
from servers import create_database

FEW, MANY = 5, 200
MESSAGE = re.compile(r"^(\d+) \w+ LOG:  statement: (.*(?:\n\t.*)*)", re.MULTILINE)
LOGGED = re.compile(r"^(\d+) (\w+) LOG:  statement: ", re.MULTILINE)


@pytest.fixture(scope="module")
def talkative(installations):
    """A server whose log has a line for each statement: the process, the database, the SQL."""
    with Server(installations[0], settings={"log_statement": "all", "log_line_prefix": "%p %d "}) as server:
        yield server


@pytest.fixture
def planned(talkative):
    """`planned(5)` plans a job of that many tables, and gives for each side the statements of each of its sessions."""

    def plan(count, **rule):
        source, target = create_database(talkative), create_database(talkative)
        source.execute(tables(count))
        target.execute(tables(count))
        with logged(talkative) as said:
            done = plan_job(job_of(source, target, {"*": rule}))
        assert len(done.copies) == count
        return [messages_by_session(said, each) for each in (source, target)]

    return plan


@contextmanager
def logged(server):
    """What is said to a server within the block, as (process, database) for each message."""
    said, before = [], server.log.stat().st_size
    yield said
    with server.log.open("rb") as log:
        log.seek(before)
        said += LOGGED.findall(log.read().decode())


def messages_by_session(said, database):
    return list(Counter(pid for pid, name in said if name == database.name).values())


def tables(count):
    """A schema of so many tables, each with keys, an index, a check, a sequence, a type, statistics and a comment."""
    return "CREATE SCHEMA app; CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';" + "".join(
        f"""
        CREATE TYPE app.kind_{n} AS ENUM ('a', 'b');
        CREATE TABLE app.t_{n} (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n serial UNIQUE, kind app.kind_{n} DEFAULT 'a',
            next int REFERENCES app.t_{max(n - 1, 0)}, CHECK (app.f(n) > 0));
        CREATE INDEX ON app.t_{n} (app.f(n));
        CREATE STATISTICS app.s_{n} ON n, next FROM app.t_{n};
        COMMENT ON TABLE app.t_{n} IS 'one of many';
        """
        for n in range(count)
    )


def test_the_catalogs_are_read_in_a_fixed_number_of_queries(planned):
    (few_of_source, _), few_of_target = planned(FEW)
    (many_of_source, _), many_of_target = planned(MANY)

    assert many_of_source == few_of_source
    assert many_of_target == few_of_target


def test_what_is_copied_as_it_is_is_checked_a_hundred_at_a_time(planned):
    """A second session has the source EXPLAIN each SELECT, so that all mistakes in it are named; it sends no more."""
    (_, few), _ = planned(FEW)
    (_, many), _ = planned(MANY)

    assert many - few == ceil(MANY / BATCH) - ceil(FEW / BATCH)


def test_a_filter_is_checked_by_itself(planned):
    """What the user wrote is tried twice: in its place, and between parentheses that it might leave."""
    (_, plain), _ = planned(FEW)
    (_, filtered), _ = planned(FEW, where="id > 0")

    assert filtered - plain == 2 * FEW - ceil(FEW / BATCH)


# --- A run


@pytest.fixture
def messages_of_a_run(talkative):
    """`messages_of_a_run(5)` copies that many tables, twice; gives the second run's messages, by side and session."""

    def run(count):
        source, target = create_database(talkative), create_database(talkative)
        source.execute(tables(count))
        job = job_of(source, target, parallel=2)
        run_job(job)
        with logged(talkative) as said:
            run_job(job)
        return [messages_by_session(said, each) for each in (source, target)]

    return run


def test_connections_do_not_grow_with_the_tables(messages_of_a_run):
    """Two workers: on the source the snapshot, the check and two readers; on the target the lock and two writers."""
    on_source, on_target = messages_of_a_run(MANY)

    assert (len(on_source), len(on_target)) == (4, 3)


def test_a_table_costs_a_message_on_the_source_and_little_more_on_the_target(messages_of_a_run):
    """On the source its COPY. On the target its COPY, and a share in the messages that many tables have in common."""
    few, many = messages_of_a_run(FEW), messages_of_a_run(MANY)
    more = MANY - FEW
    on_source, on_target = (sum(after) - sum(before) for before, after in zip(few, many, strict=True))

    assert more <= on_source <= 1.1 * more
    assert more <= on_target <= 1.5 * more


@pytest.mark.parametrize(("options", "asked"), [({}, "1"), ({"max_parallel_maintenance_workers": 7}, "7")])
def test_an_index_is_built_by_the_worker_that_is_idle_too(talkative, monkeypatch, options, asked):
    monkeypatch.setattr(schedule, "SMALL", 8192)
    source, target = create_database(talkative), create_database(talkative)
    source.execute("CREATE SCHEMA app; CREATE TABLE app.t AS SELECT n FROM generate_series(1, 9999) AS n")
    source.execute("CREATE INDEX ON app.t (n)")
    before = talkative.log.stat().st_size

    run_job(job_of(source, target, {"*": {}}, parallel=2, **options))

    messages = MESSAGE.findall(talkative.log.read_text()[before:])
    (place,) = (place for place, (_, statement) in enumerate(messages) if statement.startswith("CREATE INDEX"))
    opening = [statement for pid, statement in messages[:place] if pid == messages[place][0]][-1]
    assert re.findall(r"max_parallel_maintenance_workers\W+(\d+)", opening) == [asked]
