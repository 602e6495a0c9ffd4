"""What the tests of whole copies have in common: a job in one line, and a look at what it leaves behind."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pg_xcopy import run_job

HERE = Path(__file__).parent
OLDEST = 12
RUNNING = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pg-xcopy%%' AND pid <> pg_backend_pid()"


def job_of(source, target, tables=None, *, schema="app", into=None, mode="replace", **options):
    """A job as a dictionary; `source` and `target` are databases or connection strings."""
    return {
        "source": {"database": getattr(source, "url", source), "schema": schema},
        "target": {"database": getattr(target, "url", target), "schema": into or schema, "mode": mode},
        "tables": tables or {"*": {}},
        **options,
    }


def properties_of(version):
    """What a schema app may have that PostgreSQL 12 knows, or that a later version brought."""
    name = "properties.sql" if version == OLDEST else f"properties_{version}.sql"
    return (HERE / name).read_text(encoding="utf-8")


def copy(source, target, tables=None, *, observer=None, **options):
    watching = {"observer": observer} if observer else {}
    return run_job(job_of(source, target, tables, **options), **watching)


def beside(database):
    """The schemas of ours that stand beside a target."""
    return database.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE '\\_xcopy\\_%' ORDER BY 1")


def running(database, state="%"):
    """The server processes that work for a run in this database."""
    return database.column(f"{RUNNING} AND datname = current_database() AND query LIKE %s", (state,))


def sleeping(database):
    """Those of them that sleep, as a transform with pg_sleep does once its rows flow."""
    return database.column(f"{RUNNING} AND datname = current_database() AND wait_event = 'PgSleep'")


def terminate(database, query="%COPY%", waiting="%"):
    """End, as an administrator would, the server processes that run such a query; tell how many there were.

    `waiting` is a pattern for the event that they wait for: PgSleep is only seen once a query is under way.
    """
    ended = database.column(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'pg-xcopy%%' AND query LIKE %s AND state = 'active'"
        " AND coalesce(wait_event, '') LIKE %s",
        (query, waiting),
    )
    return sum(ended)


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


@contextmanager
def in_background(call):
    """Run `call` in a thread; gives its future."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(call)


def our_threads():
    """Threads that a run started and did not end."""
    return [thread for thread in threading.enumerate() if "pg-xcopy" in thread.name or "_produce" in thread.name]


def messages(result):
    return [str(warning) for warning in result.warnings]


class Clock:
    """How long a block took, in seconds."""

    def __enter__(self):
        self.started = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.started
