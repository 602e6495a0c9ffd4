"""A schema with one of everything arrives as it is, and the second run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from copying import beside, copy, messages

from judge import read_schema

TORTURE = Path(__file__).with_name("torture.sql").read_text(encoding="utf-8")


@pytest.fixture
def torture(source_db):
    source_db.execute(TORTURE)
    return source_db


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("into", ["app", 'Other "schema"; with % {} and 🐘'])
def test_one_of_everything(torture, target_db, into, parallel):
    first = copy(torture, target_db, into=into, parallel=parallel)

    original = read_schema(torture, "app")
    assert read_schema(target_db, into) == original
    assert messages(first) == []

    second = copy(torture, target_db, into=into, parallel=parallel)

    assert read_schema(target_db, into) == original
    assert messages(second) == []
    assert beside(target_db) == []


def test_what_is_copied_works(torture, target_db):
    """Defaults, sequences and generated columns of the copy use what is in the copy, not what is in the old schema."""
    for _ in range(2):
        copy(torture, target_db)

    target_db.execute("""
        SET search_path = app;
        INSERT INTO kinds (number, mail, span) VALUES (9, 'a@b', '[900,901]');
        INSERT INTO tree (a) VALUES (1000);
        INSERT INTO sequences DEFAULT VALUES;
        INSERT INTO parts VALUES (1000, 'de', '2024-05-05'), (1001, 'nl', '2024-05-05')""")

    assert target_db.rows("SET search_path = app; SELECT code, halved FROM kinds ORDER BY id DESC LIMIT 1") == [
        ("code-157", 4)
    ]
    assert target_db.value("SELECT max(id) FROM app.tree") == 201
    assert target_db.rows("SELECT up, small, given, down, untouched FROM app.sequences ORDER BY down LIMIT 1") == [
        (1000, 11, 5, -11, 52)
    ]
    assert target_db.column("SELECT tableoid::regclass::text FROM app.parts WHERE id >= 1000 ORDER BY id") == [
        "app.parts_eu_new",
        'app."parts other"',
    ]


def test_views_that_are_named_become_tables(torture, target_db):
    copy(torture, target_db, {"seen": {"where": "id > 200"}, "kept": {}})

    found = read_schema(target_db, "app")
    assert [(name, kind) for name, kind, *_ in found["tables"]] == [("kept", "r"), ("seen", "r")]
    assert [row[1:3] for row in found["columns"]] == [
        ("n", "bigint"), ("best", "mood"), ("id", "integer"), ("the code", "text"), ("feeling", "mood")
    ]  # fmt: skip
    assert (found["rows"]["seen"][0], found["rows"]["kept"][0]) == (11, 1)


def test_only_what_is_named(torture, target_db):
    """Of types, sequences and functions only those come that the chosen tables need."""
    result = copy(torture, target_db, {"sequences": {}, "select": {}})

    found = read_schema(target_db, "app")
    assert [name for name, *_ in found["tables"]] == ["select", "sequences"]
    assert found["types"] == []
    assert messages(result) == []
    assert read_schema(torture, "app")["rows"]["select"] == found["rows"]["select"]
