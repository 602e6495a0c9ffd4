"""The plan prints itself: whole plans held against golden files, which `UPDATE_GOLDEN=1` rewrites."""

import json
import os
from pathlib import Path

import pytest
from catalogs import (
    KNOWN,
    column,
    dependence,
    dependent,
    domain,
    enum,
    existing,
    extension,
    fill,
    foreign_key,
    function,
    grant,
    index,
    key,
    partition_of,
    partitioned,
    plan,
    sequence,
    source,
    standing,
    standing_key,
    standing_relation,
    standing_table,
    standing_view,
    surroundings,
    table,
    target,
    unique_key,
)
from msgspec.structs import fields, replace

from pg_xcopy.catalog.objects import SchemaObjects
from pg_xcopy.catalog.standing import StandingObject
from pg_xcopy.planning.describe import as_data, as_sql, as_text
from pg_xcopy.planning.plan import ReplacePlan
from pg_xcopy.sql.quoting import Sql

GOLDEN = Path(__file__).parents[2] / "golden"

USERS = table(
    "users",
    column("id", "bigint", identity="a", not_null=True),
    column("email", "character varying(80)", not_null=True),
    column("phone", "text"),
    column("mood", "mood", type_oid=10, type_schema="app", type_name="mood", expression="'happy'::mood"),
    column("score", "positive", type_oid=20, type_schema="app", type_name="positive"),
    column("label", "text", generated="s", expression="upper((email)::text)", depends_on=("email",)),
    oid=1,
    constraints=(
        key("users_pkey", "id", definition="PRIMARY KEY (id)"),
        key("users_phone_key", "phone", kind="u", definition="UNIQUE (phone)"),
        key("users_score_check", "score", kind="c", definition="CHECK (is_fine(score))", functions=(30,)),
    ),
    indexes=(index("users_email_idx", "email", is_unique=True),),
    estimated_rows=12_345,
    bytes=2_500_000,
)
ORDERS = partitioned(
    "orders",
    "at",
    column("id", expression="nextval('orders_id_seq'::regclass)", sequences=(40,)),
    column("at", "date", not_null=True),
    column("user_id", "bigint"),
    oid=2,
    constraints=(foreign_key("orders_user_fkey", "user_id", "users"),),
)
ORDERS_2023 = partition_of(
    ORDERS,
    "orders 2023",
    bound="FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
    estimated_rows=1,
    bytes=8192,
)
CATALOG = source(
    USERS,
    ORDERS,
    ORDERS_2023,
    sequences=(
        sequence("users_id_seq", 1, "id", identity=True, oid=41, last_value=12_345, is_called=True),
        sequence("orders_id_seq", 2, "id", oid=40, last_value=99),
    ),
    types=(enum("mood", "sad", "it's fine", "happy", oid=10), domain("positive", "integer", oid=20, checks=())),
    functions=(function("is_fine", oid=30, types=(20,)),),
)
RULES = {
    "users": {
        "where": {"email": {"ilike": "%@example.com"}, "phone": None},
        "transform": {"email": "'user' || id || '@example.com' -- theirs", "phone": None},
    },
    "*": {},
}
OLD = standing(
    standing_table("users"),
    standing_table("old_things"),
    comment="the shop",
    grants=(grant("schema", "USAGE"), grant("table", "SELECT", "users")),
)
ORDERS_HERE = partitioned("orders", "at", column("id"), column("at", "date", type_name="date"), "user_id")
SHOP = source(
    table(
        "users",
        column("id", not_null=True),
        column("email", "character varying(80)", type_name="varchar"),
        column("phone", "text", type_name="text"),
        column("mood", "mood", type_oid=10, type_schema="app", type_name="mood"),
        column("score", "positive", type_oid=20, type_schema="app", type_name="positive"),
        column("label", "text", generated="s", expression="upper(email)", type_name="text"),
        estimated_rows=12_345,
        bytes=2_500_000,
    ),
    ORDERS_HERE,
    partition_of(ORDERS_HERE, "orders 2023", estimated_rows=1, bytes=8192),
    partition_of(ORDERS_HERE, "orders 2024", estimated_rows=2, bytes=8192),
    types=(enum("mood", "sad", "it's fine", oid=10), domain("positive", "integer", oid=20, checks=())),
    builtins=KNOWN,
)
THEIR_USERS = table(
    "users",
    column("id", "bigint", identity="a", not_null=True, type_name="int8"),
    column("mood", "feeling", type_oid=10, type_schema="app", type_name="feeling"),
    column("email", "text", type_name="text", not_null=True),
    column("label", "text", generated="s", expression="upper(email)", depends_on=("email",), type_name="text"),
    column("since", "timestamp with time zone", type_name="timestamptz", expression="now()"),
    oid=7,
)
THEIR_ORDERS = table(
    "orders",
    column("user_id", "bigint", type_name="int8"),
    column("at", "date", type_name="date"),
    column("id", "numeric", type_name="numeric"),
    oid=8,
    constraints=(foreign_key("orders_user_fkey", "user_id", "users"),),
)
SHOP_THERE = existing(
    THEIR_USERS,
    THEIR_ORDERS,
    types=(enum("feeling", "sad", oid=10),),
    sequences=(sequence("users_id_seq", 7, "id", identity=True, oid=41, last_value=3, is_called=True),),
    settable=frozenset({41}),
    keys={
        7: (unique_key("users_pkey", "id", primary=True),),
        8: (unique_key("orders_key", "at", parts=('"at"', "((id + 0))"), needs=("at", "id"), predicate=Sql("id > 0")),),
    },
    extensions=(extension("citext", "ext"),),
    own_path=("public",),
    compressions=frozenset({"lz4"}),
)
STAYING = standing(
    standing_table("users"),
    standing_table("orders"),
    attachments=(StandingObject("trigger", "audit", "trigger audit on table app.users", table=100),),
    grants=(grant("table", "SELECT", "users"), grant("default", "SELECT", for_role="worker", object_kind="TABLES")),
)
PLANS = {
    "renamed": plan(RULES, CATALOG, target(OLD, extensions=(extension("citext", "app"),))),
    "moved": plan(
        {"users": RULES["users"]},
        CATALOG,
        target(
            standing(
                standing_table("users"), ours=False, owner="boss", dependents=(dependent("view v.x", "table users"),)
            )
        ),
        cascade=True,
    ),
    "tables": plan(
        {"users": RULES["users"]},
        CATALOG,
        target(
            STAYING,
            surroundings=surroundings(
                standing_relation(100, "users", columns={"id": "bigint", "email": "text", "own": "text"}),
                standing_relation(101, "users_own_idx", "i", home=100),
                standing_relation(102, "orders", columns={"id": "integer"}),
                standing_relation(103, "users_id_seq", "S", home=100),
                standing_relation(104, "addresses", "v"),
                views=(standing_view(104, "addresses", (100, "id"), options=(Sql("security_barrier='true'"),)),),
                keys=(standing_key(105, "orders_user_fkey", 102, 100, comment="who"),),
                dependences=(
                    dependence("pg_rewrite 106", "view app.addresses", 104, 100, "table app.users", kind="view"),
                    dependence("pg_constraint 105", "constraint orders_user_fkey", 102, 100, "table app.users"),
                    dependence("pg_rewrite 107", "materialized view v.x", 108, 100, "table app.users", kind="view"),
                ),
                objects=SchemaObjects(types=CATALOG.types[:1]),
            ),
        ),
        mode="replace_tables",
        cascade=True,
    ),
    "new": plan({"orders": {"transform": {"at": None}}}, CATALOG, target()),
    "fetched": plan(
        {"users": RULES["users"], "orders": {}},
        CATALOG,
        target(extensions=(extension("citext", "app"), extension("dblink", "my tools"))),
        transport="dblink",
        route={"host": "prod.internal"},
    ),
    "pulled": plan(
        {"users": {"where": {"phone": None}, "transform": {"phone": None}}, "orders": {}},
        CATALOG,
        target(extensions=(extension("citext", "app"), extension("postgres_fdw", "public"))),
        transport="postgres_fdw",
    ),
    "pushed": plan(
        {"users": RULES["users"], "orders": {}},
        replace(CATALOG, extensions=(*CATALOG.extensions, extension("postgres_fdw", "public"))),
        target(extensions=(extension("citext", "app"),)),
        transport="postgres_fdw",
        push=True,
    ),
    "pushed_into": fill(
        "truncate",
        RULES,
        replace(SHOP, extensions=(*SHOP.extensions, extension("postgres_fdw", "public"))),
        SHOP_THERE,
        transport="postgres_fdw",
        push=True,
    ),
    "pushed_separately": fill(
        "upsert",
        {"users": RULES["users"]},
        replace(SHOP, extensions=(*SHOP.extensions, extension("postgres_fdw", "public"))),
        SHOP_THERE,
        transport="postgres_fdw",
        push=True,
        transaction="table",
    ),
    "append": fill("append", RULES, SHOP, SHOP_THERE),
    "truncate": fill("truncate", RULES, SHOP, SHOP_THERE),
    "upsert": fill("upsert", {**RULES, "orders": {"update": "none", "key": "orders_key"}}, SHOP, SHOP_THERE),
}


def as_json(planned):
    return json.dumps(as_data(planned), indent=2, ensure_ascii=False)


@pytest.mark.parametrize("form", [(as_sql, "sql"), (as_text, "txt"), (as_json, "json")], ids=lambda form: form[1])
@pytest.mark.parametrize("name", PLANS)
def test_golden(name, form):
    show, suffix = form
    golden = GOLDEN / f"plan_{name}.{suffix}"

    shown = show(PLANS[name]) + "\n"

    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


def test_data_holds_the_whole_plan():
    data = as_data(PLANS["renamed"])

    assert list(data) == [field.name for field in fields(ReplacePlan)]
    assert json.loads(json.dumps(data)) == data


def test_counts_of_one_are_said_as_one():
    assert "\ncopies 1 table, about 1 row, 8.0 KiB on disk\n" in as_text(PLANS["new"])


def test_no_section_without_content():
    text = as_text(PLANS["new"])

    assert "drops" not in text
    assert "\n\n\n" not in text


def test_an_expression_of_several_lines_is_shown_in_one():
    text = as_text(plan({"users": {"where": "a = 1\n  OR b = 2"}}, source(table("users", "id"))))

    assert "      where ( a = 1 OR b = 2 )" in text
