"""SIGTERM ends a run within seconds, whatever it is waiting for, and undoes what it began."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import closing, contextmanager, suppress

import pytest
from copying import Clock, beside, copy, job_of, running, wait_until
from processes import seconds_to_end, started

from judge import read_schema
from pg_xcopy import run_job

SLOW = """
    CREATE FUNCTION app.slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
        IF current_setting('application_name') LIKE 'pg-xcopy%' THEN PERFORM pg_sleep(60); END IF;
        RETURN $1;
    END$$;
"""


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
    assert running(target_db) == []
    assert read_schema(target_db, "app") == before


@contextmanager
def locked(database, statement):
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"BEGIN; {statement}")
        yield


@contextmanager
def nothing():
    yield


def busy(database, event):
    return lambda: database.rows(
        "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'pg-xcopy%%' AND state = 'active'"
        " AND wait_event = %s AND datname = current_database()", (event,)
    )  # fmt: skip


# What is prepared on the source, the rule for the table, what is locked where, and which wait is to be seen where.
WAITS = {
    "checking a slow expression": (SLOW, {"where": "id > app.slow(1)"}, None, None, "source", "PgSleep"),
    "checking a locked table": ("", {}, "source", "LOCK app.things IN ACCESS EXCLUSIVE MODE", "source", "relation"),
    "building": ("", {}, "target", "LOCK pg_catalog.pg_class IN EXCLUSIVE MODE", "target", "relation"),
    "copying what takes its time": ("", {"transform": {"body": "pg_sleep(60)::text"}}, None, None, "source", "PgSleep"),
    "indexing": (SLOW + "CREATE INDEX i ON app.things (app.slow(id));", {}, None, None, "target", "PgSleep"),
    "adding a check": (
        SLOW + "ALTER TABLE app.things ADD CHECK (app.slow(id) > 0);", {}, None, None, "target", "PgSleep"
    ),
}  # fmt: skip


@pytest.mark.parametrize("wait", WAITS)
def test_sigterm(things, target, wait):
    sql, rule, side, lock, where, event = WAITS[wait]
    sides = {"source": things, "target": target}
    things.execute(sql or "SELECT 1")
    with locked(sides[side], lock) if side else nothing(), started(job_of(things, target, {"things": rule})) as run:
        wait_until(busy(sides[where], event))
        run.send_signal(signal.SIGTERM)

        seconds = seconds_to_end(run)

    assert (run.returncode, seconds < 5) == (143, True), f"{seconds} s"
    assert running(things) == []


def test_sigterm_while_connecting(target):
    """A server that takes the connection and never says a word: connect_timeout is the limit."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        job = job_of(f"postgresql://x@127.0.0.1:{port}/x?connect_timeout=3", target)
        with started(job) as run:
            connection, _ = mute.accept()
            run.send_signal(signal.SIGTERM)

            seconds = seconds_to_end(run)
            connection.close()

    assert (run.returncode, seconds < 5) == (143, True), f"{seconds} s"


class Cable(threading.Thread):
    """A network between a client and a server, which can go silent: nothing arrives any more, nothing is refused."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.silent, self.sockets = port, threading.Event(), []
        self.listener = socket.create_server(("127.0.0.1", 0))

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            self.sockets += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, one, other):
        try:
            while data := one.recv(65536):
                if not self.silent.is_set():
                    other.sendall(data)
            if not self.silent.is_set():
                other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def test_sigterm_when_the_network_has_gone_silent(things, target):
    """No cancel request reaches the server either: then the connections are cut."""
    server = things.server
    with Cable(server.port) as cable:
        url = things.url.replace(f":{server.port}/", f":{cable.listener.getsockname()[1]}/")
        job = job_of(url, target, {"things": {"transform": {"body": "pg_sleep(0.05)::text"}}})
        with started(job) as run:
            wait_until(busy(things, "PgSleep"))
            cable.silent.set()
            run.send_signal(signal.SIGTERM)

            seconds = seconds_to_end(run)

    assert (run.returncode, seconds < 15) == (143, True), f"{seconds} s"
    # An older server sees only when it sends the next few kilobytes that nobody is there.
    assert server.major < 14 or wait_until(lambda: running(things) == [])


class InterruptedByTestError(Exception):
    pass


def test_an_exception_in_the_calling_thread(things, target):
    """Ctrl-C in a program that uses the library: its own exception comes out, when all is undone."""

    def interrupt(*_):
        raise InterruptedByTestError

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        job = job_of(things, target, {"things": {"transform": {"body": "pg_sleep(60)::text"}}})
        threading.Thread(
            target=lambda: (wait_until(busy(things, "PgSleep")), os.kill(os.getpid(), signal.SIGUSR1)), daemon=True
        ).start()
        with Clock() as clock, pytest.raises(InterruptedByTestError):
            run_job(job)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert clock.seconds < 10
    assert running(things) == []
