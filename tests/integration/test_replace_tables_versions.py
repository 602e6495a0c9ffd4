"""`replace_tables` between servers of different versions: what one deparses is compared with what the other does."""

from __future__ import annotations

import pytest
from copying import beside, messages
from replacing_tables import IN_SCHEMA, replace

SHARED = """
    CREATE SCHEMA app;
    SET search_path = app;
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TYPE place AS (x int, m mood);
    CREATE DOMAIN short AS varchar(20) NOT NULL DEFAULT 'x' CHECK (VALUE <> '' AND length(VALUE) < 19);
    CREATE TYPE span AS RANGE (SUBTYPE = float8);
    CREATE COLLATION plain (PROVIDER = libc, LOCALE = 'C');
    CREATE FUNCTION twice(n int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE STRICT COST 7 AS 'SELECT $1 * 2';
    CREATE FUNCTION feels(mood) RETURNS bool LANGUAGE plpgsql IMMUTABLE SET search_path = app AS
        'BEGIN RETURN $1 = ''ok''; END';
    CREATE SEQUENCE numbers;
    CREATE TABLE things (
        id int DEFAULT nextval('numbers') PRIMARY KEY, m mood DEFAULT 'ok', s short, p place, r span,
        t text COLLATE plain, n int GENERATED ALWAYS AS (twice(id)) STORED, CHECK (feels(m)));
    CREATE INDEX by_text ON things (lower(t)) WHERE n > 1;
    CREATE TABLE logs (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    INSERT INTO things (r) SELECT '[1,2]' FROM generate_series(1, 9); INSERT INTO logs VALUES (1, '2024-05-05');
"""
OWN = """
    CREATE TABLE app.own (
        thing int CONSTRAINT of_thing REFERENCES app.things DEFERRABLE, id int, at date,
        CONSTRAINT of_log FOREIGN KEY (id, at) REFERENCES app.logs);
    INSERT INTO app.own VALUES (3, 1, '2024-05-05');
    CREATE TABLE app.parted (thing int CONSTRAINT of_parted REFERENCES app.things) PARTITION BY LIST (thing);
    CREATE TABLE app.parted_1 PARTITION OF app.parted DEFAULT;
    INSERT INTO app.parted VALUES (4);
    CREATE VIEW app.v AS SELECT t.id, t.m, upper(t.t) AS t, count(*) OVER (PARTITION BY t.m) AS c
        FROM app.things t LEFT JOIN app.own o ON o.thing = t.id WHERE t.m = 'ok'::app.mood;
    CREATE MATERIALIZED VIEW app.not_concerned AS SELECT id FROM app.own;
"""
PAIRS = [(12, 18), (18, 12), (13, 17), (17, 13), (14, 16), (16, 14), (15, 15)]


@pytest.mark.parametrize(("of_source", "of_target"), PAIRS)
def test_between_versions(server_of, new_database, of_source, of_target):
    source, target = new_database(server_of(of_source)), new_database(server_of(of_target, "b"))
    source.execute(SHARED)
    target.execute(SHARED + OWN)
    stays = [row for row in target.rows(IN_SCHEMA) if not row[0].lstrip("_").startswith(("thing", "logs", "by_text"))]
    source.execute("UPDATE app.things SET t = 'new'")

    results = [replace(source, target, "things", "logs") for _ in range(3)]

    assert [messages(result) for result in results] == [[], [], []]
    assert beside(target) == []
    assert target.rows("SELECT DISTINCT t, c FROM app.v") == [("NEW", 9)]
    assert [
        row for row in target.rows(IN_SCHEMA) if not row[0].lstrip("_").startswith(("thing", "logs", "by_text"))
    ] == stays
    assert target.column("SELECT conname FROM pg_constraint WHERE contype = 'f' AND convalidated AND conparentid = 0"
                         " ORDER BY 1") == ["of_log", "of_parted", "of_thing"]  # fmt: skip
    with pytest.raises(Exception, match="of_thing"):
        target.execute("INSERT INTO app.own VALUES (99)")


@pytest.mark.parametrize("major", [12, 13, 14, 15, 16, 17, 18])
def test_what_is_missing_comes_and_then_is_the_same(server_of, new_database, major):
    source, target = new_database(server_of(major)), new_database(server_of(18, "b"))
    source.execute(SHARED)
    target.execute("CREATE SCHEMA app; CREATE TABLE app.own (id int)")

    results = [replace(source, target, "things", "logs") for _ in range(2)]

    assert [messages(result) for result in results] == [[], []]
    assert target.value("SELECT count(*) FROM app.things") == 9
