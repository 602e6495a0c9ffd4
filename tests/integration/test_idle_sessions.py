"""Sessions that wait are cut by servers, poolers and load balancers: those that hold nothing are opened anew."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from copying import beside, copy, in_background, wait_until
from filling import append

from pg_xcopy import run_job
from pg_xcopy.engine.sources import source as sources

GATE = 4711
SLOW = {"slow": {"transform": {"v": f"pg_advisory_xact_lock_shared({GATE})::text || v"}}, "*": {}}
"""The rows of the table slow flow when the gate is opened."""

TABLES = """
    CREATE TABLE slow (id int PRIMARY KEY, v text);
    CREATE TABLE fast (id int PRIMARY KEY REFERENCES slow);
    CREATE TABLE small (id int PRIMARY KEY REFERENCES slow)"""
IDLE = """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
          AND application_name LIKE 'pg-xcopy%'"""
IDLE_READERS = IDLE.replace("'idle'", "'idle in transaction' AND query LIKE 'COPY%'")


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


@pytest.mark.parametrize("several", [False, True], ids=["one target", "two targets"])
def test_readers_that_had_nothing_to_read(source_db, target_db, new_database, monkeypatch, several):
    """A worker's reader waits while its indexes are built; it keeps a transaction open, and nothing else."""
    monkeypatch.setattr(sources, "SILENCE", 0)
    targets = [target_db, new_database(target_db.server)] if several else [target_db]
    for database in (source_db, *targets):
        database.execute("CREATE SCHEMA app; CREATE TABLE app.a (id int); CREATE TABLE app.b (id int)")
    source_db.execute("INSERT INTO app.a VALUES (1); INSERT INTO app.b VALUES (2)")
    cut = []

    def cut_readers(event):
        if type(event).__name__ == "TableKept" and not cut:
            cut.extend(source_db.column(f"SELECT pg_terminate_backend(pid) FROM ({IDLE_READERS}) AS idle"))

    filled = {"schema": "app", "mode": "append"}
    run_job(
        {
            "source": {"database": source_db.url, "schema": "app"},
            "targets": [{"database": each.url, **filled} for each in targets],
            "tables": {"*": {}},
            "transaction": "table",
            "parallel": 1,
        },
        observer=cut_readers,
    )

    assert cut == [True]
    assert [each.rows("SELECT a.id, b.id FROM app.a, app.b") for each in targets] == [[(1, 2)]] * len(targets)
