"""From any version to any other, where the types of the older one allow."""

from __future__ import annotations

import pytest
from copying import beside, copy

from judge import read_schema

PLAIN = """
    CREATE SCHEMA app;
    CREATE TYPE app.mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
    CREATE TABLE app.a (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m app.mood DEFAULT 'ok', ms app.mood[], n app.positive,
        doubled int GENERATED ALWAYS AS (n * 2) STORED, at timestamptz DEFAULT '2024-01-01 00:00+00', UNIQUE (n, m));
    CREATE TABLE app.b (
        id bigserial PRIMARY KEY, a int NOT NULL REFERENCES app.a ON DELETE CASCADE, body text CHECK (body <> ''),
        EXCLUDE USING btree (a WITH =));
    CREATE TABLE app.p (id int, at date) PARTITION BY RANGE (at);
    CREATE TABLE app.p_1 PARTITION OF app.p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE app.p_rest PARTITION OF app.p DEFAULT;
    CREATE INDEX by_body ON app.b USING btree (lower(body)) INCLUDE (a) WHERE a > 0;
    INSERT INTO app.a (ms, n) SELECT '{sad,NULL}', i FROM generate_series(1, 1000) AS i;
    INSERT INTO app.b (a, body) SELECT i, 'b' || i FROM generate_series(1, 1000) AS i;
    INSERT INTO app.p SELECT i, date '2023-06-01' + i FROM generate_series(1, 1000) AS i;
"""


@pytest.mark.parametrize(("old", "new"), [(12, 18), (18, 12), (15, 15), (12, 12), (15, 18)])
def test_between_versions(server_of, new_database, old, new):
    source, target = new_database(server_of(old)), new_database(server_of(new, "b"))
    source.execute(PLAIN)

    for _ in range(2):
        result = copy(source, target)

    assert result.warnings == ()
    assert read_schema(target, "app") == read_schema(source, "app")
    assert beside(target) == []


def test_a_type_that_the_older_one_lacks(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(12))
    source.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int, many int4multirange)")

    with pytest.raises(Exception, match="int4multirange"):
        copy(source, target)

    assert target.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'app'") == []
    assert beside(target) == []


def test_a_virtual_column_for_an_older_one(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(12))
    source.execute(
        "CREATE SCHEMA app; CREATE TABLE app.things (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL)"
    )

    with pytest.raises(Exception, match="virtual generated column"):
        copy(source, target)

    copy(source, target, {"things": {"transform": {"twice": None}}})
