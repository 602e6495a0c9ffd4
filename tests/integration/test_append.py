"""`mode: append`: rows are added to tables that exist, and nothing of these changes."""

from __future__ import annotations

import pytest
from copying import messages, running, wait_until
from filling import append, plan_of

from pg_xcopy.errors import DatabaseError, PlanError, RowCountMismatchError, SameSchemaError, SchemaNotFoundError
from pg_xcopy.observe.events import Stage, StageStarted


@pytest.fixture
def users(source_db, target_db):
    """Users and their orders; the target's have other columns, other types, another order, and a row of their own."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.users (id int PRIMARY KEY, email text, nick text, born date);
        CREATE TABLE app.orders (id int PRIMARY KEY, user_id int REFERENCES app.users, total int);
        INSERT INTO app.users SELECT n, 'u' || n, 'n' || n, '2000-01-01' FROM generate_series(1, 5) AS n;
        INSERT INTO app.orders SELECT n, n, n * 10 FROM generate_series(1, 5) AS n""")
    target_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.users (note text DEFAULT 'new', email varchar(20), id bigint PRIMARY KEY, born date);
        CREATE TABLE app.orders (total numeric, user_id bigint REFERENCES app.users, id int PRIMARY KEY);
        INSERT INTO app.users VALUES ('old', 'u100', 100)""")
    return source_db, target_db


def test_rows_are_added_to_the_columns_that_both_sides_have(users):
    source, target = users

    result = append(source, target)

    assert target.rows("SELECT id, email, note, born::text FROM app.users ORDER BY id") == [
        *((n, f"u{n}", "new", "2000-01-01") for n in range(1, 6)),
        (100, "u100", "old", None),
    ]
    assert target.rows("SELECT id, user_id, total FROM app.orders ORDER BY id") == [(n, n, n * 10) for n in range(1, 6)]
    assert {each.table: each.rows for each in result.tables} == {"app.users": 5, "app.orders": 5}
    assert messages(result) == ["app.users.nick: column left out: the target's table has no such column"]


def test_what_the_job_says_of_rows_and_columns_holds(users):
    source, target = users
    tables = {
        "users": {
            "where": {"id": {"lte": 2}},
            "transform": {"email": "'user' || id", "note": "'copied'", "born": None, "nick": None},
        }
    }

    result = append(source, target, tables)

    assert target.rows("SELECT id, email, note, born FROM app.users WHERE id < 100 ORDER BY id") == [
        (1, "user1", "copied", None),
        (2, "user2", "copied", None),
    ]
    assert target.value("SELECT count(*) FROM app.orders") == 0
    assert result.warnings == ()


def test_rows_that_are_appended_twice_are_there_twice(pair):
    source, target = pair("CREATE TABLE t AS SELECT 1 AS n", "CREATE TABLE t (n int)")

    append(source, target)
    append(source, target)

    assert target.column("SELECT n FROM app.t") == [1, 1]


def test_a_table_that_the_target_lacks(pair):
    """Named exactly it is an error, with a near name; under a pattern it is skipped, with a notice."""
    source, target = pair(
        "CREATE TABLE users (id int); CREATE TABLE log (id int)", "CREATE TABLE user (id int)".replace("user", '"user"')
    )

    with pytest.raises(PlanError) as caught:
        append(source, target, {"users": {}, "*": {}})

    assert caught.value.reasons == ("app.users: there is no such table in the target (did you mean 'user'?)",)
    target.execute("CREATE TABLE app.users (id int)")
    assert messages(append(source, target)) == ["app.log: table skipped: the target has no such table"]


def test_no_table_of_a_pattern_is_there(pair):
    source, target = pair("CREATE TABLE users (id int)", "")

    with pytest.raises(PlanError, match="target schema app: it has none of the selected tables"):
        append(source, target)


def test_a_schema_that_the_target_lacks(users):
    source, target = users

    with pytest.raises(SchemaNotFoundError) as caught:
        append(source, target, into="ap")

    assert "the target " in str(caught.value)
    assert "has no schema ap. Did you mean app?" in str(caught.value)


def test_what_takes_no_rows_is_refused(pair):
    source, target = pair(
        "CREATE TABLE v (id int); CREATE TABLE m (id int); CREATE TABLE f (id int)",
        """CREATE VIEW v AS SELECT 1 AS id; CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;
           CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
           CREATE FOREIGN TABLE f (id int) SERVER s""",
    )

    with pytest.raises(PlanError) as caught:
        append(source, target)

    assert caught.value.reasons == (
        "app.f: in the target it is a foreign table, which takes no rows (exclude it)",
        "app.m: in the target it is a materialised view, which takes no rows (exclude it)",
        "app.v: in the target it is a view, which takes no rows (exclude it)",
    )


def test_columns_that_nothing_fills(pair):
    source, target = pair(
        "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)",
        """CREATE DOMAIN needed AS text NOT NULL; CREATE DOMAIN given AS text NOT NULL DEFAULT 'x';
           CREATE TABLE a (id int, must text NOT NULL, may text, has text NOT NULL DEFAULT 'x',
                           counted int GENERATED ALWAYS AS IDENTITY, numbered serial, domain needed, fine given);
           CREATE TABLE b (other int); CREATE TABLE c (id int, must text NOT NULL)""",
    )

    with pytest.raises(PlanError) as caught:
        append(source, target, {"*": {}, "c": {"transform": {"must": "'here'"}}})

    missing = "it is NOT NULL, has no default, and nothing is copied into it (give it a value with `transform: "
    assert caught.value.reasons == (
        f"app.a.must: {missing}{{must: …}}`, or a default)",
        f"app.a.domain: {missing}{{domain: …}}`, or a default)",
        "app.b: none of its columns is one of app.b (it has other)",
    )


def test_transforms_of_columns_that_are_not_there(users):
    source, target = users
    target.execute("ALTER TABLE app.users ADD twice text GENERATED ALWAYS AS (email || email) STORED")

    with pytest.raises(PlanError) as caught:
        append(source, target, {"users": {"transform": {"nick": "'x'", "emial": "'y'", "nothing": None, "twice": "1"}}})

    assert caught.value.reasons == (
        "app.users: `transform` names a column nick that the target's table does not have"
        " (it has note, email, id, born, twice)",
        "app.users: `transform` names a column emial that the target's table does not have (did you mean email?)",
        "app.users: `transform` names a column nothing that it does not have",
        "app.users.twice: `transform` gives it a value, but the target computes it (leave it out there)",
    )


def test_under_a_pattern_a_transform_applies_where_the_target_has_the_column(users):
    source, target = users

    result = append(source, target, {"*": {"transform": {"note": "'all'", "nick": "'x'"}}})

    assert target.value("SELECT count(*) FROM app.users WHERE note = 'all'") == 5
    assert messages(result) == ["app.users.nick: column left out: the target's table has no such column"]


def test_generated_and_identity_columns(pair):
    source, target = pair(
        """CREATE TABLE t (id int, n int, twice int); INSERT INTO t VALUES (7, 1, 99);
           CREATE TABLE g (n int, twice int GENERATED ALWAYS AS (n * 2) STORED); INSERT INTO g VALUES (1)""",
        """CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
           CREATE TABLE g (n int, twice int GENERATED ALWAYS AS (n * 2) STORED)""",
    )

    result = append(source, target)
    target.execute("INSERT INTO app.t (n) VALUES (5)")

    assert target.rows("SELECT * FROM app.t ORDER BY id") == [(7, 1, 2), (8, 5, 10)]
    assert target.rows("SELECT * FROM app.g") == [(1, 2)]
    assert messages(result) == ["app.t.twice: column left out: the target computes this column itself"]


def test_sequences_move_forward_only(pair):
    columns = "(a int PRIMARY KEY, b int, c int, d int, e int)"
    source, target = pair(
        f"CREATE TABLE t {columns}; INSERT INTO t VALUES (10, 10, -10, 10, 10), (5, 5, -5, 5, 5)",
        f"""CREATE TABLE t {columns};
            CREATE SEQUENCE behind OWNED BY t.a; SELECT setval('behind', 3);
            CREATE SEQUENCE ahead OWNED BY t.b; SELECT setval('ahead', 1000);
            CREATE SEQUENCE down INCREMENT -1 OWNED BY t.c;
            CREATE SEQUENCE fresh START 500 OWNED BY t.d;
            CREATE SEQUENCE small MAXVALUE 7 OWNED BY t.e""",
    )

    append(source, target)

    names = ("behind", "ahead", "down", "fresh", "small")
    assert {name: target.value(f"SELECT nextval('app.{name}')") for name in names} == {
        "behind": 11,
        "ahead": 1001,
        "down": -11,
        "fresh": 500,
        "small": 6,
    }


def test_partitions_on_either_side(pair):
    source, target = pair(
        """CREATE TABLE p (id int, at int, boss int) PARTITION BY RANGE (at);
           CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
           CREATE TABLE p2 (at int, boss int, id int); ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20);
           CREATE TABLE p_old PARTITION OF p FOR VALUES FROM (-10) TO (0);
           CREATE TABLE q (id int);
           INSERT INTO p VALUES (1, 1, 2), (2, 11, NULL), (3, -1, NULL); INSERT INTO q VALUES (1), (100)""",
        """CREATE TABLE p (boss int REFERENCES p, id int PRIMARY KEY, at text);
           CREATE TABLE q (id int) PARTITION BY RANGE (id);
           CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (10);
           CREATE TABLE q2 PARTITION OF q FOR VALUES FROM (10) TO (1000)""",
    )

    result = append(source, target, exclude=["p_old"])

    # A row of the first partition refers to one of the second: they arrive in one statement.
    assert target.rows("SELECT id, at, boss FROM app.p ORDER BY id") == [(1, "1", 2), (2, "11", None)]
    assert (target.column("TABLE app.q1"), target.column("TABLE app.q2")) == ([1], [100])
    assert {each.table: each.rows for each in result.tables} == {"app.p": 2, "app.q": 2}


def test_a_partition_that_is_named_goes_into_the_targets_of_that_name(pair):
    source, target = pair(
        """CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
           INSERT INTO p VALUES (1)""",
        "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (5)",
    )

    append(source, target, {"p1": {}})

    assert target.column("SELECT id FROM app.p") == [1]


def test_triggers_fire_and_see_names_as_the_roles_own_sessions_do(pair):
    source, target = pair(
        "CREATE TABLE t (id int, body text); INSERT INTO t VALUES (1, 'x')",
        """CREATE TABLE t (id int, body text, stamped text NOT NULL);
           CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.stamps (s text);
           INSERT INTO elsewhere.stamps VALUES ('seen');
           CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN NEW.stamped := (SELECT s FROM stamps); RETURN NEW; END $$;
           CREATE TRIGGER stamping BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION stamp()""",
    )
    target.execute(f'ALTER DATABASE "{target.name}" SET search_path = elsewhere')

    append(source, target)

    assert target.rows("SELECT * FROM app.t") == [(1, "x", "seen")]


def test_a_trigger_that_lets_rows_fall_fails_the_job(pair):
    source, target = pair(
        "CREATE TABLE t AS SELECT generate_series(1, 10) AS id",
        """CREATE TABLE t (id int); INSERT INTO t VALUES (100);
           CREATE FUNCTION choosy() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN IF NEW.id = 5 THEN RETURN NULL; END IF; RETURN NEW; END $$;
           CREATE TRIGGER choosing BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION choosy()""",
    )

    with pytest.raises(RowCountMismatchError) as caught:
        append(source, target)

    assert str(caught.value) == (
        "copying app.t: the source sent 10 rows and the target took 9."
        " What fires before a row of it is inserted may let it fall: choosing."
    )
    assert target.column("SELECT id FROM app.t") == [100]


@pytest.mark.parametrize("code", ["", " USING ERRCODE = 'check_violation'"])
def test_what_a_trigger_says_may_quote_a_row(pair, code):
    source, target = pair(
        "CREATE TABLE t (id int, body text); INSERT INTO t VALUES (1, 'fine'), (2, 'confidential')",
        f"""CREATE TABLE t (id int, body text);
            CREATE FUNCTION strict() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.id = 2 THEN RAISE EXCEPTION 'not %', NEW.body{code}; END IF; RETURN NEW; END $$;
            CREATE TRIGGER strictly BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION strict()""",
    )

    with pytest.raises(DatabaseError) as caught:
        append(source, target)

    assert "confidential" not in str(caught.value)
    assert "strict() raised an exception, whose text is in that server's log, row 2" in str(caught.value)
    assert target.value("SELECT count(*) FROM app.t") == 0


def test_row_level_security_of_the_target(users, hostile_role):
    source, target = users
    target.execute("ALTER TABLE app.users ENABLE ROW LEVEL SECURITY")
    grants = ["USAGE ON SCHEMA app", "ALL ON ALL TABLES IN SCHEMA app"]
    role = hostile_role(target, grant=grants)

    with pytest.raises(PlanError) as caught:
        append(source, target.url_as(role))
    append(source, target)  # as the owner, whom policies do not bind

    assert caught.value.reasons == (
        f"app.users: its row-level security applies to the target's role {role.name}, and COPY does not work then"
        " (use its owner or a role with BYPASSRLS)",
    )
    assert target.value("SELECT count(*) FROM app.users") == 6


def test_a_failure_leaves_no_row_in_any_table(users):
    source, target = users
    target.execute("INSERT INTO app.orders VALUES (1, 100, 3)")

    with pytest.raises(DatabaseError) as caught:
        append(source, target)

    assert 'duplicate key value violates unique constraint "orders_pkey", row 3' in str(caught.value)
    assert "(3)" not in str(caught.value)
    assert target.column("SELECT id FROM app.users") == [100]
    assert target.column("SELECT id FROM app.orders") == [3]


def test_what_is_too_long_is_refused_and_not_cut(users):
    source, target = users
    source.execute("UPDATE app.users SET email = repeat('x', 21) WHERE id = 4")

    with pytest.raises(DatabaseError, match=r"value too long for type character varying\(20\)"):
        append(source, target)

    assert target.column("SELECT id FROM app.users") == [100]


def test_statistics_are_there_afterwards(users):
    source, target = users

    append(source, target)

    assert target.value("SELECT reltuples FROM pg_class WHERE oid = 'app.users'::regclass") == 6


def test_statistics_may_be_left_to_autovacuum(users):
    source, target = users

    append(source, target, analyze=False)

    assert not target.value("SELECT count(*) FROM pg_stats WHERE schemaname = 'app'")


def test_source_and_target_may_not_be_one_schema(users):
    source, _ = users

    with pytest.raises(SameSchemaError):
        append(source, source)


def test_into_another_schema_of_the_same_database(users):
    source, _ = users
    source.execute("CREATE SCHEMA copy; CREATE TABLE copy.users (LIKE app.users)")

    append(source, source, into="copy")

    assert source.value("SELECT count(*) FROM copy.users") == 5


def test_the_source_is_let_go_before_the_commit(users):
    source, target = users
    stages = []

    def observe(event):
        if isinstance(event, StageStarted) and event.stage is Stage.COMMIT:
            stages.append(wait_until(lambda: not running(source)))

    append(source, target, observer=observe)

    assert stages == [True]


def test_planning_changes_nothing(users):
    source, target = users

    plan = plan_of("append", source, target)

    assert [str(each.table) for each in plan.fills] == ["app.users", "app.orders"]
    assert target.column("SELECT id FROM app.users") == [100]
