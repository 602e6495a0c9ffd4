"""Keys, checks, indexes and foreign keys: which are made, which are not and why."""

import catalogs
import pytest
from catalogs import (
    TableName,
    column,
    foreign_key,
    in_staging,
    index,
    key,
    partition_of,
    partitioned,
    replace,
    source,
    table,
    target,
)

from pg_xcopy.planning.integrity.foreign_keys import LARGE
from pg_xcopy.sql.quoting import Sql

USERS = table("users", "id", "email", constraints=(key("users_pkey", "id"),))


def integrity(tables, *relations, **given):
    return catalogs.integrity(tables, source(*relations), **given)


def made(result, name="t"):
    return [in_staging(step.sql) for each in result.finish if each.table.name == name for step in each.steps[:-1]]


def said(result):
    return [str(notice) for notice in result.notices]


def test_keys_before_checks_before_indexes_and_statistics_last():
    t = table(
        "t",
        "a",
        "b",
        constraints=(
            key("t_check", "a", kind="c"),
            key("t_excl", "a", kind="x"),
            key("t_b_key", "b", kind="u"),
            key("t_pkey", "a"),
        ),
        indexes=(index("t_b_idx", "b"), index("t_a_idx", "a", is_unique=True)),
    )

    result = integrity({"t": {}}, t)

    assert made(result) == [
        'ALTER TABLE "t" ADD CONSTRAINT "t_pkey" P (a)',
        'ALTER TABLE "t" ADD CONSTRAINT "t_b_key" U (b)',
        'ALTER TABLE "t" ADD CONSTRAINT "t_excl" X (a)',
        'ALTER TABLE "t" ADD CONSTRAINT "t_check" C (a)',
        'CREATE INDEX "t_b_idx" ON "t" USING btree (b)',
        'CREATE UNIQUE INDEX "t_a_idx" ON "t" USING btree (a)',
    ]
    assert in_staging(result.finish[0].steps[-1].sql) == 'ANALYZE "t"'
    assert result.finish[0].steps[-1].topic is None
    assert said(result) == []


@pytest.mark.parametrize(
    ("kind", "called"),
    [("p", "primary key"), ("u", "unique constraint"), ("x", "exclusion constraint"), ("c", "check")],
)
def test_a_constraint_on_a_column_that_is_left_out(kind, called):
    t = table("t", "a", "b", "c", constraints=(key("t_k", "a", "b", "c", kind=kind),))

    result = integrity({"t": {"transform": {"a": None, "c": None}}}, t)

    assert made(result) == []
    assert said(result) == [f"app.t.t_k: constraint left out: {called}: it needs a, c, which is left out"]


def test_an_index_on_a_column_that_is_left_out_and_one_that_is_invalid():
    t = table("t", "a", "b", indexes=(index("t_a", "a"), index("t_b", "b", valid=False)))

    result = integrity({"t": {"transform": {"a": None}}}, t)

    assert made(result) == []
    assert said(result) == [
        "app.t.t_a: index left out: it needs a, which is left out",
        "app.t.t_b: index left out: it is invalid in the source",
    ]


def test_not_null_of_transformed_columns():
    t = table("t", column("a", not_null=True), column("b", not_null=True))

    assert made(integrity({"t": {"transform": {"a": "b"}}}, t)) == ['ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL']


def test_checks_come_with_the_parent_keys_do_not():
    root = partitioned("t", "a", "a", constraints=(key("t_pkey", "a"), key("t_check", "a", kind="c")))
    part = replace(
        partition_of(root, "t_1"),
        constraints=(
            key("t_1_pkey", "a", inherited=True),
            key("t_check", "a", kind="c", inherited=True),
            key("t_1_check", "a", kind="c"),
        ),
    )

    result = integrity({"t": {}}, root, part)

    assert made(result, "t_1") == [
        'ALTER TABLE "t_1" ADD CONSTRAINT "t_1_pkey" P (a)',
        'ALTER TABLE "t_1" ADD CONSTRAINT "t_1_check" C (a)',
    ]
    assert [each.depth for each in result.finish] == [0, 1]


def test_a_partition_alone_has_all_that_it_had():
    root = partitioned("t", "a", "a")
    part = replace(
        partition_of(root, "t_1"),
        constraints=(
            key("t_check", "a", kind="c", inherited=True),
            foreign_key("t_fkey", "a", "users", inherited=True),
        ),
    )

    result = integrity({"t_1": {}, "users": {}}, root, part, USERS)

    assert made(result, "t_1") == ['ALTER TABLE "t_1" ADD CONSTRAINT "t_check" C (a)']
    assert len(result.foreign_keys) == 1


# --- Foreign keys


def orders(**given):
    return table("orders", "id", "user_id", constraints=(foreign_key("orders_user_fkey", "user_id", **given),))


def test_a_foreign_key_that_can_hold():
    result = integrity({"*": {}}, USERS, orders(to="users"))

    (key,) = result.foreign_keys
    assert key.validate is None
    assert in_staging(key.add.sql) == (
        'ALTER TABLE "orders" ADD CONSTRAINT "orders_user_fkey" FOREIGN KEY (user_id) REFERENCES users(id)'
    )
    assert key.add.what == "FOREIGN KEY (user_id) REFERENCES users(id)"
    assert key.add.topic is not None


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"orders": {}}, "it refers to users, which is not copied"),
        ({"orders": {}, "users": {"transform": {"id": None}}}, "it refers to users (id), which is left out"),
        ({"orders": {"transform": {"user_id": None}}, "users": {}}, "it needs user_id, which is left out"),
    ],
)
def test_a_foreign_key_that_can_not_hold(rules, reason):
    result = integrity(rules, USERS, orders(to="users"))

    assert result.foreign_keys == ()
    assert said(result)[-1] == f"app.orders.orders_user_fkey: constraint left out: foreign key: {reason}"


def test_a_foreign_key_into_another_schema_that_the_target_has():
    there = target(tables_elsewhere=frozenset({TableName("shared", "countries")}))

    result = integrity({"*": {}}, orders(to="countries", schema="shared"), into=there)

    assert len(result.foreign_keys) == 1


def test_a_foreign_key_into_another_schema_that_the_target_lacks():
    result = integrity({"*": {}}, orders(to="countries", schema="shared"))

    assert result.foreign_keys == ()
    assert "foreign key: it refers to shared.countries, which the target lacks" in said(result)[0]


def test_a_foreign_key_to_itself():
    t = table("t", "id", "boss", constraints=(key("t_pkey", "id"), foreign_key("t_boss_fkey", "boss", "t")))

    assert len(integrity({"*": {}}, t).foreign_keys) == 1


def test_a_foreign_key_of_a_large_table_is_validated_apart():
    (key,) = integrity({"*": {}}, USERS, replace(orders(to="users"), bytes=LARGE)).foreign_keys

    assert in_staging(key.add.sql).endswith("FOREIGN KEY (user_id) REFERENCES users(id) NOT VALID")
    assert in_staging(key.validate.sql) == 'ALTER TABLE "orders" VALIDATE CONSTRAINT "orders_user_fkey"'
    assert in_staging(key.validate.undo) == 'ALTER TABLE "orders" DROP CONSTRAINT "orders_user_fkey"'


def test_a_foreign_key_that_was_never_validated_stays_so():
    t = replace(orders(to="users"), bytes=LARGE)
    never = replace(t.constraints[0], definition=Sql(f"{t.constraints[0].definition} NOT VALID"))

    (key,) = integrity({"*": {}}, USERS, replace(t, constraints=(never,))).foreign_keys

    assert key.add.sql.count("NOT VALID") == 1
    assert key.validate is None


def test_a_foreign_key_of_partitions_comes_with_the_root():
    root = partitioned("t", "a", "a", constraints=(foreign_key("t_fkey", "a", "users"),))
    part = replace(partition_of(root, "t_1"), constraints=(foreign_key("t_fkey", "a", "users", inherited=True),))

    assert [key.add.subject for key in integrity({"*": {}}, USERS, root, part).foreign_keys] == ["app.t.t_fkey"]


def test_not_null_before_a_primary_key_makes_one_of_its_own():
    t = table("t", column("a", not_null=True), constraints=(key("t_pkey", "a"),))

    assert made(integrity({"t": {"transform": {"a": "1"}}}, t)) == [
        'ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL',
        'ALTER TABLE "t" ADD CONSTRAINT "t_pkey" P (a)',
    ]
