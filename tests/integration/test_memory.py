"""Memory is flat: a table of any size passes through a pipe of one size."""

from __future__ import annotations

import pytest
from copying import job_of
from processes import finished

WORKER_KIB = 60 * 1024
"""What a worker may take, whatever the size of a table."""

TIMES_A_VALUE = 4
"""libpq doubles its buffer until a row fits, and the driver makes two copies of the row."""


@pytest.mark.timeout(180)
def test_a_big_table(source_db, target_db):
    """200 MB in a million rows."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE UNLOGGED TABLE app.big AS
        SELECT n AS id, repeat(md5(n::text), 6) AS body FROM generate_series(1, 1100000) AS n""")

    done = finished(job_of(source_db, target_db, parallel=1))

    assert done["rows"] == 1_100_000
    assert target_db.value("SELECT sum(length(body)) FROM app.big") > 200_000_000
    assert done["peak_kib"] < WORKER_KIB


def test_big_values(source_db, target_db):
    """Rows of ten megabytes among small ones; each worker may be at one of them at the same time."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE UNLOGGED TABLE app.big AS
        SELECT n AS id, repeat(md5(n::text), CASE WHEN n % 20000 = 0 THEN 327680 ELSE 5 END) AS body
        FROM generate_series(1, 100000) AS n""")

    done = finished(job_of(source_db, target_db, parallel=2))

    assert done["rows"] == 100_000
    assert done["peak_kib"] < 2 * (WORKER_KIB + TIMES_A_VALUE * 10 * 1024)


def test_many_workers(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        DO $$ BEGIN FOR i IN 1..8 LOOP
            EXECUTE format('CREATE UNLOGGED TABLE app.t%s AS SELECT n AS id, repeat(md5(n::text), 5) AS body
                            FROM generate_series(1, 30000) AS n', i);
        END LOOP; END $$""")

    done = finished(job_of(source_db, target_db, parallel=8))

    assert done["rows"] == 240_000
    assert done["peak_kib"] < 2 * WORKER_KIB
