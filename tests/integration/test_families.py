"""Children by INHERITS arrive as they are: the order of columns, defaults, what is NOT NULL in them alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from copying import copy, messages

from judge import read_schema
from properties import read_properties

HERE = Path(__file__).parent
NEWEST = 18


def everything(database, schema="app"):
    return {**read_schema(database, schema), **read_properties(database, schema)}


@pytest.mark.parametrize("into", ["app", "other"])
@pytest.mark.parametrize(
    ("version", "script"),
    [(12, "families.sql"), (15, "families.sql"), (NEWEST, "families.sql"), (NEWEST, "families_18.sql")],
)
def test_families_arrive_and_stay(server_of, new_database, version, script, into):
    source, target = new_database(server_of(version)), new_database(server_of(version, "b"))
    source.execute((HERE / script).read_text(encoding="utf-8"))
    original = everything(source)

    for _ in range(2):
        result = copy(source, target, into=into)

        assert everything(target, into) == original
        assert messages(result) == []


def test_families_go_to_newer_servers(server_of, new_database):
    source, target = new_database(server_of(12)), new_database(server_of(NEWEST))
    source.execute((HERE / "families.sql").read_text(encoding="utf-8"))

    result = copy(source, target)

    assert read_schema(target, "app") == read_schema(source, "app")
    assert messages(result) == []


@pytest.mark.parametrize("new", [12, 15, 17, NEWEST])
def test_a_parent_may_be_stricter_than_its_child(server_of, new_database, new):
    """Up to 17, ALTER TABLE ONLY makes a column NOT NULL in a parent alone; in 18 that is called NO INHERIT."""
    source, target = new_database(server_of(12)), new_database(server_of(new, "b"))
    source.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.parent (a int, b int);
        CREATE TABLE app.child () INHERITS (app.parent);
        CREATE TABLE app.grandchild (c int) INHERITS (app.child);
        CREATE TABLE app.strict (a int NOT NULL) INHERITS (app.parent);
        INSERT INTO app.grandchild VALUES (NULL, 2, 3);
        ALTER TABLE ONLY app.parent ALTER a SET NOT NULL;
        ALTER TABLE ONLY app.child ALTER a SET NOT NULL""")

    result = copy(source, target)

    assert read_schema(target, "app") == read_schema(source, "app")
    assert messages(result) == []


def test_what_only_the_family_gives_is_kept_without_it(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA base; CREATE SCHEMA app;
        CREATE TABLE base.root (id int NOT NULL DEFAULT 4, CONSTRAINT above CHECK (id > 0));
        CREATE TABLE base.parted (id int CHECK (id > 0), k int) PARTITION BY LIST (k);
        CREATE TABLE app.mine (m int, CONSTRAINT more CHECK (m > 1));
        CREATE TABLE app.kid (c int) INHERITS (base.root, app.mine);
        CREATE TABLE app.part PARTITION OF base.parted FOR VALUES IN (1)""")

    result = copy(source_db, target_db)

    assert sorted(messages(result)) == [
        "app.kid: property left out: it inherits from base.root, which is not copied",
        "app.part: property left out: it is a partition of base.parted, which is not copied",
    ]
    found = read_schema(target_db, "app")
    assert [row[:4] for row in found["constraints"]] == [
        ("kid", "above", "c", "CHECK ((id > 0))"),
        ("kid", "more", "c", "CHECK ((m > 1))"),
        ("mine", "more", "c", "CHECK ((m > 1))"),
        ("part", "parted_id_check", "c", "CHECK ((id > 0))"),
    ]
    assert ("kid", "id", "integer", True, "", "", "4", None) in found["columns"]


def test_a_child_that_leaves_out_a_column_says_that_it_stands_alone(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.parent (id int, note text, CONSTRAINT above CHECK (id > 0));
        CREATE TABLE app.child () INHERITS (app.parent)""")

    result = copy(source_db, target_db, {"parent": {}, "child": {"transform": {"note": None}}})

    assert messages(result) == [
        "app.child: property left out: it inherits from app.parent, which keeps a column that is left out here"
    ]
    assert [row[:2] for row in read_schema(target_db, "app")["constraints"]] == [
        ("child", "above"),
        ("parent", "above"),
    ]


def test_transformed_columns_are_not_null_where_they_were(server_of, new_database):
    source, target = new_database(server_of(NEWEST)), new_database(server_of(NEWEST, "b"))
    source.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.parent (a int CONSTRAINT parent_a NOT NULL, b int);
        CREATE TABLE app.child (CONSTRAINT child_a NOT NULL a, CONSTRAINT child_b NOT NULL b) INHERITS (app.parent);
        CREATE TABLE app.other () INHERITS (app.parent);
        COMMENT ON CONSTRAINT child_b ON app.child IS 'its own';
        INSERT INTO app.child VALUES (1, 2)""")

    result = copy(source, target, {"*": {"transform": {"a": "a + 1", "b": "b + 1"}}})

    assert everything(target)["not null constraints"] == everything(source)["not null constraints"]
    assert everything(target)["comments"] == everything(source)["comments"]
    assert messages(result) == []
