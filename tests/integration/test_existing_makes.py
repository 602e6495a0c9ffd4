"""Types of somebody's own making that have one name on both sides and are made of something else."""

from __future__ import annotations

import pytest
from copying import messages
from filling import append

from pg_xcopy.errors import PlanError

HINT = "(say how with `transform: {v: …}`, or leave it out with null)"


@pytest.mark.parametrize(
    ("here", "there", "type_", "said"),
    [
        (
            "CREATE TYPE p AS (lat float, lng float)",
            "CREATE TYPE p AS (lng float, lat float)",
            "p",
            "lng, lat|lat, lng",
        ),
        ("CREATE TYPE p AS (a text, b text)", "CREATE TYPE p AS (a text, c text)", "p[]", "a, c|a, b"),
        ("CREATE TYPE p AS (a text, b text)", "CREATE TYPE p AS (a text)", "p", "a|a, b"),
        ("CREATE TABLE p (a text, b text)", "CREATE TABLE p (b text, a text)", "p", "b, a|a, b"),
        (
            "CREATE TYPE p AS (a int, b int); CREATE TYPE o AS (x int, p p[])",
            "CREATE TYPE p AS (b int, a int); CREATE TYPE o AS (x int, p p[])",
            "o",
            "b, a|a, b",
        ),
        (
            "CREATE TYPE p AS (a int, b int); CREATE DOMAIN o AS p",
            "CREATE TYPE p AS (b int, a int); CREATE DOMAIN o AS p CHECK (true)",
            "o",
            "b, a|a, b",
        ),
    ],
    ids=["order", "names", "number", "row types", "within another", "within a domain"],
)
def test_fields_would_get_the_values_of_others(pair, here, there, type_, said):
    source, target = pair(f"{here}; CREATE TABLE t (id int, v {type_})", f"{there}; CREATE TABLE t (id int, v {type_})")

    with pytest.raises(PlanError) as caught:
        append(source, target, {"t": {}})

    wanted, given = said.split("|")
    assert caught.value.reasons == (f"app.t.v: its type has the fields {wanted}, the source's {given} {HINT}",)
    append(source, target, {"t": {"transform": {"v": None}}})


def test_a_transform_puts_fields_in_their_places(pair):
    source, target = pair(
        "CREATE TYPE p AS (lat float, lng float); CREATE TABLE t (v p); INSERT INTO t VALUES ('(1.5,2.5)')",
        "CREATE TYPE p AS (lng float, lat float); CREATE TABLE t (v p)",
    )

    append(source, target, {"t": {"transform": {"v": "row((v).lng, (v).lat)"}}})

    assert target.rows("SELECT (v).lat, (v).lng FROM app.t") == [(1.5, 2.5)]


def test_fields_of_other_types(pair):
    source, target = pair(
        """CREATE TYPE p AS (a int, b numeric); CREATE TABLE r (a int, b text);
           CREATE TABLE t (v p, r r); INSERT INTO t VALUES ('(1,1.25)', '(2,x)')""",
        """CREATE TYPE p AS (a bigint, b numeric(5,1)); CREATE TABLE r (a int, b text); CREATE TABLE t (v p, r r)""",
    )

    result = append(source, target, {"t": {}})

    assert target.value("SELECT t::text FROM app.t") == '("(1,1.3)","(2,x)")'
    assert messages(result) == ["app.t.v: converted: p becomes the target's p, as PostgreSQL casts it"]


DOMAINS = [
    ("numeric(10,4)", "numeric(10,2)", "1.2345", "1.23", "(numeric(10,2)): digits are rounded off"),
    ("timestamp", "date", "2024-01-02 03:04:05", "2024-01-02", "(date), as PostgreSQL casts it"),
    (
        "interval",
        "interval hour",
        "1 day 02:30",
        "1 day 02:00:00",
        "(interval hour): what is smaller than hours is cut",
    ),
    ("int", "bigint", "7", "7", None),
    ("varchar(5)", "text", "x", "x", None),
]


@pytest.mark.parametrize(("here", "there", "value", "arrived", "said"), DOMAINS)
def test_what_a_domain_is_made_of_counts(source_db, target_db, here, there, value, arrived, said):  # noqa: PLR0917 - a row
    for database, type_ in ((source_db, here), (target_db, there)):
        database.execute(f"CREATE SCHEMA app; CREATE DOMAIN app.d AS {type_}")
    source_db.execute(f"CREATE TABLE app.t (v {here}, w app.d); INSERT INTO app.t VALUES ('{value}', '{value}')")
    target_db.execute("CREATE TABLE app.t (v app.d, w app.d)")

    result = append(source_db, target_db)

    assert target_db.rows("SELECT v::text, w::text FROM app.t") == [(arrived, arrived)]
    assert [said in each for each in messages(result)] == ([] if said is None else [True, True])
