"""A window function in a transform sees all rows that its SELECT reads, or the plan is refused."""

from __future__ import annotations

import pytest
from copying import copy, job_of
from filling import append

from pg_xcopy import plan_job
from pg_xcopy.errors import PlanError
from pg_xcopy.planning.rows import shape

RANK = {"t": {"transform": {"place": "rank() OVER (ORDER BY id)"}}}
REFUSED = (
    "a window function in `transform` would see the rows of one partition at a time"
    " (compute it in a view, and copy that)"
)
PARTITIONED = """CREATE TABLE t (id int, place bigint) PARTITION BY RANGE (id);
                 CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10);
                 CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10) TO (100);
                 INSERT INTO t SELECT generate_series(1, 20)"""


def test_a_large_table_is_not_cut_where_its_window_would_be(pair, monkeypatch):
    source, target = pair("CREATE TABLE t (id int, place bigint); INSERT INTO t SELECT generate_series(1, 5000)", "")
    monkeypatch.setattr(shape, "PART_BYTES", 8192)

    copy(source, target, RANK, parallel=3)

    assert target.value("SELECT count(*) FROM app.t WHERE place = id") == 5000
    if source.server.major >= 14:
        plan = plan_job(job_of(source, target, {"t": {"transform": {"place": "id + 1"}}}, parallel=3))
        assert len(plan.copies[0].copy_to) > 1


def test_partitions_are_read_one_by_one(pair):
    source, target = pair(PARTITIONED, "CREATE TABLE t (id int, place bigint)")

    for run, tables in ((append, ["app.t"]), (copy, ["app.t_1", "app.t_2"])):
        with pytest.raises(PlanError) as caught:
            run(source, target, RANK)
        assert caught.value.reasons == tuple(f"{table}: {REFUSED}" for table in tables)

    assert target.value("SELECT count(*) FROM app.t") == 0


def test_what_the_refusal_advises(pair):
    source, target = pair(
        f"{PARTITIONED}; CREATE VIEW ranked AS SELECT id, rank() OVER (ORDER BY id) AS place FROM t",
        "CREATE TABLE ranked (id int, place bigint)",
    )

    append(source, target, {"ranked": {}})

    assert target.value("SELECT count(*) FROM app.ranked WHERE place = id") == 20


def test_a_window_of_a_query_of_its_own_is_no_matter(pair):
    source, target = pair(PARTITIONED, "CREATE TABLE t (id int, place bigint)")

    append(source, target, {"t": {"transform": {"place": "(SELECT count(*) OVER () FROM app.t LIMIT 1)"}}})

    assert target.rows("SELECT DISTINCT place FROM app.t") == [(20,)]
