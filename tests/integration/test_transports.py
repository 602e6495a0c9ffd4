"""`transport: dblink`: the target's server fetches the rows itself, and they are the same."""

from __future__ import annotations

import pytest
from between_servers import LEFT, SHOP, SLEEPING, VALUES, rows_of, settled, strangely_set
from copying import copy, job_of, wait_until
from filling import append, filling, plan_of, run
from processes import started

from pg_xcopy import plan_job, run_job
from pg_xcopy.demo.servers import Server
from pg_xcopy.errors import DatabaseError, PlanError, RowCountMismatchError, SameSchemaError, TimeUpError
from pg_xcopy.manifest.loader import parse_manifest
from pg_xcopy.observe.events import Stage, StageStarted
from pg_xcopy.planning import describe
from servers import Database

DBLINK = {"transport": "dblink"}


@pytest.fixture
def shop(source_db, target_db):
    target_db.require_extension("dblink")
    source_db.execute(SHOP)
    return source_db, target_db


@pytest.fixture
def existing(shop):
    """Both sides have the tables; the target's are empty."""
    source, target = shop
    target.execute(f"{SHOP}; TRUNCATE users, orders")
    return source, target


def test_a_schema_is_replaced(shop):
    source, target = shop

    result = copy(
        source, target, {"*": {}, "users": {"where": {"id": {"gt": 1}}, "transform": {"email": "'x' || id"}}}, **DBLINK
    )

    assert target.rows("SELECT id, email, twice FROM app.users ORDER BY 1") == [(n, f"x{n}", 7) for n in range(2, 6)]
    assert target.value("SELECT count(*) FROM app.orders") == 5
    assert {each.table: each.rows for each in result.tables} == {"app.users": 4, "app.orders": 5}
    assert settled(source, target)


@pytest.mark.parametrize(("of_source", "of_target"), [(12, 18), (18, 12), (15, 15)])
def test_values_are_those_that_a_stream_brings(server_of, new_database, of_source, of_target):
    source, target = new_database(server_of(of_source)), new_database(server_of(of_target, "b"))
    target.require_extension("dblink")
    source.execute(VALUES)
    copy(source, target)
    streamed = {table: rows_of(target, table) for table in ("t", "nothing", "empty")}

    copy(source, target, **DBLINK)

    assert streamed["nothing"] == [("()",), ("()",)]
    assert {table: rows_of(target, table) for table in streamed} == streamed
    assert len(streamed["t"]) == 3


@pytest.mark.parametrize("side", ["source", "target"])
def test_settings_of_a_database_change_no_value(new_database, source_server, target_server, side):
    source, target = new_database(source_server), new_database(target_server)
    target.require_extension("dblink")
    source.execute(VALUES)
    copy(source, target)
    streamed = rows_of(target)
    database = source if side == "source" else target

    with strangely_set(database):
        copy(source, target, **DBLINK)

    assert rows_of(target) == streamed


@pytest.mark.parametrize("transaction", ["job", "table"])
def test_tables_that_exist_take_rows(existing, transaction):
    source, target = existing
    options = {**DBLINK, "transaction": transaction}

    append(source, target, **options)
    target.execute("ALTER TABLE app.orders DROP CONSTRAINT orders_user_id_fkey")
    run("truncate", source, target, **options)
    source.execute("UPDATE app.orders SET note = 'new' WHERE id = 1; INSERT INTO app.orders VALUES (6, 1, 'more')")
    result = run("upsert", source, target, **options)

    assert rows_of(target, "users") == rows_of(source, "users")
    assert rows_of(target, "orders") == rows_of(source, "orders")
    assert [(each.inserted, each.updated) for each in result.tables if each.table == "app.orders"] == [(1, 1)]
    assert settled(source, target)


def test_types_that_differ(source_db, target_db):
    target_db.require_extension("dblink")
    source_db.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 1 AS a, 1.2345 AS b, '2024-01-02'::timestamp AS c"
    )
    target_db.execute(
        "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('ok');"
        "CREATE TABLE app.t (b numeric(6,2), c date, a text, d app.mood)"
    )

    append(source_db, target_db, {"t": {"transform": {"d": "'ok'"}}}, **DBLINK)

    assert target_db.rows("SELECT a, b::text, c::text, d::text FROM app.t") == [("1", "1.23", "2024-01-02", "ok")]


def test_large_tables_come_in_parts_from_one_snapshot(shop):
    source, target = shop
    source.execute("CREATE TABLE app.big AS SELECT n, repeat('x', 900) AS x FROM generate_series(1, 150000) AS n")
    source.execute("ANALYZE app.big")

    plan = plan_job(job_of(source, target, **DBLINK, parallel=2))
    copy(source, target, **DBLINK, parallel=2)

    assert len(next(each for each in plan.copies if each.source.name == "big").between) > 1
    assert target.rows("SELECT count(*), sum(n) FROM app.big") == source.rows("SELECT count(*), sum(n) FROM app.big")


def test_rows_that_a_trigger_lets_fall(existing):
    source, target = existing
    target.execute("""
        CREATE FUNCTION app.falls() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.id = 3 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER falls BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.falls()""")

    with pytest.raises(RowCountMismatchError, match="sent 5 rows and the target took 4"):
        append(source, target, **DBLINK)

    assert target.value("SELECT count(*) FROM app.orders") == 0
    assert settled(source, target)


def test_a_rule_that_insert_would_heed(existing):
    source, target = existing
    target.execute("CREATE RULE silent AS ON INSERT TO app.orders DO INSTEAD NOTHING")

    with pytest.raises(PlanError, match="it has the rule silent, which INSERT heeds, and COPY does not"):
        append(source, target, **DBLINK)


def test_the_extension_is_missing(source_db, target_db):
    source_db.execute(SHOP)

    with pytest.raises(PlanError) as caught:
        copy(source_db, target_db, **DBLINK)

    assert caught.value.reasons == (
        "transport dblink: the target's database does not have the extension dblink (ask its administrator for:"
        " CREATE EXTENSION dblink; or take `transport: stream`, which needs nothing of the servers)",
    )


def test_the_route_is_closed(shop):
    source, target = shop

    with pytest.raises(PlanError) as caught:
        copy(source, target, **DBLINK, route={"host": "127.0.0.1", "port": 1})

    (reason,) = caught.value.reasons
    assert "transport dblink: the target's server can't reach the source: could not establish connection: " in reason
    assert "port 1" in reason
    assert "`transport: stream`" in reason
    assert source.server.password not in reason


def test_another_server_answers(shop, server_of, new_database):
    source, target = shop
    other = new_database(server_of(15))

    with pytest.raises(PlanError, match="can't reach the source"):
        copy(source, target, **DBLINK, route={"host": "127.0.0.1", "port": other.server.port})


def test_a_route_of_its_own(shop):
    source, target = shop

    copy(source, target, **DBLINK, route={"host": "localhost"})

    assert target.value("SELECT count(*) FROM app.users") == 5


def test_roles_that_may_little(existing, hostile_role):
    """A role of its own on either side: reads here, writes there, and is no superuser; dblink asks for its password."""
    source, target = existing
    reader = hostile_role(source, grant=["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app"])
    writer = hostile_role(
        target,
        grant=[
            "USAGE ON SCHEMA app",
            "SELECT, INSERT ON ALL TABLES IN SCHEMA app",
            "UPDATE ON ALL SEQUENCES IN SCHEMA app",
        ],
    )

    append(source.dsn_as(reader), target.dsn_as(writer), **DBLINK)

    assert target.value("SELECT count(*) FROM app.orders") == 5
    target.execute("REVOKE EXECUTE ON FUNCTION dblink_connect(text, text) FROM PUBLIC")
    with pytest.raises(PlanError, match="permission denied for function dblink_connect"):
        append(source.dsn_as(reader), target.dsn_as(writer), **DBLINK)


def test_the_extension_lives_in_any_schema(shop):
    source, target = shop
    target.execute('DROP EXTENSION dblink; CREATE SCHEMA "my tools"; CREATE EXTENSION dblink SCHEMA "my tools"')

    copy(source, target, **DBLINK)

    assert target.value("SELECT count(*) FROM app.users") == 5


def test_the_password_is_nowhere(existing):
    """Not in a plan, an error, a log of ours or the target's, even where the server logs every statement."""
    source, target = existing
    name, password = "pw", "p4ss' w\\rd \N{SNOWMAN}"
    source.execute(f"CREATE ROLE {name}_{source.name} LOGIN SUPERUSER PASSWORD E'p4ss'' w\\\\rd \N{SNOWMAN}'")
    target.execute(f"ALTER DATABASE {target.name} SET log_statement = 'all'")
    dsn = source.server.dsn(source.name, user=f"{name}_{source.name}", password=password)
    seen = []

    def watch(_):
        seen.extend(target.column("SELECT query FROM pg_stat_activity"))

    append(dsn, target, observer=watch, **DBLINK)
    plan = plan_of("append", dsn, target, **DBLINK)
    with pytest.raises(DatabaseError) as caught:
        append(dsn, target, **DBLINK)

    log = target.server.log.read_text(errors="replace")
    told = [describe.as_text(plan), describe.as_sql(plan), str(describe.as_data(plan)), str(caught.value), *seen, log]
    assert "dblink_connect" in log
    for secret in (password, "p4ss", password.encode().hex()[:10]):
        assert not [text for text in told if secret in text]
    assert settled(source, target)
    source.execute(f"DROP ROLE {name}_{source.name}")


def test_a_failure_in_the_middle_leaves_nothing(existing):
    source, target = existing

    with pytest.raises(DatabaseError, match="division by zero"):
        append(source, target, {"users": {}, "orders": {"transform": {"note": "(1 / (id - 3))::text"}}}, **DBLINK)

    assert target.value("SELECT count(*) FROM app.users") == 0
    assert settled(source, target)


@pytest.mark.parametrize("of_target", [12, 15, 18])
def test_stopping_reaches_the_source(source_db, server_of, new_database, of_target):
    """While it waits for the source's first row, an older server heeds no cancel: the source's process is ended."""
    target = new_database(server_of(of_target))
    target.require_extension("dblink")
    source_db.execute(SHOP)
    tables = {"users": {"transform": {"email": "pg_sleep(600)::text"}}}

    with pytest.raises(TimeUpError):
        run_job(job_of(source_db, target, tables, **DBLINK), timeout=3)

    assert settled(source_db, target)
    assert target.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE '\\_xcopy%'") == []


def test_several_targets_fetch_for_themselves(existing, new_database):
    source, target = existing
    second = new_database(target.server)
    second.require_extension("dblink")
    job = job_of(source, target, **DBLINK)
    end = job.pop("target")

    result = run_job({**job, "targets": [{**end, "mode": "append"}, {**end, "database": second.url}]})

    assert len(result.tables) == 4
    for database in (target, second):
        assert rows_of(database, "orders") == rows_of(source, "orders")
    assert settled(source, target)


def test_all_tables_are_from_one_instant(shop):
    source, target = shop

    def write(event):
        if isinstance(event, StageStarted) and event.stage is Stage.COPY:
            source.execute("INSERT INTO app.orders VALUES (6, 1, 'late'); DELETE FROM app.orders WHERE id = 1")

    copy(source, target, observer=write, **DBLINK)

    assert target.column("SELECT id FROM app.orders ORDER BY 1") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_run_that_is_killed_leaves_nothing_that_runs(existing, mode):
    source, target = existing
    slow = {"users": {"where": "pg_sleep(0.05) IS NOT NULL"}, "orders": {}}
    source.execute("INSERT INTO app.users (email) SELECT 'x' FROM generate_series(1, 2000)")

    with started(filling(mode, source, target, slow, **DBLINK)) as process:
        wait_until(lambda: source.value(SLEEPING), seconds=30)
        process.kill()
        process.wait()

    wait_until(lambda: source.value(LEFT) == target.value(LEFT) == 0, seconds=60)
    assert target.value("SELECT count(*) FROM app.users") == 0
    assert target.value("SELECT count(*) FROM pg_foreign_server") == 0


def test_another_password_there(shop, server_of, new_database, hostile_role):
    """The address that the target's server has leads to one that does not take the password."""
    source, target = shop
    other = new_database(server_of(15))
    role = hostile_role(source, grant=["USAGE ON SCHEMA app", "SELECT ON ALL TABLES IN SCHEMA app"])
    other.execute(f"CREATE ROLE {role.name} LOGIN PASSWORD 'another'")

    with pytest.raises(PlanError, match=f'password authentication failed for user "{role.name}"') as caught:
        copy(source.dsn_as(role), target, **DBLINK, route={"host": "127.0.0.1", "port": other.server.port})

    assert role.password not in str(caught.value)
    other.execute(f"DROP ROLE {role.name}")


@pytest.mark.parametrize(
    "encodings", [("UTF8", "LATIN1"), ("LATIN1", "UTF8"), ("LATIN1", "SQL_ASCII"), ("UTF8", "SQL_ASCII")]
)
def test_encodings(source_server, target_server, new_database, encodings):
    of_source, of_target = encodings
    source, target = new_database(source_server, encoding=of_source), new_database(target_server, encoding=of_target)
    target.require_extension("dblink")
    source.execute(
        "SET client_encoding = 'UTF8'; CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 'd\u00e9j\u00e0 \\ vu' AS a"
    )
    copy(source, target)
    streamed = target.value("SELECT encode(convert_to(a, getdatabaseencoding()), 'hex') FROM app.t")

    copy(source, target, {"t": {"where": {"a": {"like": "d\u00e9%"}}}}, **DBLINK)

    assert target.value("SELECT encode(convert_to(a, getdatabaseencoding()), 'hex') FROM app.t") == streamed


def test_a_source_that_takes_bytes_for_what_they_are(source_server, target_db, new_database):
    source = new_database(source_server, encoding="SQL_ASCII")
    target_db.require_extension("dblink")
    source.execute("CREATE SCHEMA app; CREATE TABLE app.t AS SELECT convert_from('\\xe9', 'SQL_ASCII') AS a")

    with pytest.raises(PlanError, match="the source's database is in SQL_ASCII, and nothing would check what it sends"):
        copy(source, target_db, **DBLINK)


def test_within_one_database(shop):
    source, _ = shop
    source.require_extension("dblink")

    copy(source, source, into="copied", **DBLINK)

    assert source.value("SELECT count(*) FROM copied.users") == 5
    with pytest.raises(SameSchemaError):
        copy(source, source, **DBLINK)


def test_a_tunnel_of_ours_is_none_of_the_servers(shop, bastion):
    """Without a route of its own the target's server can't go there; with one it needs no tunnel."""
    source, target = shop
    connections = {"prod": {"url": source.url, "ssh": bastion.ssh()}, "there": {"url": target.url}}
    job = {
        "source": {"database": "prod", "schema": "app"},
        "target": {"database": target.url, "schema": "app"},
        "tables": {"*": {}},
        **DBLINK,
    }
    with_route = {**job, "route": {"host": "127.0.0.1"}}
    manifest = parse_manifest({"connections": connections, "jobs": {"a": job, "b": with_route}})

    with pytest.raises(PlanError, match="the source is behind a bastion, whose tunnel begins on this machine"):
        run_job(manifest.jobs["a"])
    run_job(manifest.jobs["b"])

    assert target.value("SELECT count(*) FROM app.users") == 5


def test_a_certificate_of_this_machine(shop, tmp_path):
    source, target = shop

    with pytest.raises(PlanError, match="the source's certificate is checked against a file on this machine"):
        copy(f"{source.dsn} sslrootcert={tmp_path / 'none.crt'}", target, **DBLINK)


def test_a_pool_that_hands_no_settings_over(shop, monkeypatch):
    source, target = shop
    monkeypatch.setattr("pg_xcopy.engine.before.sides.settings_for", lambda *_: ())

    with pytest.raises(PlanError, match=r"a pool between us and the target keeps it from being told how \(or take `tr"):
        copy(source, target, **DBLINK)


def test_a_source_that_asks_for_no_password(installations, target_db, hostile_role):
    """dblink lets no ordinary role through such a door, as it would come in as the server's own account."""
    target_db.require_extension("dblink")
    writer = hostile_role(target_db, grant=[f"CREATE ON DATABASE {target_db.name}"])

    with Server(installations[0]) as open_to_all:
        open_to_all.stop()
        (open_to_all.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
        open_to_all.start()
        source = Database(open_to_all, "postgres")
        source.execute(SHOP)
        with pytest.raises(PlanError, match="the source must ask for a password and have been given one"):
            copy(source, target_db.dsn_as(writer), **DBLINK)
