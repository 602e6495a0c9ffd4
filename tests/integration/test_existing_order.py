"""Existing tables are filled in the order that their foreign keys ask for, or it is said why they can't be."""

from __future__ import annotations

import pytest
from filling import append, plan_of

from pg_xcopy.errors import DatabaseError, PlanError


def test_parents_come_first_whatever_the_source_says(pair):
    source, target = pair(
        """CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, c int);
           CREATE TABLE c (id int PRIMARY KEY, boss int); ALTER TABLE c ADD FOREIGN KEY (boss) REFERENCES a;
           INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1, 1), (2, NULL)""",
        """CREATE TABLE c (id int PRIMARY KEY, boss int REFERENCES c);
           CREATE TABLE b (id int PRIMARY KEY, c int REFERENCES c);
           CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b)""",
    )

    append(source, target)

    assert [each.table.name for each in plan_of("append", source, target).fills] == ["c", "b", "a"]
    assert target.value("SELECT count(*) FROM app.a JOIN app.b ON b.id = a.b JOIN app.c ON c.id = b.c") == 1


CYCLE = """
    CREATE TABLE husbands (id int PRIMARY KEY, wife int); CREATE TABLE wives (id int PRIMARY KEY, husband int);
    INSERT INTO husbands VALUES (1, 1); INSERT INTO wives VALUES (1, 1)"""
TARGET_CYCLE = """
    CREATE TABLE husbands (id int PRIMARY KEY, wife int); CREATE TABLE wives (id int PRIMARY KEY, husband int);
    ALTER TABLE husbands ADD CONSTRAINT married FOREIGN KEY (wife) REFERENCES wives;
    ALTER TABLE wives ADD CONSTRAINT wed FOREIGN KEY (husband) REFERENCES husbands"""


def test_a_cycle_in_which_a_key_can_be_deferred(pair):
    source, target = pair(CYCLE, f"{TARGET_CYCLE} DEFERRABLE")

    append(source, target)

    assert (
        target.value("SELECT count(*) FROM app.husbands h JOIN app.wives w ON h.wife = w.id AND w.husband = h.id") == 1
    )


def test_a_deferred_key_that_does_not_hold_in_the_end(pair):
    source, target = pair(CYCLE + "; UPDATE wives SET husband = 2", f"{TARGET_CYCLE} DEFERRABLE")

    with pytest.raises(DatabaseError) as caught:
        append(source, target)

    assert "checking deferred constraints: the target " in str(caught.value)
    assert 'insert or update on table "wives" violates foreign key constraint "wed" (SQLSTATE 23503)' in str(
        caught.value
    )
    assert target.value("SELECT count(*) FROM app.husbands") == 0


def test_a_cycle_that_nothing_cuts(pair):
    source, target = pair(CYCLE, TARGET_CYCLE)

    with pytest.raises(PlanError) as caught:
        append(source, target)

    assert caught.value.reasons == (
        "app.husbands and app.wives: they refer to each other, so none of them can be filled first:"
        " app.husbands.married, app.wives.wed (make one of them DEFERRABLE)",
    )
    append(source, target, {"husbands": {"transform": {"wife": None}}})


def test_two_keys_between_the_same_tables_must_both_be_deferrable(pair):
    source, target = pair(
        CYCLE, f"{TARGET_CYCLE} DEFERRABLE; ALTER TABLE wives ADD FOREIGN KEY (id) REFERENCES husbands"
    )

    with pytest.raises(PlanError, match=r"app\.wives\.wed"):
        append(source, target)


def test_a_parent_that_is_not_copied_must_have_the_rows(pair):
    source, target = pair(
        "CREATE TABLE orders (id int, user_id int); INSERT INTO orders VALUES (1, 1)",
        "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE orders (id int, user_id int REFERENCES users)",
    )

    with pytest.raises(DatabaseError) as caught:
        append(source, target)
    target.execute("INSERT INTO app.users VALUES (1)")
    append(source, target)

    assert 'insert or update on table "orders" violates foreign key constraint "orders_user_id_fkey"' in str(
        caught.value
    )
    assert target.value("SELECT count(*) FROM app.orders") == 1


def test_keys_of_partitions_count_for_their_table(pair):
    source, target = pair(
        """CREATE TABLE a (id int, at int); CREATE TABLE b (id int);
           INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1)""",
        """CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE a (id int, at int) PARTITION BY RANGE (at);
           CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (10);
           ALTER TABLE a1 ADD FOREIGN KEY (id) REFERENCES b""",
    )

    append(source, target)

    assert [each.table.name for each in plan_of("append", source, target).fills] == ["b", "a"]


def test_keys_that_are_not_enforced_order_nothing(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(18, "b"))
    source.execute(f"CREATE SCHEMA app; SET search_path = app; {CYCLE}")
    target.execute(f"CREATE SCHEMA app; SET search_path = app; {TARGET_CYCLE} NOT ENFORCED")

    append(source, target)

    assert target.value("SELECT count(*) FROM app.wives") == 1
