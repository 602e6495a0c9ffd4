"""A view that is named exactly becomes a table, with what of it a table can have."""

from __future__ import annotations

import pytest
from copying import copy, messages

from pg_xcopy.errors import DatabaseError
from properties import read_properties


def test_a_materialised_view_brings_its_indexes(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        SET search_path = app;
        CREATE TABLE t (id int PRIMARY KEY, n text);
        INSERT INTO t VALUES (1, 'a'), (2, 'b');
        CREATE MATERIALIZED VIEW mv WITH (fillfactor = 60) AS SELECT * FROM t;
        CREATE UNIQUE INDEX mv_id ON mv (id);
        CREATE INDEX mv_upper ON mv USING btree (upper(n)) WHERE id > 0;
        CLUSTER mv USING mv_id;
        COMMENT ON INDEX mv_id IS 'an index'""")

    result = copy(source_db, target_db, {"mv": {}, "*": {}})

    assert messages(result) == []
    indexes = "SELECT indexdef FROM pg_indexes WHERE tablename = 'mv' ORDER BY 1"
    assert target_db.rows(indexes) == source_db.rows(indexes)
    assert target_db.value("SELECT reloptions FROM pg_class WHERE relname = 'mv'") == ["fillfactor=60"]
    found = read_properties(target_db, "app")
    assert [text for *_, text in found["comments"]] == ["an index"]
    assert [name for name, clustered, *_ in found["indexes"] if clustered] == ["mv_id"]


def test_options_of_a_view_are_none_of_a_table(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.t (id int);
        INSERT INTO app.t VALUES (1);
        CREATE VIEW app.v WITH (security_barrier = true, check_option = local) AS SELECT * FROM app.t""")

    assert messages(copy(source_db, target_db, {"v": {}})) == []
    assert target_db.column("SELECT id FROM app.v") == [1]


def test_a_value_that_is_the_name_of_a_view(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE VIEW app.v AS SELECT 1 AS x;
        CREATE TABLE app.jobs (id int, on_what regclass);
        INSERT INTO app.jobs VALUES (1, 'app.jobs'), (2, 'app.v')""")

    with pytest.raises(DatabaseError, match="is the name of something that is not copied, as those of regclass"):
        copy(source_db, target_db, {"jobs": {}})

    copy(source_db, target_db, {"jobs": {"where": "on_what <> 'app.v'::regclass"}})
    assert target_db.column("SELECT on_what::text FROM app.jobs") == ["app.jobs"]
