"""The streams, and filters on columns that a table lacks."""

import pytest
from catalogs import column, in_staging, job, partition_of, partitioned, plan, source, table

from pg_xcopy.planning.rows.copies import missing_column_decisions
from pg_xcopy.planning.selecting.selection import select

TENANTS = source(table("orders", "id", "tenant"), table("countries", "code"))


def decide(rules, **given):
    declared = job(rules, **given)
    return missing_column_decisions(declared, select(declared, TENANTS).tables)


def test_a_filter_that_a_table_lacks_is_an_error():
    chosen = decide({"*": {"where": {"tenant": 1}}})

    assert [str(each) for each in chosen.problems] == [
        "app.countries: `where` filters by column tenant, which it does not have"
        " (exclude the table, or say `on_missing_column: skip_table` or `copy_all`)"
    ]


@pytest.mark.parametrize("rule", [{}, {"on_missing_column": "skip_table"}])
def test_skip_table(rule):
    chosen = decide({"*": {"where": {"tenant": 1}, **rule}}, on_missing_column="copy_all" if rule else "skip_table")

    assert [each.relation.name.name for each in chosen.tables] == ["orders"]
    assert [str(each) for each in chosen.notices] == ["app.countries: table skipped: it has no column tenant"]
    assert chosen.problems == ()


def test_copy_all():
    chosen = decide({"*": {"where": {"tenant": 1, "id": 2}}}, on_missing_column="copy_all")

    assert len(chosen.tables) == 2
    assert [str(each) for each in chosen.notices] == [
        "app.countries: filter not applied: it has no column tenant or id"
    ]


@pytest.mark.parametrize("policy", ["skip_table", "copy_all"])
def test_for_a_table_that_is_named_it_is_always_an_error(policy):
    chosen = decide({"countries": {"where": {"tenant": 1}, "on_missing_column": policy}}, on_missing_column=policy)

    assert [str(each) for each in chosen.problems] == [
        "app.countries: `where` filters by column tenant, which it does not have (it has code)"
    ]


def test_select_and_both_ends_of_the_copy():
    generated = column("n", generated="s", expression="id")
    users = table('us"ers', "id", column("email", "character varying(40)"), generated, bytes=2**16)

    (copy,) = plan({'us"ers': {"where": {"id": [1]}, "transform": {"email": "x -- y"}}}, source(users)).copies

    assert copy.select == (
        'SELECT "id", CAST((\nx -- y\n) AS character varying) AS "email" FROM ONLY "app"."us""ers" WHERE "id" IN (1)'
    )
    assert copy.copy_to == (f"COPY ({copy.select}) TO STDOUT WITH (FORMAT binary)",)
    assert in_staging(copy.truncate) == 'TRUNCATE ONLY "us""ers"'
    assert in_staging(copy.copy_from) == 'COPY "us""ers" ("id", "email") FROM STDIN WITH (FORMAT binary, FREEZE)'


def test_a_view_is_not_read_with_only():
    (copy,) = plan({"v": {}}, source(table("v", "id", kind="v"))).copies

    assert copy.select == 'SELECT "id" FROM "app"."v"'


def test_a_table_without_columns():
    (copy,) = plan({"*": {}}, source(table("empty"))).copies

    assert " ".join(copy.select.split()) == 'SELECT FROM ONLY "app"."empty"'
    assert in_staging(copy.copy_from) == 'COPY "empty" FROM STDIN WITH (FORMAT text)'


def test_partitions_are_filtered_each_by_the_root_s_rule():
    events = partitioned("events", "at", "id", "at")
    catalog = source(events, partition_of(events, "events_a"), partition_of(events, "events_b"))

    copies = plan({"events": {"where": {"id": 1}, "transform": {"id": "2"}}}, catalog).copies

    assert [str(copy.source) for copy in copies] == ["app.events_a", "app.events_b"]
    assert all(copy.condition == '"id" = 1' for copy in copies)
