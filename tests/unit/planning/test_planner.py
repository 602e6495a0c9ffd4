"""All decisions together: every problem at once, strictness, and the plan as a whole."""

import pytest
from catalogs import (
    column,
    dependent,
    extension,
    foreign_key,
    key,
    plan,
    source,
    standing,
    table,
    target,
)

from pg_xcopy.errors import PlanError

USERS = table("users", "id", "email", constraints=(key("users_pkey", "id"),))
ORDERS = table("orders", "id", "user_id", constraints=(foreign_key("orders_user_fkey", "user_id", "users"),))
SHOP = source(USERS, ORDERS)


def test_every_problem_is_said_at_once():
    with pytest.raises(PlanError) as caught:
        plan(
            {
                "users": {"where": {"emial": 1}, "transform": {"nmae": None}},
                "oders": {},
                "orders": {"transform": {"id": None, "user_id": None}},
            },
            SHOP,
            target(standing(dependents=(dependent("view v", "table t"),)), may_create_schemas=False),
        )

    assert [reason.partition(":")[0] for reason in caught.value.reasons] == [
        "app.oders",
        "app.users",
        "app.users",
        "app.orders",
        "target schema app",
        "target schema app",
    ]
    assert str(caught.value).startswith("job copy can't run, 6 problems; nothing was changed:\n  app.oders: ")


def test_strict_refuses_what_is_known_to_be_lost():
    with pytest.raises(PlanError) as caught:
        plan({"users": {"transform": {"id": None}}, "orders": {}}, SHOP, strict=True)

    assert caught.value.reasons == (
        "app.users.users_pkey: constraint left out: primary key: it needs id, which is left out"
        " (`strict: true` forbids it)",
        "app.orders.orders_user_fkey: constraint left out: foreign key: it refers to users (id), which is left out"
        " (`strict: true` forbids it)",
    )


def test_strict_forgives_what_is_no_loss():
    made = plan(
        {"*": {"where": {"email": 1}}},
        source(USERS, table("other", "id")),
        target(standing()),
        strict=True,
        on_missing_column="skip_table",
        exclude=["zz*"],
    )

    assert len(made.notices) == 2


def test_a_problem_is_said_once():
    twice = source(table("t", column("a", "citext", type_schema="public", type_name="citext")))

    with pytest.raises(PlanError) as caught:
        plan({"t": {}}, twice)

    assert len(caught.value.reasons) == 1


def test_search_paths():
    made = plan(
        {"*": {}},
        source(USERS, extensions=(extension("b", "ext"), extension("a", "ext"), extension("plpgsql", "pg_catalog"))),
        target(extensions=(extension("a", "public"),)),
    )

    assert made.source_path == '"app", "ext", "public", pg_temp'
    assert made.target_path == f'"{made.staging}", "ext", "public", pg_temp'


def test_what_the_job_says_is_in_the_plan():
    made = plan({"*": {}}, SHOP, target(standing(), schema="elsewhere"), parallel=7, cascade=True)

    assert (made.job, made.resources.workers, made.cascades, made.strict) == ("copy", 7, True, False)
    assert (made.source.schema, made.target.schema) == ("app", "elsewhere")
    assert (made.source.database, made.target.database) == ("shop", "staging")
    assert [str(copy.target) for copy in made.copies] == ["elsewhere.orders", "elsewhere.users"]


def test_a_plan_is_the_same_each_time():
    assert plan({"*": {}}, SHOP) == plan({"*": {}}, SHOP)
