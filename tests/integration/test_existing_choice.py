"""A target that exists may ask for some tables, and for some columns of these: it gets no others."""

from __future__ import annotations

import pytest
from copying import messages
from filling import filling

from pg_xcopy import plan_job, run_job
from pg_xcopy.errors import PlanError

MODES = ("append", "truncate", "upsert")


@pytest.fixture
def users(source_db, target_db):
    """The target's table has all columns of the source's, one that must not stay empty, and one of its own."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.users (id int PRIMARY KEY, email text, phone text);
        INSERT INTO app.users SELECT n, 'u' || n, '0' || n FROM generate_series(1, 3) AS n;
        CREATE TABLE app.notes (id int);""")
    target_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.users (
            id int PRIMARY KEY, email text NOT NULL, phone text, half text, seen date DEFAULT '2000-01-01');
        CREATE TABLE app.notes (id int);""")
    return source_db, target_db


def asking(mode, users, wanted, rule=None):
    job = filling(mode, *users, {"users": rule, "*": {}})
    return {**job, "target": {**job["target"], "tables": wanted}}


@pytest.mark.parametrize("mode", MODES)
def test_other_columns_stay_behind(users, mode):
    result = run_job(asking(mode, users, {"users": ["id", "email"]}))

    assert users[1].rows("SELECT id, email, phone, seen::text FROM app.users ORDER BY id") == [
        (n, f"u{n}", None, "2000-01-01") for n in (1, 2, 3)
    ]
    assert messages(result) == []
    assert [each.table for each in result.tables] == ["app.users"]


@pytest.mark.parametrize("mode", MODES)
def test_what_a_transform_makes_is_asked_for_too(users, mode):
    rule = {"transform": {"half": "left(email, 1)", "seen": "current_date"}}

    run_job(asking(mode, users, {"users": ["id", "email", "half"]}, rule))

    assert users[1].rows("SELECT id, phone, half, seen::text FROM app.users WHERE id = 1") == [
        (1, None, "u", "2000-01-01")
    ]


def test_what_it_does_not_ask_for_need_not_be_there(users):
    rule = {"transform": {"elsewhere": "now()"}}

    run_job(asking("append", users, {"users": ["id", "email"]}, rule))

    assert users[1].value("SELECT count(*) FROM app.users") == 3


def test_a_table_that_it_names_must_be_there(users):
    users[1].execute("ALTER TABLE app.notes RENAME TO note")

    with pytest.raises(PlanError, match=r"app\.notes: there is no such table in the target \(did you mean 'note'\?\)"):
        plan_job(asking("append", users, ["users", "notes"]))

    assert [str(each) for each in plan_job(asking("append", users, ["users", "n*"])).notices] == [
        "app.notes: table skipped: the target has no such table"
    ]


def test_the_plan_says_what_is_left_out(users):
    plan = plan_job(asking("append", users, {"users": ["id", "email"]}))

    assert plan.copies[0].left_out == ("phone",)
    assert plan.fills[0].only_in_target == ("phone", "half", "seen")
    assert plan.fills[0].only_in_source == ()


def test_what_it_asks_for_must_be_on_both_sides(users):
    users[1].execute("ALTER TABLE app.users RENAME phone TO phones")

    with pytest.raises(PlanError) as caught:
        plan_job(asking("append", users, {"users": ["id", "half", "phone"]}))

    assert caught.value.reasons == (
        "app.users: the target asks for a column half that it does not have (it has id, email, phone)",
        "app.users: the target asks for a column phone that its table does not have (did you mean phones?)",
        "app.users.email: it is NOT NULL, has no default, and nothing is copied into it (give it a value with "
        "`transform: {email: …}`, or a default)",
    )
