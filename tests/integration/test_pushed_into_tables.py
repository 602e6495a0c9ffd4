"""`push: true` into tables that exist: rows land beside them, and the target's own transaction takes them over."""

from __future__ import annotations

import pytest
from between_servers import SHOP, SLEEPING, VALUES, rows_of, settled, strangely_set
from copying import beside, copy, in_background, messages, terminate, wait_until
from filling import append, filling, plan_of, run, truncate, upsert
from processes import started

from pg_xcopy import run_job
from pg_xcopy.errors import (
    DatabaseError,
    DuplicateRowsError,
    PartlyDoneError,
    PlanError,
    RowCountMismatchError,
    TargetLockedError,
    TimeUpError,
)
from pg_xcopy.observe.events import Stage, StageStarted
from pg_xcopy.planning import describe

PUSH = {"transport": "postgres_fdw", "push": True}
VERSIONS = [(12, 18), (18, 12), (15, 15)]
MODES = pytest.mark.parametrize("mode", ["append", "truncate", "upsert"])
EMPTY = "SELECT (SELECT count(*) FROM app.users) + (SELECT count(*) FROM app.orders)"


@pytest.fixture
def shop(source_db, target_db):
    """Both sides have the tables; the target's are empty."""
    source_db.require_extension("postgres_fdw")
    source_db.execute(SHOP)
    target_db.execute(f"{SHOP}; TRUNCATE users, orders")
    return source_db, target_db


def clean(source, target):
    """Nothing of ours is left, on either side."""
    return settled(source, source) and settled(source, target) and beside(target) == []


def at(stage, work):
    """Do something when a stage begins."""

    def observe(event):
        if isinstance(event, StageStarted) and event.stage is stage:
            work()

    return observe


# --- The same rows as a stream brings, in the same modes


@pytest.mark.parametrize(
    ("mode", "transaction"), [("append", "job"), ("truncate", "table"), ("upsert", "job"), ("upsert", "table")]
)
@pytest.mark.parametrize("versions", VERSIONS)
def test_values_are_those_that_a_stream_brings(server_of, new_database, versions, mode, transaction):
    source = new_database(server_of(versions[0]))
    streamed, pushed = (new_database(server_of(versions[1], "b")) for _ in range(2))
    source.require_extension("postgres_fdw")
    source.execute(f"{VALUES}; DROP TABLE nothing")
    for target in (streamed, pushed):
        target.execute(f"{VALUES}; DROP TABLE nothing; UPDATE t SET a = 'old', k = '{{}}'; DELETE FROM t WHERE id > 2")
        if mode == "append":
            target.execute("DELETE FROM app.t WHERE id < 3")
    tables = {"t": {}, "empty": {"key": "empty_key"} if mode == "upsert" else {}}
    for target in (streamed, pushed):
        target.execute("CREATE UNIQUE INDEX empty_key ON app.empty (id)")
    by_stream = run(mode, source, streamed, tables, transaction=transaction)

    by_push = run(mode, source, pushed, tables, transaction=transaction, **PUSH)

    assert rows_of(pushed) == rows_of(streamed) == rows_of(source)
    assert [(each.table, each.rows) for each in by_push.tables] == [
        (each.table, each.rows) for each in by_stream.tables
    ]
    if mode == "upsert":
        assert [(each.inserted, each.updated) for each in by_push.tables] == [(0, 0), (1, 2)]
        again = run(mode, source, pushed, tables, transaction=transaction, **PUSH)
        assert [(each.inserted, each.updated) for each in again.tables] == [(0, 0), (0, 0)]
    assert clean(source, pushed)


@pytest.mark.parametrize("side", ["source", "target"])
def test_settings_of_a_database_change_no_value(new_database, source_server, target_server, side):
    source, target = new_database(source_server), new_database(target_server)
    source.require_extension("postgres_fdw")
    source.execute(VALUES)
    target.execute(f"{VALUES}; TRUNCATE t")

    with strangely_set(source if side == "source" else target):
        append(source, target, {"t": {}}, **PUSH)

    assert rows_of(target) == rows_of(source)


def test_columns_overlap_and_are_cast_as_by_a_stream(shop, new_database):
    """Names are not those of the source alone, nor are types; each column of the target is made of what it can be."""
    source, pushed = shop
    streamed = new_database(pushed.server)
    theirs = """
        DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app; SET search_path = app;
        CREATE TYPE feeling AS ENUM ('sad', 'fine');
        CREATE TABLE users (loaded text DEFAULT 'now', id bigint PRIMARY KEY, email varchar(4), mood feeling,
                            born date, twice int GENERATED ALWAYS AS (9) STORED, price numeric(6, 1), who text)"""
    source.execute("""
        CREATE TYPE app.mood AS ENUM ('sad', 'fine');
        ALTER TABLE app.users ADD mood app.mood DEFAULT 'fine', ADD born timestamp DEFAULT '2024-02-03 04:05',
                              ADD price numeric(8, 3) DEFAULT 12.345, ADD secret text DEFAULT 's'""")
    rule = {"users": {"where": "id > 1 -- not the first", "transform": {"who": "current_database() || id"}}}
    for target, way in ((streamed, {}), (pushed, PUSH)):
        target.execute(theirs)
        said = append(source, target, rule, **way)
        assert len(messages(said)) == 3

    assert rows_of(pushed, "users") == rows_of(streamed, "users")
    assert pushed.rows("SELECT id, mood::text, born::text, twice, price::text FROM app.users WHERE id = 2") == [
        (2, "fine", "2024-02-03", 9, "12.3")
    ]


def test_partitions_identities_sequences_and_triggers_of_the_target(shop):
    source, target = shop
    target.execute("""
        SET search_path = app; DROP TABLE orders; CREATE TABLE log (n int);
        CREATE TABLE orders (id int, user_id int REFERENCES users, note text) PARTITION BY RANGE (id);
        CREATE TABLE low PARTITION OF orders FOR VALUES FROM (0) TO (3);
        CREATE TABLE high PARTITION OF orders FOR VALUES FROM (3) TO (100);
        CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO app.log VALUES (NEW.id); RETURN NEW; END $$;
        CREATE TRIGGER logs AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION logs()""")

    append(source, target, {"users": {}, "orders": {}}, **PUSH)

    assert rows_of(target, "users") == rows_of(source, "users")
    assert target.column("SELECT id FROM app.high ORDER BY 1") == [3, 4, 5]
    assert target.value("SELECT count(*) FROM app.log") == 5
    assert target.value("INSERT INTO app.users (email) VALUES ('next') RETURNING id") == 6


@MODES
def test_domains_are_checked_where_the_targets_names_are_found(source_db, target_db, mode):
    """The source's server writes under a search_path of its own, on which no function of the schema is."""
    source_db.require_extension("postgres_fdw")
    for database in (source_db, target_db):
        database.execute("""
            CREATE SCHEMA app; SET search_path = app;
            CREATE FUNCTION most() RETURNS int LANGUAGE sql AS 'SELECT 9';
            CREATE FUNCTION few(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RETURN $1 < most(); END $$;
            CREATE DOMAIN few AS int CHECK (few(VALUE)); CREATE DOMAIN fewer AS few NOT NULL;
            CREATE TABLE t (id fewer PRIMARY KEY, more few[])""")
    source_db.execute("SET search_path = app; INSERT INTO t VALUES (1, '{1,2}'), (2, NULL)")

    run(mode, source_db, target_db, **PUSH)
    target_db.execute("CREATE OR REPLACE FUNCTION app.most() RETURNS int LANGUAGE sql AS 'SELECT 2'")
    with pytest.raises(DatabaseError, match=r"domain few violates check constraint|domain fewer violates"):
        run(mode, source_db, target_db, **PUSH)

    assert rows_of(target_db) == rows_of(source_db)


def test_keys_in_a_circle_are_deferred(source_db, target_db):
    source_db.require_extension("postgres_fdw")
    for database in (source_db, target_db):
        database.execute("""
            CREATE SCHEMA app; SET search_path = app;
            CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
            ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE""")
    source_db.execute("INSERT INTO app.a VALUES (1, NULL); INSERT INTO app.b VALUES (1, 1); UPDATE app.a SET b = 1")

    append(source_db, target_db, **PUSH)

    assert target_db.rows("SELECT a.b, b.a FROM app.a, app.b") == [(1, 1)]


def test_rows_are_of_the_instant_of_the_plan(shop):
    source, target = shop
    change = at(Stage.COPY, lambda: source.execute("INSERT INTO app.orders VALUES (6, 1); DELETE FROM app.orders"))

    append(source, target, observer=change, **PUSH)

    assert target.column("SELECT id FROM app.orders ORDER BY 1") == [1, 2, 3, 4, 5]


def test_several_targets(shop, new_database):
    source, target = shop
    second = new_database(target.server)
    second.execute("CREATE SCHEMA app; CREATE TABLE app.users (id int PRIMARY KEY, email text)")
    job = filling("upsert", source, target, **PUSH)
    end = job.pop("target")

    run_job({**job, "targets": [end, {**end, "database": second.url, "tables": {"users": ["id", "email"]}}]})

    assert rows_of(target, "orders") == rows_of(source, "orders")
    assert second.column("SELECT email FROM app.users ORDER BY 1") == ["u1", "u2", "u3", "u4", "u5"]
    assert clean(source, target)
    assert clean(source, second)


def test_readers_see_the_old_rows_until_all_have_landed(shop):
    """The tables are emptied late: nobody waits for as long as the rows need to come."""
    source, target = shop
    target.execute("INSERT INTO app.orders VALUES (77, NULL, 'old')")
    seen = []

    def look():
        (schema,) = beside(target)
        landed = [target.value(f'SELECT count(*) FROM "{schema}"._xcopy_{n}') for n in (1, 2)]
        seen.append((landed, target.column("SELECT id FROM app.orders")))

    truncate(source, target, observer=at(Stage.MERGE, look), **PUSH)

    assert seen == [([5, 5], [77])]
    assert rows_of(target, "orders") == rows_of(source, "orders")


# --- Said before anything is written


def test_the_plan_shows_it(shop):
    source, target = shop

    plan = plan_of("append", source, target, **PUSH)

    assert "the rows land in a schema of their own first, which is dropped at the end" in describe.as_text(plan)
    shown = describe.as_sql(plan)
    assert 'CREATE UNLOGGED TABLE "_xcopy_landing_' in shown
    assert shown.index("-- on the source\nDROP FOREIGN") < shown.index('INSERT INTO "app"."users"')
    assert beside(target) == []


@MODES
def test_a_role_that_may_not_make_schemas(shop, hostile_role, mode):
    source, target = shop
    reader = hostile_role(source, grant=["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app"])
    source.execute(f'GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO "{reader.name}"')
    rights = "INSERT, UPDATE, SELECT, TRUNCATE ON ALL TABLES IN SCHEMA app"
    writer = hostile_role(target, grant=["USAGE ON SCHEMA app", rights])
    target.execute(f"REVOKE TEMPORARY ON DATABASE {target.name} FROM PUBLIC")

    with pytest.raises(PlanError) as caught:
        run(mode, source.dsn_as(reader), target.dsn_as(writer), **PUSH)
    target.execute(f'GRANT CREATE ON DATABASE {target.name} TO "{writer.name}"')
    run(mode, source.dsn_as(reader), target.dsn_as(writer), analyze=False, **PUSH)

    assert caught.value.reasons == (
        f"target database {target.name}: the role {writer.name} may not make schemas in it, in one of which pushed "
        f'rows land first (ask for: GRANT CREATE ON DATABASE "{target.name}" TO "{writer.name}"; or take '
        "`transport: stream`, which needs nothing of the servers)",
    )
    assert rows_of(target, "orders") == rows_of(source, "orders")
    source.execute(f'REVOKE USAGE ON FOREIGN DATA WRAPPER postgres_fdw FROM "{reader.name}"')


def test_nobody_else_may_read_what_has_landed(shop, hostile_role):
    source, target = shop
    other = hostile_role(target)
    seen = []

    def look():
        for schema in beside(target):
            seen.append(target.value("SELECT has_schema_privilege(%s, %s, 'USAGE')", (other.name, schema)))

    append(source, target, observer=at(Stage.MERGE, look), **PUSH)

    assert seen == [False]


def test_the_password_is_nowhere(shop):
    source, target = shop
    name = f"pw_{target.name}"
    target.execute(f"CREATE ROLE {name} LOGIN SUPERUSER PASSWORD 's3cret-to-push'")
    for database in shop:
        database.execute(f"ALTER DATABASE {database.name} SET log_statement = 'all'")
    dsn = target.server.dsn(target.name, user=name, password="s3cret-to-push")
    seen = []

    def watch(event):
        seen.append(str(event))
        seen.extend(query for each in shop for query in each.column("SELECT query FROM pg_stat_activity"))

    append(source, dsn, observer=watch, **PUSH)
    with pytest.raises(DatabaseError) as caught:
        append(source, dsn, observer=watch, **PUSH)

    logs = [each.server.log.read_text(errors="replace") for each in shop]
    assert ["CREATE SERVER" in logs[0], "CREATE UNLOGGED TABLE" in logs[1]] == [True, True]
    for secret in ("s3cret-to-push", b"s3cret-to-push".hex()):
        assert not [text for text in (*seen, *logs, str(caught.value)) if secret in text]
    target.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


# --- What goes wrong in the middle


@MODES
def test_a_row_that_is_refused_leaves_nothing(shop, mode):
    source, target = shop
    target.execute("""
        INSERT INTO app.users OVERRIDING SYSTEM VALUE VALUES (77, 'old');
        ALTER TABLE app.orders ADD CONSTRAINT few CHECK (id < 5)""")

    with pytest.raises(DatabaseError, match=r'violates check constraint "few"'):
        run(mode, source, target, **PUSH)

    assert target.rows("SELECT id, email FROM app.users") == [(77, "old")]
    assert target.value("SELECT count(*) FROM app.orders") == 0
    assert clean(source, target)


def test_a_row_that_is_there_already(shop):
    source, target = shop
    target.execute("INSERT INTO app.orders VALUES (5)")

    with pytest.raises(DatabaseError) as caught:
        append(source, target, **PUSH)

    said = caught.value
    assert said.sentence.startswith("copying into app.orders: the target postgres@")
    assert said.sentence.endswith('duplicate key value violates unique constraint "orders_pkey" (SQLSTATE 23505).')
    assert said.hint.endswith("leave it out with `where`, or take `mode: upsert`.")
    assert target.value(EMPTY) == 1
    assert clean(source, target)


def test_two_rows_of_one_key(shop):
    source, target = shop
    source.execute("ALTER TABLE app.orders DROP CONSTRAINT orders_pkey; INSERT INTO app.orders VALUES (1, 1, 'twice')")

    for update in ("all", "none"):
        with pytest.raises(DuplicateRowsError, match=r"app\.orders"):
            upsert(source, target, update=update, **PUSH)

    assert target.value(EMPTY) == 0
    assert clean(source, target)


def test_rows_that_a_trigger_lets_fall(shop):
    source, target = shop
    target.execute("""
        CREATE FUNCTION app.falls() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.id = 3 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER falls BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.falls()""")

    with pytest.raises(RowCountMismatchError, match="sent 5 rows and the target took 4"):
        append(source, target, **PUSH)

    assert target.value(EMPTY) == 0
    assert clean(source, target)
    assert upsert(source, target, **PUSH).rows == 10
    assert target.value("SELECT count(*) FROM app.orders") == 4


def test_what_was_done_stays_done_where_each_table_has_its_own_transaction(shop):
    source, target = shop
    target.execute("INSERT INTO app.orders VALUES (5)")

    with pytest.raises(PartlyDoneError, match=r"filled and stay so: app\.users"):
        append(source, target, transaction="table", **PUSH)

    assert target.rows("SELECT (SELECT count(*) FROM app.users), (SELECT count(*) FROM app.orders)") == [(5, 1)]
    assert clean(source, target)


@pytest.fixture
def slow(shop):
    """A view of which each row takes a while, and a table for it that has a row; with a type of the schema's own."""
    source, target = shop
    for database in shop:
        database.execute("CREATE TYPE app.mood AS ENUM ('ok')")
    source.execute("INSERT INTO app.users (email) SELECT 'x' FROM generate_series(1, 20000)")
    source.execute(
        "CREATE VIEW app.slow AS SELECT id, pg_sleep(0.01)::text AS a, 'ok'::app.mood AS mood FROM app.users"
    )
    target.execute("CREATE TABLE app.slow (id int PRIMARY KEY, a text, mood app.mood)")
    target.execute("INSERT INTO app.slow VALUES (0, 'old', 'ok')")
    return source, target


OLD = [(0, "old", "ok")]


@pytest.mark.parametrize("transaction", ["job", "table"])
@pytest.mark.parametrize("dies", ["pusher", "far"])
def test_a_server_process_that_dies_in_the_middle(slow, dies, transaction):
    """That of the source which sends, or that of the target which takes."""
    source, target = slow

    with in_background(lambda: truncate(source, target, {"slow": {}}, transaction=transaction, **PUSH)) as done:
        wait_until(lambda: source.value(SLEEPING), seconds=30)
        if dies == "pusher":
            wait_until(lambda: terminate(source, "%", "PgSleep"))
        else:
            target.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name LIKE 'pg-xcopy postgres_fdw%'"
            )
            # What it has not yet been sent it does not miss: rows go in batches.
            wait_until(lambda: terminate(source, "%", "PgSleep") or done.done(), seconds=60)
        with pytest.raises(DatabaseError, match=r"copying app.slow: the source"):
            done.result(timeout=60)

    assert target.rows("SELECT * FROM app.slow") == OLD
    assert clean(source, target)


def test_the_session_that_is_to_take_them_over_dies_in_the_middle(shop):
    """With it goes the lock on the schema, and so the right to write."""
    source, target = shop

    def end():
        target.execute(
            "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid"
            " WHERE l.locktype = 'advisory' AND a.datname = current_database()"
        )

    with pytest.raises(DatabaseError):
        truncate(source, target, observer=at(Stage.MERGE, end), **PUSH)

    assert target.value(EMPTY) == 0
    assert clean(source, target)


@pytest.mark.parametrize("of_server", [12, 18])
def test_stopping_reaches_both_servers(server_of, new_database, of_server):
    source, target = new_database(server_of(of_server)), new_database(server_of(of_server, "b"))
    source.require_extension("postgres_fdw")
    source.execute(f"{SHOP}; CREATE VIEW slow AS SELECT id, pg_sleep(600)::text AS a FROM users")
    target.execute("CREATE SCHEMA app; CREATE TABLE app.slow (id int, a text)")

    with pytest.raises(TimeUpError):
        run_job(filling("append", source, target, {"slow": {}}, **PUSH), timeout=3)

    assert clean(source, target)


@MODES
def test_stopping_while_rows_are_taken_over(shop, mode):
    """The target's transaction has locked what rows have landed in: it must not keep that from being dropped."""
    source, target = shop
    target.execute("""
        CREATE FUNCTION app.sleeps() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
        CREATE TRIGGER sleeps BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.sleeps()""")

    with pytest.raises(TimeUpError):
        run_job(filling(mode, source, target, **PUSH), timeout=3)

    assert target.value(EMPTY) == 0
    assert clean(source, target)


def test_one_run_at_a_time(slow):
    source, target = slow

    with in_background(lambda: append(source, target, {"slow": {}}, **PUSH)) as done:
        wait_until(lambda: source.value(SLEEPING), seconds=30)
        with pytest.raises(TargetLockedError):
            append(source, target, {"users": {}}, **PUSH)
        assert len(beside(target)) == 1
        wait_until(lambda: terminate(source, "%", "PgSleep"))
        with pytest.raises(DatabaseError):
            done.result(timeout=60)

    assert clean(source, target)


# --- What a dead run leaves


def left_by_a_dead_run(source, target):
    with started(filling("append", source, target, {"slow": {}}, **PUSH)) as process:
        wait_until(lambda: source.value(SLEEPING), seconds=30)
        process.kill()
        process.wait()
    (schema,) = beside(target)
    # A lock that a server process still holds says that its client is not missed yet.
    wait_until(lambda: target.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0, seconds=60)
    return schema


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(lambda *ends: append(*ends, {"users": {}}, **PUSH), id="that pushes"),
        pytest.param(lambda *ends: append(*ends, {"users": {}}), id="that streams"),
        pytest.param(lambda *ends: copy(*ends, {"users": {}}), id="that replaces"),
    ],
)
def test_the_next_run_drops_what_a_dead_one_left(slow, job):
    source, target = slow
    schema = left_by_a_dead_run(source, target)

    result = job(source, target)

    assert messages(result) == [each for each in messages(result) if schema not in each]
    assert target.value("SELECT count(*) FROM app.users") == 20005
    wait_until(lambda: clean(source, target), seconds=60)


def test_what_somebody_reads_is_left_to_the_next_run(shop):
    source, target = shop
    reading = target.connect()

    def read():
        (schema,) = beside(target)
        with reading.cursor() as cursor:
            cursor.execute(f'BEGIN; SELECT * FROM "{schema}"._xcopy_1')

    try:
        result = append(source, target, observer=at(Stage.MERGE, read), **PUSH)
        (said,) = messages(result)
        (left,) = beside(target)
    finally:
        reading.close()

    assert said.startswith(f"{left}: left behind: it can't be dropped now (")
    assert said.endswith("; the next run tries again")
    assert messages(upsert(source, target, **PUSH)) == []
    assert clean(source, target)
