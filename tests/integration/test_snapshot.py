"""The source: one instant, read only, the weakest lock, and nobody left there afterwards; from a hot standby too."""

from __future__ import annotations

import subprocess
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from copying import copy, in_background, job_of, running, wait_until
from processes import started

from pg_xcopy.demo.installations import installation_at
from pg_xcopy.demo.servers import Server
from pg_xcopy.errors import DatabaseError, ReadOnlyTargetError, SameSchemaError
from servers import Database, create_database

SLOWLY = {"transform": {"n": "n + CASE WHEN pg_sleep(0.001) IS NULL THEN 1 ELSE 0 END"}}


@pytest.fixture
def ledger(source_db):
    """Two tables whose sums are the same at any instant."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.debits (id bigserial PRIMARY KEY, n int);
        CREATE TABLE app.credits (id bigserial PRIMARY KEY, n int, debit bigint REFERENCES app.debits);
        INSERT INTO app.debits (n) SELECT 1 FROM generate_series(1, 1000);
        INSERT INTO app.credits (n, debit) SELECT 1, i FROM generate_series(1, 1000) AS i""")
    return source_db


class Writer(threading.Thread):
    """An application that never stops booking, each time in both tables at once."""

    BOOK = """
        WITH d AS (INSERT INTO app.debits (n) VALUES (1) RETURNING id)
        INSERT INTO app.credits (n, debit) SELECT 1, id FROM d
    """

    def __init__(self, database):
        super().__init__()
        self.database, self.stopped = database, threading.Event()

    def run(self):
        with closing(self.database.connect()) as connection, connection.cursor() as cursor:
            while not self.stopped.is_set():
                cursor.execute(self.BOOK)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()


@pytest.mark.parametrize("parallel", [1, 2, 4])
def test_all_tables_are_from_one_instant(ledger, target_db, parallel):
    with Writer(ledger):
        wait_until(lambda: ledger.value("SELECT count(*) FROM app.debits") > 1005)
        result = copy(ledger, target_db, {"*": {}, "debits": SLOWLY}, parallel=parallel)

    debited, credited = (target_db.value(f"SELECT sum(n) FROM app.{table}") for table in ("debits", "credits"))
    assert debited == credited > 1005
    assert ledger.value("SELECT sum(n) FROM app.debits") > debited
    assert result.warnings == ()


def test_only_the_weakest_lock_is_taken(ledger, target_db):
    with in_background(lambda: copy(ledger, target_db, {"*": SLOWLY})) as run:
        wait_until(lambda: running(ledger, "%COPY%"))
        locks = ledger.rows("""
            SELECT DISTINCT l.locktype, l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE a.application_name LIKE 'pg-xcopy%' AND a.datname = current_database()""")
        ledger.execute("CREATE INDEX ON app.credits (n); INSERT INTO app.debits (n) VALUES (1)")
        run.result(timeout=30)

    assert {mode for kind, mode in locks if kind == "relation"} == {"AccessShareLock"}
    assert {mode for kind, mode in locks if kind not in ("relation", "virtualxid")} == set()


def test_the_source_can_not_be_written(ledger, target_db):
    """Not even by a function that a filter calls."""
    ledger.execute("""
        CREATE FUNCTION app.spy(int) RETURNS int LANGUAGE plpgsql AS
        $$BEGIN INSERT INTO app.debits (n) VALUES (-1); RETURN $1; END$$""")

    with pytest.raises(DatabaseError, match="read-only transaction") as caught:
        copy(ledger, target_db, {"credits": {"transform": {"n": "app.spy(n)"}}})

    assert caught.value.side == "source"
    assert ledger.value("SELECT count(*) FROM app.debits WHERE n < 0") == 0


def test_nobody_is_left_on_the_source(ledger, target_db):
    copy(ledger, target_db)
    assert wait_until(lambda: running(ledger) == [])

    with started(job_of(ledger, target_db, {"*": SLOWLY})) as run:
        wait_until(lambda: running(ledger, "%COPY%"))
        run.kill()
        run.wait()

    assert wait_until(lambda: running(ledger) == [], seconds=15)


# --- A hot standby


@pytest.fixture(scope="module")
def standby_pair():
    """A primary and its streaming standby."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_basebackup"))
    if not binaries:
        pytest.skip("there is no pg_basebackup in /usr/lib/postgresql/*/bin; Debian's package postgresql brings it")
    installation = installation_at(binaries[-1].parent)
    with ExitStack() as stack:
        primary = stack.enter_context(Server(installation))
        standby = Server(installation, {"primary_conninfo": primary.dsn()})
        stack.callback(standby.remove)
        account = standby._account
        subprocess.run(
            [binaries[-1], "-d", primary.dsn(), "-D", standby.data, "-R", "-X", "stream", "-c", "fast"],
            check=True, timeout=60, **account._switch, env={"LC_ALL": "C"}, cwd=standby.directory,
        )  # fmt: skip
        standby.start()
        yield primary, standby


@pytest.fixture
def on_primary(standby_pair):
    primary, standby = standby_pair
    source = create_database(primary)
    source.execute("CREATE SCHEMA app; CREATE TABLE app.things (id serial PRIMARY KEY)")
    source.execute("INSERT INTO app.things SELECT generate_series(1, 1000)")
    replica = Database(standby, source.name)
    lsn = source.value("SELECT pg_current_wal_lsn()")
    there = Database(standby, "postgres")
    wait_until(lambda: there.value("SELECT pg_last_wal_replay_lsn() >= %s", (lsn,)))
    return source, replica


def test_from_a_hot_standby(on_primary, target_db):
    _, replica = on_primary

    result = copy(replica, target_db, parallel=3)

    assert result.rows == 1000
    assert target_db.value("SELECT count(*) FROM app.things") == 1000


def test_from_a_standby_to_its_primary(on_primary):
    """The same schema of the same database, seen through two servers."""
    primary, replica = on_primary

    with pytest.raises(SameSchemaError):
        copy(replica, primary)

    copy(replica, primary, into="other")
    assert primary.value("SELECT count(*) FROM other.things") == 1000


def test_into_a_standby(on_primary, source_db):
    _, replica = on_primary
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT 1 AS id")

    with pytest.raises(ReadOnlyTargetError, match="primary"):
        copy(source_db, replica)
