"""The COMMIT of the swap, when the connection breaks before its answer is there."""

from __future__ import annotations

import pytest
from copying import beside, copy

from pg_xcopy.errors import DatabaseError
from proxy import Faults, proxy

SWAPPING = b'RENAME TO "app"'


@pytest.fixture
def two_schemas(source_db, target_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.t (n int); INSERT INTO app.t VALUES (1)")
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.t (n int); INSERT INTO app.t VALUES (0)")
    return source_db, target_db


def test_a_commit_whose_answer_is_lost_has_succeeded_if_the_server_says_so(two_schemas):
    source, target = two_schemas

    with proxy(target, Faults(after=SWAPPING, answer_to=b"COMMIT\0")) as behind:
        result = copy(source, behind)

    assert result.rows == 1
    assert target.column("SELECT n FROM app.t") == [1]
    assert beside(target) == []


def test_a_swap_that_breaks_off_before_its_commit_leaves_the_old_target(two_schemas):
    source, target = two_schemas

    with proxy(target, Faults(answer_to=SWAPPING)) as behind, pytest.raises(DatabaseError, match="swapping schema app"):
        copy(source, behind)

    assert target.column("SELECT n FROM app.t") == [0]
    assert beside(target) == []
