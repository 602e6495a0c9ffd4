"""Memory is flat: a table of any size passes through a pipe of one size."""

from __future__ import annotations

import pytest
from copying import job_of
from processes import finished

LIMIT_KIB = 120 * 1024


@pytest.mark.timeout(180)
def test_a_big_table(source_db, target_db):
    """200 MB in a million rows, and rows of ten megabytes among them."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE UNLOGGED TABLE app.big AS
        SELECT n AS id, repeat(md5(n::text), CASE WHEN n % 200000 = 0 THEN 327680 ELSE 5 END) AS body
        FROM generate_series(1, 1000000) AS n""")

    done = finished(job_of(source_db, target_db))

    assert done["rows"] == 1_000_000
    assert target_db.value("SELECT sum(length(body)) FROM app.big") > 200_000_000
    assert done["peak_kib"] < LIMIT_KIB


def test_many_workers(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app;
        DO $$ BEGIN FOR i IN 1..8 LOOP
            EXECUTE format('CREATE UNLOGGED TABLE app.t%s AS SELECT n AS id, repeat(md5(n::text), 5) AS body
                            FROM generate_series(1, 30000) AS n', i);
        END LOOP; END $$""")

    done = finished(job_of(source_db, target_db, parallel=8))

    assert done["rows"] == 240_000
    assert done["peak_kib"] < LIMIT_KIB
