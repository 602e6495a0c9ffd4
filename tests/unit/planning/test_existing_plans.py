"""Plans of filling existing tables: which columns, which keys, which settings, every problem at once."""

import pytest
from catalogs import (
    KNOWN,
    Rights,
    column,
    existing,
    fill,
    foreign_key,
    key,
    partition_of,
    partitioned,
    replace,
    sequence,
    source,
    table,
    trigger,
    unique_key,
)

from pg_xcopy.errors import PlanError

USERS = table("users", "id", "name", "email", constraints=(key("users_pkey", "id"),))
THEIRS = table("users", "email", "id", "note", oid=7)
SHOP = source(USERS, builtins=KNOWN)


def there(*tables, **given):
    given.setdefault("keys", {7: (unique_key("users_pkey", "id", primary=True), unique_key("by_email", "email"))})
    return existing(*(tables or (THEIRS,)), **given)


def planned(mode="append", tables=None, into=None, catalog=SHOP, **options):
    return fill(mode, {"*": {}} if tables is None else tables, catalog, into or there(), **options)


def problems(*given, **options):
    with pytest.raises(PlanError) as caught:
        planned(*given, **options)
    return list(caught.value.reasons)


def notices(*given, **options):
    return [str(each) for each in planned(*given, **options).notices]


def test_columns_of_both_sides():
    (done,) = planned().fills
    (copy,) = planned().copies

    assert [each.name for each in copy.columns] == ["id", "email"]
    assert (done.only_in_source, done.only_in_target) == (("name",), ("note",))
    assert notices() == ["app.users.name: column left out: the target's table has no such column"]


@pytest.mark.parametrize(
    ("rule", "copied", "warned"),
    [
        ({"transform": {"name": None}}, ["id", "email"], 0),
        ({"transform": {"email": None}}, ["id"], 1),
        ({"transform": {"note": "1", "email": "2"}}, ["id", "email", "note"], 1),
    ],
)
def test_what_a_transform_changes(rule, copied, warned):
    (copy,) = planned(tables={"users": rule}).copies

    assert [each.name for each in copy.columns] == copied
    assert len(notices(tables={"users": rule})) == warned


def test_every_problem_at_once():
    orders = table("orders", "id", "user", constraints=(foreign_key("to_users", "user", "users"),))
    people = table("people", column("id"), column("must", not_null=True), oid=9)
    rights = {7: Rights(), 9: Rights(frozenset({"id", "must"}))}
    into = there(THEIRS, people, table("log", "other", oid=8), usable=False, rights=rights, may_make_temporary=False)
    catalog = source(USERS, orders, table("people", "id"), table("log", "x"), builtins=KNOWN)

    told = problems("upsert", {"orders": {}, "*": {}}, into, catalog, key="nothing")

    assert [each.partition(":")[0] for each in told] == [
        "app.orders",
        "target schema app",
        "target database staging",
        "app.people.must",
        "app.log",
        "app.people",
        "app.users",
        "app.users",
    ]


def test_a_trigger_may_fill_what_is_missing():
    people = table("users", "id", column("must", not_null=True), oid=7)

    assert problems(into=there(people)) != []
    assert planned(into=there(people, reactions={7: (trigger("filling"),)})).fills[0].droppers == ("filling",)


def test_triggers_of_partitions_count_once():
    root = partitioned("users", "id", "id", oid=7)
    parts = [partition_of(root, name) for name in ("p1", "p2")]
    into = there(root, *parts, reactions={each.oid: (trigger("same"), trigger(each.name.name)) for each in parts})

    assert planned(into=into).fills[0].droppers == ("same", "p1", "p2")


@pytest.mark.parametrize(
    ("given", "key_name", "updated"),
    [
        ({}, "users_pkey", ("email",)),
        ({"key": "by_email"}, "by_email", ("id",)),
        ({"key": "by_email", "update": "none"}, "by_email", ()),
        ({"update": ["email"]}, "users_pkey", ("email",)),
    ],
)
def test_keys_and_what_is_updated(given, key_name, updated):
    (done,) = planned("upsert", **given).fills

    assert (done.merge.key, done.merge.updated) == (key_name, updated)


def test_the_rule_of_a_table_goes_first():
    rule = {"users": {"key": "by_email", "update": ["id"]}}

    (done,) = planned("upsert", rule, key="nothing", update="none").fills

    assert (done.merge.key, done.merge.updated) == ("by_email", ("id",))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"deferrable": True}, "it is deferrable"),
        ({"excludes": True}, "it is no plain unique index"),
        ({"valid": False}, "its index is not valid"),
        ({"needs": ("id", "note")}, "needs note, into which nothing is copied"),
    ],
)
def test_keys_that_do_not_serve(changed, said):
    bad = replace(unique_key("users_pkey", "id", primary=True), **changed)

    (told,) = problems("upsert", into=there(keys={7: (bad,)}))

    assert said in told


def test_an_identity_that_is_always_generated_is_inserted_and_never_updated():
    into = there(table("users", column("id", identity="a"), "email", oid=7))

    plan = planned("upsert", into=into, key="by_email")

    assert [each.name for each in plan.copies[0].columns] == ["id", "email"]
    assert plan.fills[0].merge.updated == ()
    assert "OVERRIDING SYSTEM VALUE" in plan.fills[0].landing.insert.sql


def test_sequences_are_moved_where_the_role_may():
    owned = (sequence("ids", 7, "id", oid=5), sequence("notes", 7, "note", oid=6))

    assert notices(into=there(sequences=owned, advanced=frozenset({6})))[1:] == [
        "app.ids: sequence position unknown: it stays where it is, as the role may not move it"
        ' (ask for: GRANT SELECT, UPDATE ON SEQUENCE "app"."ids" TO "worker")'
    ]
    (done,) = planned(into=there(sequences=owned, settable=frozenset({5, 6}), advanced=frozenset({5, 6}))).fills
    assert [each.doing for each in done.closing] == ["moving sequence app.ids"]


def test_a_default_that_takes_numbers_needs_its_sequence():
    owned = (sequence("notes", 7, "note", oid=6), sequence("identity", 7, "note", oid=8, identity=True))

    assert problems(into=there(sequences=owned)) == [
        "app.users: its defaults take numbers from app.notes, and the target's role worker may not use that"
        ' (ask for: GRANT USAGE ON SEQUENCE "app"."notes" TO "worker")'
    ]


@pytest.mark.parametrize(
    ("options", "workers"),
    [
        ({"parallel": 8}, 1),
        ({"parallel": 8, "transaction": "table"}, 8),
        ({"parallel": 8, "transaction": "table", "max_target_connections": 3}, 2),
        ({"parallel": 8, "transaction": "table", "max_source_connections": 4}, 3),
    ],
)
def test_workers(options, workers):
    resources = planned(**options).resources

    assert (resources.workers, resources.readers) == (workers, workers)


@pytest.mark.parametrize(
    ("mode", "options", "wakes"),
    [
        ("append", {}, True),
        ("append", {"max_target_connections": 2}, True),
        ("truncate", {"transaction": "table", "parallel": 1, "max_target_connections": 3}, True),
        ("truncate", {"transaction": "table", "parallel": 8, "max_target_connections": 3}, False),
        ("upsert", {}, False),
    ],
)
def test_the_wal_writer_is_woken_over_a_connection_that_is_left(mode, options, wakes):
    """In one transaction the session that has the lock writes; an upsert's rows land in tables without WAL."""
    assert planned(mode, **options).resources.wakes_wal_writer == wakes


def test_row_level_security_of_either_side():
    hidden = source(replace(USERS, row_security=True), builtins=KNOWN)

    assert [each.partition(" (")[0] for each in problems(catalog=hidden)] == [
        "app.users: row-level security would hide rows of it from the source's role"
    ]
    assert notices(catalog=hidden, allow_row_security=True)[1:] == [
        "app.users: partial: row-level security decides which of its rows are copied"
    ]
    assert [each.partition(",")[0] for each in problems(into=there(replace(THEIRS, row_security=True)))] == [
        "app.users: its row-level security applies to the target's role worker"
    ]


def test_binary_can_be_insisted_on_where_it_is_possible():
    strange = there(table("users", column("id", "uint", type_name="uint"), oid=7))

    assert planned(format="binary").copies[0].format == "binary"
    assert problems(into=strange, format="binary") == [
        "app.users: it can't travel in binary: the source has no type uint like the target's (take `format: auto`)"
    ]
    assert planned(into=strange).copies[0].format == "text"


def test_tables_are_emptied_together_or_each_with_its_rows():
    together, apart = planned("truncate"), planned("truncate", transaction="table")

    assert [each.sql for each in together.opening] == ['TRUNCATE ONLY "app"."users"']
    assert [each.sql for each in together.fills[0].opening] == []
    assert [each.sql for each in apart.opening] == []
    assert [each.sql for each in apart.fills[0].opening] == ['TRUNCATE ONLY "app"."users"']
    assert together.copies[0].copy_from.endswith("FREEZE)")


def test_a_partitioned_table_can_be_emptied_but_not_frozen():
    plan = planned("truncate", into=there(partitioned("users", "id", "id", oid=7)))

    assert plan.opening[0].sql == 'TRUNCATE "app"."users"'
    assert not plan.copies[0].copy_from.endswith("FREEZE)")
