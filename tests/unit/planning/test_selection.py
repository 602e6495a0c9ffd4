"""Exact name, then glob, then `*`; and what is said of names that match nothing."""

import pytest
from catalogs import job, partition_of, partitioned, source, table

from pg_xcopy.planning.selecting.selection import select

SHOP = source(table("users", "id"), table("orders", "id"), table("order_items", "id"), table("audit_2022", "id"))
EVENTS = partitioned("events", "at", "id", "at")
EVENTS_A = partition_of(EVENTS, "events_a", partition_key="LIST (id)")
EVENTS_A1 = partition_of(EVENTS_A, "events_a1")
EVENTS_B = partition_of(EVENTS, "events_b")
TREE = source(EVENTS, EVENTS_A, EVENTS_A1, EVENTS_B)


def chosen(selection):
    return [each.relation.name.name for each in selection.tables]


def said(selection):
    return [str(problem) for problem in selection.problems]


def where_of(selection, name):
    return next(each.rule.where for each in selection.tables if each.relation.name.name == name)


def test_exact_before_glob_before_everything_whatever_their_order():
    rules = {"*": {"where": "1"}, "order*": {"where": "2"}, "*items": {"where": "3"}, "orders": {"where": "4"}}

    selection = select(job(rules), SHOP)

    assert {name: where_of(selection, name) for name in chosen(selection)} == {
        "users": "1",
        "order_items": "2",
        "orders": "4",
        "audit_2022": "1",
    }
    assert [each.exact for each in selection.tables] == [False, True, False, False]
    assert selection.everything


def test_only_what_is_named():
    selection = select(job({"users": {}, "audit_????": {}}), SHOP)

    assert chosen(selection) == ["users", "audit_2022"]
    assert not selection.everything


def test_a_table_whose_name_is_a_pattern():
    """It is what its name says, and nothing else; but `*` means every table, whatever tables there are."""
    shop = source(table("order[1]"), table("order1"), table("*"), table("users"))

    assert chosen(select(job({"order[1]": {}}), shop)) == ["order[1]"]
    assert chosen(select(job({"*": {}}), shop)) == ["order[1]", "order1", "*", "users"]
    assert select(job({"*": {}}), shop).everything


def test_exclude_by_name_and_glob():
    selection = select(job(exclude=["audit_*", "orders"]), SHOP)

    assert chosen(selection) == ["users", "order_items"]


def test_a_name_in_tables_goes_before_a_pattern_in_exclude():
    selection = select(job({"*": {}, "audit_2022": {}}, exclude=["audit_*"]), SHOP)

    assert "audit_2022" in chosen(selection)


def test_named_and_excluded_is_a_contradiction():
    selection = select(job({"users": {}}, exclude=["users"]), SHOP)

    assert said(selection) == ["app.users: it is named in `tables` and in `exclude` (take it out of one of them)"]


def test_unknown_names_with_near_ones():
    selection = select(job({"user": {}, "xyz": {}, "zz*": {}}, exclude=["oders", "old_*"]), SHOP)

    assert said(selection) == [
        "app.user: there is no such table in the source (did you mean 'users'?)",
        "app.xyz: there is no such table in the source",
        "app.zz*: no table of the source matches it",
        "app.oders: excluded, but there is no such table in the source (did you mean 'orders'?)",
    ]
    assert [str(notice) for notice in selection.notices] == [
        "old_*: pattern matches nothing: this exclusion matches no table of the source"
    ]


@pytest.mark.parametrize("name", ["a*", "[ab]", "what?", "tbl[0]"])
def test_a_table_whose_name_looks_like_a_pattern_is_meant_by_it(name):
    catalog = source(table(name, "id"), table("abc", "id"))

    selection = select(job({name: {}}), catalog)

    assert chosen(selection) == [name]
    assert selection.tables[0].exact


def test_patterns_are_case_sensitive():
    selection = select(job({"U*": {}}), SHOP)

    assert said(selection) == ["app.U*: no table of the source matches it"]


@pytest.mark.parametrize("kind", ["v", "m", "f"])
def test_views_and_foreign_tables_only_by_name(kind):
    catalog = source(table("users", "id"), table("summary", "id", kind=kind))

    assert chosen(select(job(), catalog)) == ["users"]
    assert chosen(select(job({"s*": {}, "users": {}}), catalog)) == ["users"]
    assert said(select(job({"s*": {}}), catalog)) == ["app.s*: no table of the source matches it"]
    assert chosen(select(job({"summary": {}}), catalog)) == ["summary"]


def test_members_of_extensions_only_by_name():
    catalog = source(table("users", "id"), table("spatial_ref_sys", "id", of_extension=True))

    assert chosen(select(job(), catalog)) == ["users"]
    assert chosen(select(job({"spatial_ref_sys": {}}), catalog)) == ["spatial_ref_sys"]


def test_nothing_at_all():
    other = "schema app has no tables; `source: {schema: …}` names another one"

    assert said(select(job({"*": {}}), source())) == [f"app.*: no table of the source matches it ({other})"]
    assert said(select(job({"users": {}}), source())) == [f"app.users: there is no such table in the source ({other})"]
    assert said(select(job(exclude=["u*"]), source(table("users", "id")))) == ["schema app: there is no table to copy"]


# --- Partitions


def test_a_partitioned_table_brings_all_that_hangs_below_it():
    (events,) = select(job(), TREE).tables

    assert events.relation == EVENTS
    assert [each.name.name for each in events.partitions] == ["events_a", "events_a1", "events_b"]


def test_an_excluded_partition_goes_with_all_below_it():
    (events,) = select(job(exclude=["events_a"]), TREE).tables

    assert [each.name.name for each in events.partitions] == ["events_b"]


def test_a_partition_by_itself():
    selection = select(job({"events_b": {}}), TREE)

    assert chosen(selection) == ["events_b"]
    assert said(selection) == []


@pytest.mark.parametrize("root", ["events", "ev*", "*"])
def test_a_partition_beside_its_root_would_come_twice(root):
    selection = select(job({root: {}, "events_a1": {}}), TREE)

    assert said(selection) == [
        "app.events_a1: it is a partition of app.events, which is copied too and brings it along"
        " (choose the partitioned table, or the partition, but not both)"
    ]


def test_a_partition_beside_its_excluded_root():
    selection = select(job({"*": {}, "events_b": {}}, exclude=["events"]), TREE)

    assert chosen(selection) == ["events_b"]
    assert said(selection) == []


def test_a_partition_that_its_root_does_not_bring():
    selection = select(job({"*": {}, "events_b": {}}, exclude=["events_[ab]"]), TREE)

    assert chosen(selection) == ["events", "events_b"]
    assert said(selection) == []
