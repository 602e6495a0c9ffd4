"""Both sides are connected to at the same time: what fails on one is said, and what the other had opened is closed."""

from __future__ import annotations

import pytest
from copying import RUNNING, copy

from pg_xcopy.errors import ConnectionFailedError, SchemaNotFoundError, TargetLockedError

NOWHERE = "postgresql://someone@127.0.0.1:1/nothing"


@pytest.fixture
def shop(source_db, target_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.users AS SELECT 1 AS id")
    return source_db, target_db


LOCKED = """
SELECT 1 FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND d.datname = current_database()
"""


def alone(database):
    """Nothing of ours is connected, and nobody holds the schema's lock."""
    return not database.rows(RUNNING) and not database.rows(LOCKED)


@pytest.mark.parametrize("mode", ["replace", "replace_tables", "append"])
def test_a_source_that_is_not_there_leaves_the_target_alone(shop, mode):
    _, target = shop
    target.execute("CREATE SCHEMA app; CREATE TABLE app.users (id int)")

    with pytest.raises(ConnectionFailedError) as raised:
        copy(NOWHERE, target, mode=mode)

    assert raised.value.side == "source"
    assert alone(target)


def test_a_schema_that_the_source_does_not_have(shop):
    source, target = shop

    with pytest.raises(SchemaNotFoundError):
        copy(source, target, schema="apps", into="app")

    assert alone(source)
    assert alone(target)


def test_a_target_that_is_not_there_leaves_the_source_alone(shop):
    source, _ = shop

    with pytest.raises(ConnectionFailedError) as raised:
        copy(source, NOWHERE)

    assert raised.value.side == "target"
    assert alone(source)


def test_where_both_are_not_there_the_source_is_told_of():
    with pytest.raises(ConnectionFailedError) as raised:
        copy(NOWHERE, NOWHERE)

    assert raised.value.side == "source"


def test_a_lock_that_another_run_holds_is_an_error_beside_a_source_that_is_there(shop):
    source, target = shop
    errors = []

    def try_again(_event):
        if not errors:
            with pytest.raises(TargetLockedError) as raised:
                copy(source, target)
            errors.append(raised.value)

    copy(source, target, observer=lambda event: try_again(event) if type(event).__name__ == "Planned" else None)

    assert errors
    assert target.rows("SELECT id FROM app.users") == [(1,)]
