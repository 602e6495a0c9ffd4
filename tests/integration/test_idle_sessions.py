"""Sessions that wait are cut by servers, poolers and load balancers: those that hold nothing are opened anew."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from copying import beside, copy, in_background, wait_until
from filling import append


GATE = 4711
SLOW = {"slow": {"transform": {"v": f"pg_advisory_xact_lock_shared({GATE})::text || v"}}, "*": {}}
"""The rows of the table slow flow when the gate is opened."""

TABLES = """
    CREATE TABLE slow (id int PRIMARY KEY, v text);
    CREATE TABLE fast (id int PRIMARY KEY REFERENCES slow);
    CREATE TABLE small (id int PRIMARY KEY REFERENCES slow)"""
IDLE = """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
          AND application_name LIKE 'pg-xcopy%'"""


@pytest.fixture
def tables(pair):
    return pair(f"{TABLES}; INSERT INTO slow VALUES (1, 'x'); INSERT INTO fast VALUES (1)", TABLES)


@contextmanager
def gate_closed(database):
    connection = database.connect()
    try:
        connection.cursor().execute("SELECT pg_advisory_lock(%s)", (GATE,))
        yield
    finally:
        connection.close()


def test_workers_that_waited_for_the_rows_of_others(tables):
    source, target = tables

    with in_background(lambda: copy(source, target, SLOW, parallel=3)) as run:
        with gate_closed(source):
            wait_until(lambda: len(target.column(IDLE)) >= 2)
            target.execute(f"SELECT pg_terminate_backend(pid) FROM ({IDLE}) AS idle")
        result = run.result(timeout=60)

    assert {each.table: each.rows for each in result.tables} == {"app.fast": 1, "app.small": 0, "app.slow": 1}
    assert target.rows("SELECT * FROM app.fast JOIN app.slow USING (id)") == [(1, "x")]
    assert target.value("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == 2
    assert (beside(target), result.warnings) == ([], ())


def test_tables_in_transactions_of_their_own(tables):
    source, target = tables

    with in_background(lambda: append(source, target, SLOW, parallel=3, transaction="table")) as run:
        with gate_closed(source):
            wait_until(lambda: target.column(IDLE) or run.done())
            target.execute(f"SELECT pg_terminate_backend(pid) FROM ({IDLE}) AS idle")
        run.result(timeout=60)

    assert target.rows("SELECT * FROM app.fast JOIN app.slow USING (id)") == [(1, "x")]
