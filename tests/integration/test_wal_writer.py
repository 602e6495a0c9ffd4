"""While rows arrive, the target's WAL writer writes their WAL; how it does is seen in pg_stat_io (PostgreSQL 18)."""

from __future__ import annotations

import pytest
from copying import job_of

from pg_xcopy import run_job
from pg_xcopy.demo.servers import Server
from pg_xcopy.engine.rows.waking import EVERY, FIRST
from servers import create_database

BYTES = FIRST + 32 * EVERY
WRITTEN = """
    SELECT COALESCE(sum(write_bytes), 0)::bigint FROM pg_stat_io WHERE backend_type = 'walwriter' AND object = 'wal'"""


@pytest.fixture(scope="module")
def sleepy(installations):
    """A server whose WAL writer looks by itself so rarely that it never does here."""
    newest = installations[0]
    if newest.major < 18:
        pytest.skip("no PostgreSQL 18 here; get one with tests/fetch_servers.py 18")
    with Server(newest, {"wal_writer_delay": "10s", "wal_buffers": "16MB", "autovacuum": "off"}) as server:
        yield server


@pytest.fixture
def both(sleepy):
    """A table of so many bytes, and a target that has it, empty."""
    source, target = create_database(sleepy), create_database(sleepy)
    create = "CREATE SCHEMA app; CREATE TABLE app.t (n int, text text); ALTER TABLE app.t ALTER text SET STORAGE PLAIN"
    source.execute(create)
    source.execute(f"INSERT INTO app.t SELECT n, repeat('x', 1000) FROM generate_series(1, {BYTES // 1000}) AS n")
    target.execute(create)
    return source, target


def written_by_the_wal_writer(both, into=None, **options):
    source, target = both
    target.execute("SELECT pg_stat_reset_shared('io')")
    result = run_job(job_of(source, into or target, **{"parallel": 2, **options}))
    assert (result.rows, result.warnings) == (BYTES // 1000, ())
    return target.value(WRITTEN)


@pytest.mark.parametrize("options", [{}, {"mode": "truncate"}, {"mode": "append", "transaction": "table"}])
def test_the_wal_of_rows_is_written_beside_them(both, options):
    assert written_by_the_wal_writer(both, **options) > 8 * EVERY


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({"mode": "append"}, 2),
        ({"mode": "append", "transaction": "table", "parallel": 1}, 3),
        ({"parallel": 1}, 3),
    ],
)
def test_the_last_connection_that_is_allowed_is_the_one_for_it(both, hostile_role, options, most):
    """Statistics are gathered all the same, and over none more."""
    _, target = both
    writer = hostile_role(target, grant=[f"CREATE ON DATABASE {target.name}"])
    target.execute(f"ALTER ROLE {writer.name} CONNECTION LIMIT {most}; ALTER SCHEMA app OWNER TO {writer.name}")
    target.execute(f"ALTER TABLE app.t OWNER TO {writer.name}")

    assert written_by_the_wal_writer(both, target.url_as(writer), max_target_connections=most, **options) > 8 * EVERY
    assert target.value("SELECT reltuples FROM pg_class WHERE oid = 'app.t'::regclass") == BYTES // 1000


def test_without_a_connection_for_it_their_own_session_writes_it(both):
    """What shows that the test above can fail."""
    assert written_by_the_wal_writer(both, max_target_connections=3) < EVERY


def test_a_role_that_may_not_ask_copies_all_the_same(both, hostile_role):
    source, target = both
    target.execute("DROP SCHEMA app CASCADE; REVOKE EXECUTE ON FUNCTION txid_current() FROM PUBLIC")
    writer = hostile_role(target, grant=[f"CREATE ON DATABASE {target.name}"])

    result = run_job(job_of(source, target.url_as(writer)))

    assert (result.rows, result.warnings) == (BYTES // 1000, ())
