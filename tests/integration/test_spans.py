"""Where the time of a run goes: every piece of work is told once, by the worker who did it, in all modes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from copying import copy
from filling import append, truncate, upsert

from pg_xcopy import run_job
from pg_xcopy.errors import TargetsFailedError, XcopyError
from pg_xcopy.observe.events import JobFinished, JobStarted, TableCopied, Worked
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning import schedule
from pg_xcopy.planning.rows import shape

SHOP = """
    CREATE SCHEMA app; SET search_path = app;
    CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
    CREATE TABLE orders (id serial PRIMARY KEY, user_id int REFERENCES users, total numeric);
    CREATE INDEX orders_total ON orders (total);
    INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 3000) AS n;
    INSERT INTO orders (user_id, total) SELECT 1 + n % 3000, n FROM generate_series(1, 20000) AS n;
    ANALYZE users, orders"""

TO_FILL = (
    "CREATE SCHEMA app; CREATE TABLE app.users (id int PRIMARY KEY, email text);"
    "CREATE TABLE app.orders (id serial PRIMARY KEY, user_id int REFERENCES app.users, total numeric)"
)


@pytest.fixture
def shop(source_db, target_db):
    source_db.execute(SHOP)
    return source_db, target_db


@pytest.fixture
def existing(shop):
    shop[1].execute(TO_FILL)
    return shop


def spans_of(events, to=""):
    """The spans of a run, after a look at what holds for all of them."""
    spans = [event.span for event in events if isinstance(event, Worked) and event.to == to]
    for worker in {each.worker for each in spans}:
        own = sorted((each for each in spans if each.worker == worker), key=lambda each: each.started)
        assert all(one.ended <= other.started for one, other in pairwise(own)), "two pieces of work at a time"
    ends = [event.result.seconds for event in events if isinstance(event, JobFinished) and event.to == to]
    assert all(each.started >= 0 and each.ended <= max(ends, default=1e9) + 1 for each in spans)
    for done in (event.result for event in events if isinstance(event, TableCopied) and event.to == to):
        copied = [each for each in spans if each.phase is Phase.COPY and each.table == done.table]
        assert (sum(each.rows for each in copied), sum(each.bytes for each in copied)) == (done.rows, done.bytes)
    return spans


def phases(spans):
    return [each.phase for each in sorted(spans, key=lambda each: each.started)]


def test_small_tables(shop):
    events = []

    copy(*shop, observer=events.append, parallel=1)

    first, second, *others = sorted(spans_of(events), key=lambda each: each.started)
    assert {(each.phase.value, each.doing, each.worker) for each in (first, second)} == {
        ("connect", "connecting to the source", 0),
        ("connect", "connecting to the target", 1),
    }
    assert [(each.phase.value, each.table, each.worker) for each in others] == [
        ("plan", "", 0),
        ("check", "", 0),
        ("clean up", "", 0),
        ("build", "", 0),
        ("build", "", 1),
        ("copy", "app.orders", 1),
        ("copy", "app.users", 1),
        ("finish", "", 1),
        ("foreign keys", "", 1),
        ("settle", "", 0),
        ("swap", "", 0),
        ("clean up", "", 0),
    ]
    (started,) = [event for event in events if isinstance(event, JobStarted)]
    assert started.began.utcoffset().total_seconds() == 0


def test_large_tables_in_parts_by_several_workers(shop, monkeypatch):
    monkeypatch.setattr(shape, "PART_BYTES", 100_000)
    monkeypatch.setattr(schedule, "SMALL", 50_000)
    monkeypatch.setattr("pg_xcopy.planning.integrity.foreign_keys.LARGE", 50_000)
    events = []

    copy(*shop, observer=events.append, parallel=3)

    spans = spans_of(events)
    parts = [each for each in spans if each.phase is Phase.COPY and each.table == "app.orders"]
    assert len(parts) > 1
    assert {each.doing for each in parts} == {
        f"copying app.orders, part {number} of {len(parts)}" for number in range(1, len(parts) + 1)
    }
    assert {each.worker for each in spans} <= {0, 1, 2, 3}
    assert len({each.worker for each in spans if each.worker}) > 1
    told = {(each.phase, each.table, each.doing) for each in spans}
    assert (Phase.KEYS, "app.orders", "adding primary key app.orders.orders_pkey") in told
    assert (Phase.INDEXES, "app.orders", "creating index app.orders.orders_total") in told
    assert (Phase.ANALYZE, "app.orders", "analyzing app.orders") in told
    assert (Phase.FOREIGN_KEYS, "app.orders", "validating foreign key app.orders.orders_user_id_fkey") in told


def test_a_table_has_one_name_whatever_is_done_to_it(shop, monkeypatch):
    monkeypatch.setattr(schedule, "SMALL", 50_000)
    events = []

    copy(*shop, into="elsewhere", observer=events.append)

    assert {each.table for each in spans_of(events)} == {"", "app.users", "app.orders"}


def test_what_is_left_out_took_its_time_too(shop, monkeypatch):
    monkeypatch.setattr(schedule, "SMALL", 50_000)
    shop[0].execute("ALTER TABLE app.orders DROP CONSTRAINT orders_user_id_fkey")
    events = []

    copy(*shop, {"users": {"transform": {"email": "'same'"}}}, observer=events.append)

    failed = [each for each in spans_of(events) if each.failed]
    assert [(each.phase, each.table, each.doing) for each in failed] == [
        (Phase.KEYS, "app.users", "adding unique constraint app.users.users_email_key")
    ]


def test_a_run_that_fails_says_what_it_was_at(shop):
    events = []

    with pytest.raises(XcopyError):
        copy(*shop, {"users": {"transform": {"id": "1 / (id - 3000)"}}}, observer=events.append, parallel=1)

    spans = spans_of(events)
    assert [(each.phase, each.table) for each in spans if each.failed] == [(Phase.COPY, "app.users")]
    assert spans[-1].doing == "dropping the staging schema"


def test_some_tables_of_a_schema(existing):
    events = []

    copy(*existing, mode="replace_tables", observer=events.append)

    assert {Phase.BUILD, Phase.COPY, Phase.FOREIGN_KEYS, Phase.SWAP, Phase.CLEAN} <= set(phases(spans_of(events)))
    assert [each.doing for each in spans_of(events) if each.phase is Phase.SWAP] == [
        "waiting for the disk",
        "swapping schema app",
    ]


def test_into_tables_that_exist(existing):
    events = []

    truncate(*existing, observer=events.append)

    assert [each.value for each in phases(spans_of(events))] == [
        "connect", "connect", "plan", "check", "empty", "copy", "copy", "foreign keys", "settle", "commit",
        "analyze", "analyze",
    ]  # fmt: skip


def test_an_upsert_is_a_copy_and_a_merge(existing):
    events = []

    upsert(*existing, observer=events.append)

    merged = [each for each in spans_of(events) if each.phase is Phase.MERGE]
    assert [(each.table, each.worker) for each in merged] == [("app.users", 0), ("app.orders", 0)]


def test_each_table_in_a_transaction_of_its_own(existing):
    events = []

    append(*existing, transaction="table", parallel=2, observer=events.append)

    spans = spans_of(events)
    assert [each.table for each in spans if each.phase is Phase.COMMIT] == ["app.users", "app.orders"]
    assert all(each.worker for each in spans if each.phase in {Phase.COPY, Phase.COMMIT, Phase.SETTLE})


def test_rows_that_the_servers_copy_between_themselves(existing):
    existing[1].require_extension("dblink")
    events = []

    append(*existing, {"users": {}}, transport="dblink", observer=events.append)

    (copied,) = [each for each in spans_of(events) if each.phase is Phase.COPY]
    assert (copied.table, copied.rows, copied.worker) == ("app.users", 3000, 0)


def test_each_target_has_its_own(shop, new_database):
    source, target = shop
    other = new_database(target.server)
    other.execute(TO_FILL)
    events = []

    run_job(
        {
            "source": {"database": source.dsn, "schema": "app"},
            "targets": [
                {"database": target.dsn, "schema": "app"},
                {"database": other.dsn, "schema": "app", "mode": "append"},
            ],
            "tables": {"*": {}},
        },
        observer=events.append,
    )

    started = [event for event in events if isinstance(event, JobStarted)]
    assert len({event.began for event in started}) == 1
    assert {event.to for event in events if isinstance(event, Worked)} == {event.to for event in started}
    for event in started:
        spans = spans_of(events, event.to)
        assert [each.doing for each in spans[:2]] == ["connecting to the source", "connecting to the target"]
        assert sum(each.rows for each in spans) == 23000


def test_a_source_that_is_down_is_told_of_each_target(target_db, new_database):
    other = new_database(target_db.server)
    events = []

    with pytest.raises(XcopyError) as failed:
        run_job(
            {
                "source": {"database": "postgresql://u@127.0.0.1:1/x?connect_timeout=2", "schema": "app"},
                "targets": [{"database": each.dsn, "schema": "app"} for each in (target_db, other)],
                "tables": {"*": {}},
            },
            observer=events.append,
        )

    assert not isinstance(failed.value, TargetsFailedError)
    told = [event for event in events if isinstance(event, Worked)]
    assert [(each.span.doing, each.span.failed) for each in told] == [("connecting to the source", True)] * 2
    assert len({each.to for each in told}) == 2
