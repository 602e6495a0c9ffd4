"""A schema of the source changes places with another while it is read, as ours do when they are a target."""

from __future__ import annotations

import pytest
from copying import beside, job_of

from pg_xcopy import run_job
from pg_xcopy.errors import SourceReplacedError, TargetsFailedError

TABLES = "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text)"
SWAP = "ALTER SCHEMA app RENAME TO gone; ALTER SCHEMA next RENAME TO app"
SAID = "tables of the source were replaced by others of their names while they were read: app.a, app.b."


@pytest.fixture
def both(pair):
    source, target = pair(f"{TABLES}; INSERT INTO a VALUES (1, 'old'); INSERT INTO b VALUES (2, 'old')", TABLES)
    source.execute(f"CREATE SCHEMA next; SET search_path = next; {TABLES}")
    target.execute("INSERT INTO app.a VALUES (9, 'kept')")
    return source, target


def swapping(source, event_name, statements=SWAP):
    """An observer that swaps the schemas at the first event of this name; `at` a stage, or when rows begin to flow."""
    done = []

    def observe(event):
        if event_name in (type(event).__name__, getattr(getattr(event, "stage", None), "name", "")) and not done:
            done.append(event)
            source.execute(statements)

    return observe


@pytest.mark.parametrize("moment", ["PLAN", "CHECK", "TableStarted"])
@pytest.mark.parametrize("mode", ["append", "truncate", "upsert", "replace", "replace_tables"])
def test_nothing_of_the_other_schema_comes(both, mode, moment):
    source, target = both

    with pytest.raises(SourceReplacedError) as caught:
        run_job(job_of(source, target, mode=mode), observer=swapping(source, moment))

    assert caught.value.sentence == SAID
    assert target.rows("SELECT * FROM app.a") == [(9, "kept")]
    assert target.rows("SELECT * FROM app.b") == []
    assert beside(target) == []


def test_tables_in_transactions_of_their_own(both):
    source, target = both
    job = job_of(source, target, mode="append", transaction="table", parallel=1)

    with pytest.raises(SourceReplacedError):
        run_job(job, observer=swapping(source, "TableStarted"))

    assert target.rows("SELECT * FROM app.a") == [(9, "kept")]


def test_several_targets(both, new_database):
    source, target = both
    other = new_database(target.server)
    job = job_of(source, target)
    targets = [{**job.pop("target"), "mode": "append"}, {"database": other.url, "schema": "app"}]

    with pytest.raises(TargetsFailedError) as caught:
        run_job({**job, "targets": targets}, observer=swapping(source, "TableStarted"))

    assert {error.sentence for error in caught.value.failures.values()} == {SAID}
    assert target.rows("SELECT * FROM app.a") == [(9, "kept")]
    assert other.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'app'") == []


def test_a_server_that_fetches_the_rows_itself(both):
    source, target = both
    target.require_extension("dblink")

    with pytest.raises(SourceReplacedError):
        run_job(job_of(source, target, mode="append", transport="dblink"), observer=swapping(source, "TableStarted"))

    assert target.rows("SELECT * FROM app.a") == [(9, "kept")]


def test_another_schema_may_come_and_go(both):
    source, target = both
    there_and_back = f"{SWAP}; ALTER SCHEMA app RENAME TO next; ALTER SCHEMA gone RENAME TO app"

    run_job(job_of(source, target), observer=swapping(source, "CHECK", there_and_back))

    assert target.rows("SELECT v FROM app.a UNION ALL SELECT v FROM app.b") == [("old",), ("old",)]
