"""What is read stays as the snapshot shows it: tables, what views and filters read, materialised views."""

from __future__ import annotations

import psycopg2
import pytest
from copying import copy
from filling import append

from pg_xcopy.errors import PlanError

BELOW = "CREATE TABLE below (id int); INSERT INTO below VALUES (1)"
READ = {
    "a filter": (
        f"{BELOW}; CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)",
        {"t": {"where": "id IN (SELECT id FROM below)"}},
        "TRUNCATE app.below",
    ),
    "a transform": (
        f"{BELOW}; CREATE TABLE t (id int); INSERT INTO t VALUES (2)",
        {"t": {"transform": {"id": "(TABLE app.below) -- the smallest"}}},
        "TRUNCATE app.below",
    ),
    "a view in a filter": (
        f"{BELOW}; CREATE VIEW v AS TABLE below; CREATE TABLE t (id int); INSERT INTO t VALUES (1)",
        {"t": {"where": "EXISTS (SELECT FROM v)"}},
        "TRUNCATE app.below",
    ),
    "a view": (f"{BELOW}; CREATE VIEW t AS TABLE below", {"t": {}}, "TRUNCATE app.below"),
    "a materialised view": (
        f"{BELOW}; CREATE MATERIALIZED VIEW t AS TABLE below",
        {"t": {}},
        "TRUNCATE app.below; REFRESH MATERIALIZED VIEW app.t",
    ),
}


@pytest.fixture(params=READ.values(), ids=READ.keys())
def read(request, pair):
    """A source and a target of one table, the job's tables, and a statement that changes what is read."""
    made, tables, change = request.param
    return *pair(made, "CREATE TABLE t (id int)"), tables, change


def at_stage(name, act):
    return lambda event: act() if getattr(getattr(event, "stage", None), "name", "") == name else None


def test_what_changes_meanwhile_waits(read):
    source, target, tables, change = read
    waited = []

    def try_to_change():
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            source.execute(f"SET lock_timeout = '100ms'; {change}")
        waited.append(change)

    append(source, target, tables, observer=at_stage("COPY", try_to_change))

    assert waited
    assert target.column("SELECT id FROM app.t") == [1]


def test_what_has_changed_is_said(read):
    source, target, tables, change = read

    with pytest.raises(PlanError, match=r"emptied or rewritten since the run began: (below|t) "):
        copy(source, target, tables, observer=at_stage("PLAN", lambda: source.execute(change)))


def test_no_index_is_locked(pair):
    """A job of a thousand tables takes a lock for each, of which a server has only so many."""
    source, target = pair(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)", "CREATE TABLE t (id int)"
    )
    held = []

    def look():
        held.extend(
            source.rows(
                """SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                   WHERE c.relnamespace = 'app'::regnamespace ORDER BY 1"""
            )
        )

    append(
        source,
        target,
        {"t": {"where": "id IN (SELECT id FROM app.other WHERE id = 5)"}},
        observer=at_stage("COPY", look),
    )

    assert held == [("other", "AccessShareLock"), ("t", "AccessShareLock")]
