"""What partitions have of their own, and how their indexes and keys hang on those of their root."""

from __future__ import annotations

from pathlib import Path

import pytest
from copying import copy, messages

from judge import read_schema
from properties import read_properties

HERE = Path(__file__).parent
PAIRS = [(15, 15), (12, 12), (18, 18)]


def everything(database, schema="app"):
    return {**read_schema(database, schema), **read_properties(database, schema)}


@pytest.mark.parametrize("into", ["app", "other"])
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_indexes_are_attached_as_in_the_source(server_of, new_database, old, new, into):
    source, target = new_database(server_of(old)), new_database(server_of(new, "b"))
    source.execute((HERE / "partitions.sql").read_text(encoding="utf-8"))
    # A copy has all partitions in one schema: so is it compared.
    move = "ALTER TABLE {0}.wide_1 SET SCHEMA {1}; ALTER STATISTICS {0}.wide_kv SET SCHEMA {1}"
    source.execute(move.format("parts", "app"))
    original = everything(source)
    source.execute(move.format("app", "parts"))

    for _ in range(2):
        result = copy(source, target, into=into)

        assert everything(target, into) == original
        assert messages(result) == []


@pytest.mark.parametrize("into", ["app", "other"])
def test_keys_in_time_and_exclusions(server_of, new_database, into):
    source, target = new_database(server_of(18)), new_database(server_of(18, "b"))
    for database in (source, target):
        database.require_extension("btree_gist")
    source.execute((HERE / "partitions_18.sql").read_text(encoding="utf-8"))
    original = everything(source)

    for _ in range(2):
        result = copy(source, target, into=into)

        assert everything(target, into) == original
        assert messages(result) == []


def test_a_key_that_a_partition_can_not_have_is_not_its_root_s_either(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.m (id int, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
        CREATE TABLE app.m_1 PARTITION OF app.m FOR VALUES IN (1);
        CREATE TABLE app.m_2 PARTITION OF app.m FOR VALUES IN (2);
        INSERT INTO app.m VALUES (1, 1), (1, 2), (2, 2)""")

    result = copy(source_db, target_db, {"m": {"transform": {"id": "1"}}})

    assert messages(result) == [
        "app.m_2.m_2_pkey: constraint left out: PRIMARY KEY (id, k): the copied values are not unique",
        'app.m.m_pkey: constraint left out: PRIMARY KEY (id, k): relation "m_2_pkey" does not exist',
    ]
    assert [row[:2] for row in read_schema(target_db, "app")["indexes"]] == [("m_1", "m_1_pkey")]
