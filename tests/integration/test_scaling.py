"""Planning asks both servers the same questions for two hundred tables as for five.

Statements are counted, not seconds: the servers log each message that a session sends.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from copying import job_of

from pg_xcopy import plan_job
from pg_xcopy.demo.servers import Server
from servers import create_database

FEW, MANY = 5, 200
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
        before = talkative.log.stat().st_size
        done = plan_job(job_of(source, target, {"*": rule}))
        assert len(done.copies) == count
        with talkative.log.open("rb") as log:
            log.seek(before)
            said = LOGGED.findall(log.read().decode())
        return [list(Counter(pid for pid, name in said if name == each.name).values()) for each in (source, target)]

    return plan


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


def test_only_the_check_of_each_select_grows_with_the_tables(planned):
    """A second session has the source EXPLAIN each SELECT, so that all mistakes in it are named; it sends no more."""
    (_, few), _ = planned(FEW)
    (_, many), _ = planned(MANY)

    assert many - few == MANY - FEW


def test_a_filter_costs_one_more(planned):
    """What the user wrote is tried twice: in its place, and between parentheses that it might leave."""
    (_, plain), _ = planned(FEW)
    (_, filtered), _ = planned(FEW, where="id > 0")

    assert filtered - plain == FEW
