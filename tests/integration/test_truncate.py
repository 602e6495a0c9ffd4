"""`mode: truncate`: tables are emptied and filled in one transaction: readers see the old rows, or the new ones."""

from __future__ import annotations

import pytest
from copying import in_background, running, wait_until
from filling import plan_of, run, truncate

from pg_xcopy.errors import DatabaseError, PlanError

SLOWLY = {"a": {}, "b": {"transform": {"a": "a + CASE WHEN pg_sleep(0.02) IS NULL THEN 1 ELSE 0 END"}}}
MOST_RECENT_NAP = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name LIKE 'pg-xcopy%'"


@pytest.fixture
def both(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.a (id int PRIMARY KEY); CREATE TABLE app.b (a int);
        INSERT INTO app.a SELECT generate_series(1, 100); INSERT INTO app.b SELECT generate_series(1, 100)""")
    target_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.a (id serial PRIMARY KEY); CREATE TABLE app.b (a int REFERENCES app.a);
        CREATE TABLE app.other (id int);
        INSERT INTO app.a VALUES (-1); INSERT INTO app.b VALUES (-1); INSERT INTO app.other VALUES (7)""")
    return source_db, target_db


def rows(target):
    return [target.value(f"SELECT count(*) FROM app.{table}") for table in "ab"]


def test_the_old_rows_go_and_the_new_come(both):
    source, target = both

    for _ in range(2):
        result = truncate(source, target)

        assert target.column("SELECT id FROM app.a ORDER BY 1") == list(range(1, 101))
        assert rows(target) == [100, 100]
        assert target.column("SELECT id FROM app.other") == [7]
        assert target.value("SELECT nextval('app.a_id_seq')") > 100
        assert (result.rows, result.warnings) == (200, ())


def test_the_plan_lists_what_is_emptied(both):
    source, target = both

    assert [step.doing for step in plan_of("truncate", source, target).opening] == ["emptying app.a, app.b"]
    assert rows(target) == [1, 1]


def test_readers_wait_for_the_commit_and_see_the_new_rows(both):
    source, target = both
    with in_background(lambda: truncate(source, target, SLOWLY)) as run:
        wait_until(lambda: source.rows(MOST_RECENT_NAP))
        with in_background(lambda: rows(target)) as reader:
            assert reader.result(timeout=60) == [100, 100]
        run.result(timeout=60)


def test_a_snapshot_from_before_sees_the_new_rows_and_not_an_empty_table(both):
    """TRUNCATE heeds no snapshot (PostgreSQL manual, 13.6); frozen rows are seen by all."""
    source, target = both
    connection = target.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM app.other")
            truncate(source, target)
            cursor.execute("SELECT count(*) FROM app.a")
            assert cursor.fetchone() == (100,)
    finally:
        connection.close()


def test_a_failure_leaves_the_old_rows(both):
    source, target = both
    source.execute("INSERT INTO app.b VALUES (1000)")

    with pytest.raises(DatabaseError, match='violates foreign key constraint "b_a_fkey"'):
        truncate(source, target)

    assert target.rows("SELECT a.id, b.a FROM app.a JOIN app.b ON b.a = a.id") == [(-1, -1)]


@pytest.mark.parametrize(
    ("tables", "problem"),
    [("lost", "app.lost: there is no such table in the target"), ("zz*", "no table of the source matches it")],
)
def test_where_a_mistake_leaves_no_table_the_plan_says_which(both, tables, problem):
    source, target = both
    source.execute("CREATE TABLE app.lost (id int)")

    with pytest.raises(PlanError, match=problem):
        plan_of("truncate", source, target, {tables: {}})


def test_tables_that_others_refer_to(both):
    source, target = both
    target.execute("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.c (a int CONSTRAINT to_a REFERENCES app.a)")

    with pytest.raises(PlanError) as caught:
        truncate(source, target, {"a": {}})

    refers = "app.a: it can't be emptied, as {} refers to it (foreign key {}) (copy {} too, or use `mode: upsert`)"
    assert caught.value.reasons == (
        refers.format("app.b", "b_a_fkey", "app.b"),
        refers.format("elsewhere.c", "to_a", "elsewhere.c"),
    )
    target.execute("DROP TABLE elsewhere.c")
    truncate(source, target)
    assert rows(target) == [100, 100]


def test_partitions_are_emptied_with_their_table(source_db, target_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.p AS SELECT generate_series(1, 10) AS id")
    target_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.p (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (5);
        CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (5) TO (500);
        INSERT INTO app.p VALUES (100)""")

    truncate(source_db, target_db)

    assert target_db.column("SELECT id FROM app.p ORDER BY 1") == list(range(1, 11))
    target_db.execute("CREATE TABLE app.to_p (id int REFERENCES app.p)")
    with pytest.raises(PlanError, match=r"app.p: it can't be emptied, as app.to_p refers to it"):
        truncate(source_db, target_db)


def test_what_inherits_keeps_its_rows(source_db, target_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 1 AS id")
    target_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.t (id int); CREATE TABLE app.heir () INHERITS (app.t);
        INSERT INTO app.t VALUES (2); INSERT INTO app.heir VALUES (3)""")

    truncate(source_db, target_db)

    assert target_db.column("SELECT id FROM app.t ORDER BY 1") == [1, 3]


def test_a_reader_that_takes_its_time_keeps_the_next_ones_waiting_for_seconds_only(both):
    """What empties the tables lets its place in the queue go again and again, so that others get on."""
    source, target = both
    connection = target.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; SELECT count(*) FROM app.a")
            with in_background(lambda: truncate(source, target)) as emptying:
                wait_until(lambda: running(target, "%TRUNCATE%"))
                assert rows(target) == [1, 1]
                cursor.execute("COMMIT")
                emptying.result(timeout=100)
    finally:
        connection.close()

    assert rows(target) == [100, 100]


def test_a_role_that_may_not_truncate(both, hostile_role):
    source, target = both
    role = hostile_role(target, grant=["USAGE ON SCHEMA app", "INSERT ON app.a, app.b"])

    with pytest.raises(PlanError) as caught:
        truncate(source, target.url_as(role))

    assert caught.value.reasons == tuple(
        f"app.{table}: the target's role {role.name} may not TRUNCATE there"
        f' (ask for: GRANT TRUNCATE ON "app"."{table}" TO "{role.name}")'
        for table in "ab"
    )


@pytest.mark.parametrize(("source", "target"), [(12, 18), (18, 12)])
def test_between_versions(server_of, new_database, source, target):
    here, there = new_database(server_of(source)), new_database(server_of(target, "b"))
    here.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t AS SELECT n AS id, 'x' || n AS body FROM generate_series(1, 5) n"
    )
    there.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (body text, id bigserial PRIMARY KEY); INSERT INTO app.t VALUES ('y')"
    )

    for mode in ("truncate", "truncate"):
        run(mode, here, there)

    assert there.rows("SELECT id, body FROM app.t ORDER BY 1") == [(n, f"x{n}") for n in range(1, 6)]
    assert there.value("SELECT nextval('app.t_id_seq')") == 6
