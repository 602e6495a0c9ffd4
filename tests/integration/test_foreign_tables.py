"""`transport: postgres_fdw`: the target's server fetches, or the source's pushes, and the rows are the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from between_servers import LEFT, SHOP, SLEEPING, VALUES, rows_of, settled, strangely_set
from copying import copy, job_of, wait_until
from filling import append, run
from processes import started

from pg_xcopy import plan_job, run_job
from pg_xcopy.errors import DatabaseError, ManifestError, PlanError, RowCountMismatchError, TimeUpError
from pg_xcopy.manifest.loader import parse_manifest
from pg_xcopy.observe.events import Stage, StageStarted
from pg_xcopy.planning import describe
from servers import Database

PULL = {"transport": "postgres_fdw"}
PUSH = {"transport": "postgres_fdw", "push": True}
EITHER = pytest.mark.parametrize("way", [PULL, PUSH], ids=["pull", "push"])


@pytest.fixture
def shop(source_db, target_db):
    """Both databases have the extension; the source has tables."""
    for database in (source_db, target_db):
        database.require_extension("postgres_fdw")
    source_db.execute(SHOP)
    return source_db, target_db


@pytest.fixture
def existing(shop):
    """Both sides have the tables; the target's are empty."""
    source, target = shop
    target.execute(f"{SHOP}; TRUNCATE users, orders")
    return source, target


@EITHER
def test_a_schema_is_replaced(shop, way):
    source, target = shop

    result = copy(source, target, {"*": {}, "users": {"where": {"id": {"gt": 1}}}}, **way)

    assert target.rows("SELECT id, email, twice FROM app.users ORDER BY 1") == [(n, f"u{n}", 7) for n in range(2, 6)]
    assert target.value("SELECT count(*) FROM app.orders") == 5
    assert {each.table: each.rows for each in result.tables} == {"app.users": 4, "app.orders": 5}
    for database in shop:
        assert settled(source, database)


@EITHER
@pytest.mark.parametrize(("of_source", "of_target"), [(12, 18), (18, 12), (15, 15)])
def test_values_are_those_that_a_stream_brings(server_of, new_database, of_source, of_target, way):
    source, target = new_database(server_of(of_source)), new_database(server_of(of_target, "b"))
    for database in (source, target):
        database.require_extension("postgres_fdw")
    source.execute(VALUES)
    copy(source, target)
    streamed = {table: rows_of(target, table) for table in ("t", "nothing", "empty")}

    copy(source, target, **way)

    assert streamed["nothing"] == [("()",), ("()",)]
    assert {table: rows_of(target, table) for table in streamed} == streamed
    assert len(streamed["t"]) == 3


@EITHER
@pytest.mark.parametrize("side", ["source", "target"])
def test_settings_of_a_database_change_no_value(new_database, source_server, target_server, side, way):
    source, target = new_database(source_server), new_database(target_server)
    for database in (source, target):
        database.require_extension("postgres_fdw")
    source.execute(VALUES)
    copy(source, target)
    streamed = rows_of(target)
    database = source if side == "source" else target

    with strangely_set(database):
        copy(source, target, **way)

    assert rows_of(target) == streamed


@pytest.mark.parametrize("mode", ["append", "truncate", "upsert"])
def test_existing_tables_fetch_rows(existing, mode):
    source, target = existing
    if mode == "truncate":
        target.execute("INSERT INTO app.users OVERRIDING SYSTEM VALUE VALUES (77, 'old')")
    if mode == "upsert":
        append(source, target, **PULL)
        source.execute("UPDATE app.orders SET note = 'new' WHERE id = 1; INSERT INTO app.orders VALUES (6, 1, 'more')")

    result = run(mode, source, target, **PULL)

    assert rows_of(target, "users") == rows_of(source, "users")
    assert rows_of(target, "orders") == rows_of(source, "orders")
    if mode == "upsert":
        assert [(each.inserted, each.updated) for each in result.tables if each.table == "app.orders"] == [(1, 1)]
    assert settled(source, target)


def test_tables_that_stay_keep_their_place(shop):
    """`replace_tables`: only those of the job are replaced; identity columns still make up their values."""
    source, target = shop
    target.execute(f"{SHOP}; TRUNCATE users, orders; CREATE TABLE stays (a int)")

    for way in (PULL, PUSH):
        copy(source, target, {"users": {}, "orders": {}}, mode="replace_tables", **way)

        assert rows_of(target, "users") == rows_of(source, "users")
        assert target.value("SELECT to_regclass('app.stays') IS NOT NULL")
        assert (
            target.value("SELECT attidentity FROM pg_attribute WHERE attrelid = 'app.users'::regclass AND attnum = 1")
            == "a"
        )


def test_the_source_transforms_what_it_pushes(shop):
    source, target = shop
    source.execute("CREATE FUNCTION app.whole() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$")
    tables = {
        "users": {"where": "id > 1 AND now() > '2000-01-01'", "transform": {"email": "app.whole() || id"}},
        "orders": {"where": "user_id IN (SELECT id FROM users WHERE id < 3)", "transform": {"note": None}},
    }

    copy(source, target, tables, **PUSH)

    assert target.column("SELECT email FROM app.users ORDER BY 1") == ["x2", "x3", "x4", "x5"]
    assert target.rows("SELECT * FROM app.orders ORDER BY 1") == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    "where",
    [
        {"id": [1, 2]},
        {"id": []},
        {"email": {"like": "u1%"}},
        {"id": {"between": [2, 3]}, "email": {"is_null": False}},
        {"email": {"not_in": ["u1", None, "it's"]}},
        "email = 'u2' OR id = 3 -- a comment",
    ],
)
def test_filters_that_the_source_evaluates(shop, where):
    """Also on a column that is not copied."""
    source, target = shop
    rule = {"users": {"where": where, "transform": {"email": None}}}
    copy(source, target, rule)
    streamed = rows_of(target, "users")

    copy(source, target, rule, **PULL)

    assert rows_of(target, "users") == streamed


@pytest.mark.parametrize(
    "where",
    [
        "now() > '2000-01-01'",
        "id = 1 AND random() < 2",
        "id IN (SELECT user_id FROM app.orders)",
        "id = (SELECT max(id) FROM app.users)",
        "app.fine(id)",
        "email COLLATE \"C\" > 'u'",
    ],
)
def test_no_row_leaves_the_source_to_be_filtered(shop, where):
    source, target = shop
    for database in shop:
        database.execute("CREATE SCHEMA IF NOT EXISTS app")
        database.execute("CREATE FUNCTION app.fine(int) RETURNS bool LANGUAGE sql AS 'SELECT $1 = 1'")

    with pytest.raises(PlanError) as caught:
        copy(source, target, {"users": {"where": where}}, **PULL)

    (reason,) = caught.value.reasons
    assert reason.startswith("app.users: a foreign table would have its filter evaluated")
    assert "with `push: true` the source evaluates it; or take `transport: dblink` or `stream`" in reason


def test_no_value_leaves_the_source_to_be_transformed(shop):
    source, target = shop

    with pytest.raises(PlanError) as caught:
        copy(
            source, target, {"users": {"transform": {"email": "'x'"}}, "orders": {"transform": {"note": None}}}, **PULL
        )

    assert caught.value.reasons == (
        "app.users: a foreign table runs no SELECT of ours, so email would be transformed too late: raw values would "
        "leave the source (with `push: true` the source evaluates it; or take `transport: dblink` or `stream`)",
    )


def test_heirs_would_come_too(shop):
    source, target = shop
    source.execute("CREATE TABLE app.more_orders () INHERITS (app.orders)")

    with pytest.raises(PlanError, match=r"app.orders: other tables inherit from it, and a foreign table would bring"):
        copy(source, target, **PULL)
    copy(source, target, **PUSH)

    assert target.value("SELECT count(*) FROM app.orders") == 5


def test_types_that_have_to_be_cast(existing):
    source, target = existing
    target.execute("ALTER TABLE app.orders ALTER note TYPE varchar(3)")
    source.execute("ALTER TABLE app.orders ADD at timestamp; UPDATE app.orders SET at = '2024-01-02 03:04'")
    target.execute("ALTER TABLE app.orders ADD at date")

    with pytest.raises(PlanError, match=r"app.orders: the source has to cast at from timestamp\S* .*to date"):
        append(source, target, **PULL)


@EITHER
@pytest.mark.parametrize("of_database", ["UTF8", "LATIN1"])
def test_encodings(source_server, target_server, new_database, of_database, way):
    source = new_database(source_server, encoding=of_database)
    target = new_database(target_server, encoding="UTF8" if of_database == "LATIN1" else "LATIN1")
    for database in (source, target):
        database.require_extension("postgres_fdw")
    source.execute(
        "SET client_encoding = 'UTF8'; CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 'd\u00e9j\u00e0 \\ vu' AS a"
    )
    copy(source, target)
    streamed = target.value("SELECT encode(convert_to(a, getdatabaseencoding()), 'hex') FROM app.t")

    copy(source, target, {"t": {"where": {"a": {"like": "d\u00e9%"}}}}, **way)

    assert target.value("SELECT encode(convert_to(a, getdatabaseencoding()), 'hex') FROM app.t") == streamed


@EITHER
def test_encodings_that_nothing_would_convert(source_server, target_server, new_database, way):
    source = new_database(source_server, encoding="LATIN1")
    target = new_database(target_server, encoding="SQL_ASCII")
    for database in (source, target):
        database.require_extension("postgres_fdw")
    source.execute("CREATE SCHEMA app; CREATE TABLE app.t (a text)")

    with pytest.raises(
        PlanError, match="the target's database is in SQL_ASCII, and nothing would convert what comes in"
    ):
        copy(source, target, **way)


def test_rows_that_a_trigger_lets_fall(existing):
    source, target = existing
    target.execute("""
        CREATE FUNCTION app.falls() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.id = 3 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER falls BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.falls()""")

    with pytest.raises(RowCountMismatchError, match="sent 5 rows and the target took 4"):
        append(source, target, **PULL)

    assert target.value("SELECT count(*) FROM app.orders") == 0


def test_a_partitioned_table(shop):
    source, target = shop
    parts = "FOR VALUES FROM ({}) TO ({})"
    source.execute(f"""
        CREATE TABLE app.p (id int PRIMARY KEY, a text) PARTITION BY RANGE (id);
        CREATE TABLE app.p1 PARTITION OF app.p {parts.format(0, 10)};
        CREATE TABLE app.p2 PARTITION OF app.p {parts.format(10, 20)};
        INSERT INTO app.p SELECT n, 'a' || n FROM generate_series(0, 19) AS n""")
    for way in (PULL, PUSH):
        copy(source, target, {"p": {}}, **way)
        assert rows_of(target, "p") == rows_of(source, "p")
    target.execute("DROP SCHEMA app CASCADE; CREATE SCHEMA app; CREATE TABLE app.p (id int, a text)")

    append(source, target, {"p": {"where": {"id": {"lt": 15}}}}, **PULL)

    assert target.value("SELECT count(*) FROM app.p") == 15


@EITHER
def test_the_extension_is_missing(source_db, target_db, way):
    source_db.execute(SHOP)

    with pytest.raises(PlanError) as caught:
        copy(source_db, target_db, **way)

    side = "source" if "push" in way else "target"
    assert caught.value.reasons[0] == (
        f"transport postgres_fdw: the {side}'s database does not have the extension postgres_fdw (ask its administrator"
        " for: CREATE EXTENSION postgres_fdw; or take `transport: stream`, which needs nothing of the servers)"
    )


@EITHER
def test_the_route_is_closed(shop, way):
    source, target = shop

    with pytest.raises(PlanError) as caught:
        copy(source, target, **way, route={"host": "127.0.0.1", "port": 1})

    (reason,) = caught.value.reasons
    near, far = ("source", "target") if "push" in way else ("target", "source")
    assert reason.startswith(f"transport postgres_fdw: the {near}'s server can't reach the {far}: could not connect to")
    assert "say under which address it can with `route`; or take `transport: stream`" in reason
    for database in shop:
        assert database.server.password not in reason


@EITHER
def test_another_server_answers(shop, server_of, new_database, way):
    source, target = shop
    other = new_database(server_of(15))
    far = target if "push" in way else source
    other.execute(f"CREATE DATABASE {far.name}_elsewhere")

    with pytest.raises(PlanError, match=r"can't reach the (source|target): "):
        copy(source, target, **way, route={"host": "127.0.0.1", "port": other.server.port})

    other.execute(f"DROP DATABASE {far.name}_elsewhere")


@EITHER
def test_another_database_of_that_name_answers(shop, server_of, way):
    """Same name, same password, another server: nothing but where our process is tells them apart."""
    source, target = shop
    far = target if "push" in way else source
    other = server_of(far.server.installation.major, "c")
    elsewhere = Database(other, "postgres")
    elsewhere.execute(f"CREATE DATABASE {far.name}")
    elsewhere.execute(f"ALTER ROLE postgres PASSWORD '{far.server.password}'")
    try:
        with pytest.raises(PlanError, match="that address leads to another server, or database, than ours does"):
            copy(source, target, **way, route={"host": "127.0.0.1", "port": other.port})
    finally:
        far_there = Database(other, "postgres")
        far_there.execute(f"DROP DATABASE IF EXISTS {far.name} WITH (FORCE)")
        far_there.execute(f"ALTER ROLE postgres PASSWORD '{other.password}'")


@EITHER
def test_roles_that_may_little(shop, hostile_role, way):
    """Neither is a superuser; what they lack is said with the GRANT."""
    source, target = shop
    push = "push" in way
    reads = ["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app", "SELECT ON ALL SEQUENCES IN SCHEMA app"]
    reader = hostile_role(source, grant=reads)
    writer = hostile_role(target, grant=[f"CREATE ON DATABASE {target.name}"])
    near, role = (source, reader) if push else (target, writer)

    with pytest.raises(PlanError, match="GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO"):
        copy(source.dsn_as(reader), target.dsn_as(writer), **way)
    near.execute(f'GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO "{role.name}"')
    near.execute(f"REVOKE TEMPORARY ON DATABASE {near.name} FROM PUBLIC")
    with pytest.raises(PlanError, match=f'GRANT TEMPORARY ON DATABASE "{near.name}" TO "{role.name}"'):
        copy(source.dsn_as(reader), target.dsn_as(writer), **way)
    near.execute(f"GRANT TEMPORARY ON DATABASE {near.name} TO PUBLIC")
    copy(source.dsn_as(reader), target.dsn_as(writer), **way)

    assert target.value("SELECT count(*) FROM app.orders") == 5
    near.execute(f'REVOKE USAGE ON FOREIGN DATA WRAPPER postgres_fdw FROM "{role.name}"')


@EITHER
def test_the_password_is_nowhere(shop, way):
    """Not in a plan, a log of ours or a server's, even where the server logs every statement, also in a failure."""
    source, target = shop
    near, far = (source, target) if "push" in way else (target, source)
    name = f"pw_{far.name}"
    far.execute(f"CREATE ROLE {name} LOGIN SUPERUSER PASSWORD E'p4ss'' w\\\\rd \N{SNOWMAN}'")
    near.execute(f"ALTER DATABASE {near.name} SET log_statement = 'all'")
    near.execute(f"ALTER DATABASE {near.name} SET log_min_duration_statement = 0")
    dsn = far.server.dsn(far.name, user=name, password="p4ss' w\\rd \N{SNOWMAN}")
    ends = (source, dsn) if "push" in way else (dsn, target)
    seen = []

    def watch(_):
        seen.extend(near.column("SELECT query FROM pg_stat_activity"))
        seen.extend(far.column("SELECT query FROM pg_stat_activity"))

    copy(*ends, observer=watch, **way)
    plan = plan_job(job_of(*ends, **way))
    near.execute(
        "ALTER EXTENSION postgres_fdw DROP FOREIGN DATA WRAPPER postgres_fdw; DROP FOREIGN DATA WRAPPER postgres_fdw"
    )
    with pytest.raises(PlanError) as caught:
        copy(*ends, **way)

    log = near.server.log.read_text(errors="replace")
    told = [describe.as_text(plan), describe.as_sql(plan), str(describe.as_data(plan)), str(caught.value), *seen, log]
    assert "CREATE SERVER" in log
    for secret in ("p4ss", b"p4ss".hex()):
        assert not [text for text in told if secret in text]
    far.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


@EITHER
def test_nobody_sees_what_is_made(shop, way):
    """Servers and mappings end with the transaction in which they are made."""
    source, target = shop
    near = source if "push" in way else target
    seen = []

    def watch(_):
        seen.append(
            near.value("SELECT count(*) FROM pg_foreign_server") + near.value("SELECT count(*) FROM pg_user_mapping")
        )

    copy(source, target, observer=watch, **way)

    assert set(seen) == {0}


def test_who_may_not_push(shop):
    source, target = shop
    target.execute("CREATE SCHEMA app; CREATE TABLE app.users (id int)")
    connections = {"prod": {"url": source.url, "protected": True}}
    job = {
        "source": {"database": "prod", "schema": "app"},
        "target": {"database": target.url, "schema": "app", "mode": "append"},
        "tables": {"users": {}},
        **PUSH,
    }

    with pytest.raises(PlanError) as caught:
        run_job(parse_manifest({"connections": connections, "jobs": {"a": job}}).jobs["a"])

    (protected,) = caught.value.reasons
    assert "push: the source's connection is `protected`" in protected


@EITHER
def test_a_failure_in_the_middle_leaves_nothing(shop, way):
    source, target = shop
    source.execute("CREATE VIEW app.wrong AS SELECT id, 1 / (id - 3) AS n FROM app.orders")

    with pytest.raises(DatabaseError, match="division by zero"):
        copy(source, target, {"wrong": {}, "users": {}}, **way)

    for database in shop:
        assert settled(source, database)
    assert target.column("SELECT nspname FROM pg_namespace WHERE nspname IN ('app') OR nspname LIKE '\\_xcopy%'") == []


@EITHER
@pytest.mark.parametrize("of_server", [12, 18])
def test_stopping_reaches_both_servers(server_of, new_database, of_server, way):
    source, target = new_database(server_of(of_server)), new_database(server_of(of_server, "b"))
    for database in (source, target):
        database.require_extension("postgres_fdw")
    source.execute(f"{SHOP}; CREATE VIEW slow AS SELECT id, pg_sleep(600)::text AS a FROM users")

    with pytest.raises(TimeUpError):
        run_job(job_of(source, target, {"slow": {}}, **way), timeout=3)

    for database in (source, target):
        assert settled(source, database)
    assert target.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE '\\_xcopy%'") == []


@EITHER
def test_a_run_that_is_killed_leaves_nothing_that_runs(shop, way):
    source, target = shop
    source.execute("INSERT INTO app.users (email) SELECT 'x' FROM generate_series(1, 20000)")
    source.execute("CREATE VIEW app.slow AS SELECT id, pg_sleep(0.01)::text AS a FROM app.users")

    with started(job_of(source, target, {"slow": {}}, **way)) as process:
        wait_until(lambda: source.value(SLEEPING), seconds=30)
        process.kill()
        process.wait()

    wait_until(lambda: source.value(LEFT) == target.value(LEFT) == 0, seconds=60)
    for database in shop:
        assert database.value("SELECT count(*) FROM pg_foreign_server") == 0
    copy(source, target, {"users": {}}, **way)
    assert target.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE '\\_xcopy%'") == []


LEDGER = """
    CREATE SCHEMA app; SET search_path = app;
    CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int);
    CREATE TABLE b (id int PRIMARY KEY REFERENCES a, n int);
    CREATE TABLE filler AS SELECT repeat('x', 100) AS x FROM generate_series(1, 20000)"""
WRITE = "WITH new AS (INSERT INTO app.a (n) VALUES (1) RETURNING id) INSERT INTO app.b SELECT id, 1 FROM new"


@EITHER
def test_all_rows_are_from_one_instant_whoever_writes(new_database, source_server, target_server, way):
    """Each transaction writes a row to either table: neither lacks one, and no sequence is behind."""
    source, target = new_database(source_server), new_database(target_server)
    for database in (source, target):
        database.require_extension("postgres_fdw")
    source.execute(LEDGER)
    done = threading.Event()

    def write():
        with closing(source.connect()) as connection, connection.cursor() as cursor:
            while not done.is_set():
                cursor.execute(WRITE)
                connection.commit()

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        try:
            wait_until(lambda: source.value("SELECT count(*) FROM app.a") > 10)
            copy(source, target, **way)
        finally:
            done.set()
        writing.result()

    assert target.column("SELECT id FROM app.a ORDER BY 1") == target.column("SELECT id FROM app.b ORDER BY 1")
    assert 10 < target.value("SELECT count(*) FROM app.a") < source.value("SELECT count(*) FROM app.a")
    target.execute("INSERT INTO app.a (n) VALUES (2)")


def at_copy(work):
    """Do something when the rows are about to come: after the plan, and after the locks."""

    def observe(event):
        if isinstance(event, StageStarted) and event.stage is Stage.COPY:
            work()

    return observe


def test_what_is_pushed_is_of_the_instant_of_the_plan(shop):
    source, target = shop
    write = at_copy(lambda: source.execute("INSERT INTO app.orders VALUES (6, 1); DELETE FROM app.orders WHERE id = 1"))

    copy(source, target, observer=write, **PUSH)

    assert target.column("SELECT id FROM app.orders ORDER BY 1") == [1, 2, 3, 4, 5]


def test_sequences_are_not_behind_rows_that_are_fetched_later_than_planned(shop):
    source, target = shop
    write = at_copy(lambda: source.execute("INSERT INTO app.users (email) SELECT 'late' FROM generate_series(1, 9)"))

    copy(source, target, observer=write, **PULL)

    assert target.value("SELECT count(*) FROM app.users") == 14
    assert target.value("INSERT INTO app.users (email) VALUES ('next') RETURNING id") == 15


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES FROM (10) TO (20)",
        "ALTER TYPE app.mood ADD VALUE 'new'",
        "CREATE UNIQUE INDEX later ON app.users (email)",
    ],
)
def test_a_structure_that_changes_before_rows_are_fetched(shop, change):
    """Locks of readers let some changes pass."""
    source, target = shop
    source.execute("""
        CREATE TABLE app.p (id int, mood text) PARTITION BY RANGE (id);
        CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (10);
        CREATE TYPE app.mood AS ENUM ('ok'); CREATE TABLE app.m (mood app.mood)""")

    with pytest.raises(
        PlanError, match=r"the source's tables or types were changed since the run began \(run it again"
    ):
        copy(source, target, observer=at_copy(lambda: source.execute(change)), **PULL)

    assert settled(source, target)


def test_several_targets(shop, new_database):
    """Each is pushed to from one snapshot; fetching would be of several instants."""
    source, target = shop
    second = new_database(target.server)
    job = job_of(source, target, **PUSH)
    end = job.pop("target")
    ends = [end, {**end, "database": second.url}]

    result = run_job({**job, "targets": ends})

    assert len(result.tables) == 4
    for database in (target, second):
        assert rows_of(database, "orders") == rows_of(source, "orders")
    with pytest.raises(ManifestError, match="each target would read the source at an instant of its own"):
        run_job({**job, "push": False, "targets": ends})


def test_large_tables_are_pushed_in_parts(shop):
    source, target = shop
    source.execute("""
        CREATE TABLE app.big (n int GENERATED ALWAYS AS IDENTITY, x text);
        INSERT INTO app.big (x) SELECT repeat('x', 900) FROM generate_series(1, 150000);
        ANALYZE app.big""")

    plan = plan_job(job_of(source, target, **PUSH, parallel=2))
    copy(source, target, **PUSH, parallel=2)

    assert len(next(each for each in plan.copies if each.source.name == "big").between) > 1
    assert target.rows("SELECT count(*), sum(n) FROM app.big") == source.rows("SELECT count(*), sum(n) FROM app.big")


@EITHER
def test_within_one_database(shop, way):
    source, _ = shop

    copy(source, source, into="copied", **way)

    assert source.value("SELECT count(*) FROM copied.users") == 5


@EITHER
def test_a_tunnel_of_ours_is_none_of_the_servers(shop, bastion, way):
    source, target = shop
    push = "push" in way
    far = {"url": (target if push else source).url, "ssh": bastion.ssh()}
    near = {"url": (source if push else target).url}
    job = {
        "source": {"database": "near" if push else "far", "schema": "app"},
        "target": {"database": "far" if push else "near", "schema": "app"},
        "tables": {"*": {}},
        **way,
    }
    jobs = {"a": job, "b": {**job, "route": {"host": "127.0.0.1"}}}
    manifest = parse_manifest({"connections": {"near": near, "far": far}, "jobs": jobs})

    with pytest.raises(PlanError, match="is behind a bastion, whose tunnel begins on this machine"):
        run_job(manifest.jobs["a"])
    run_job(manifest.jobs["b"])

    assert target.value("SELECT count(*) FROM app.users") == 5
