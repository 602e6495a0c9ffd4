"""A run that is killed without a word harms nobody: the old schema is whole, and the next run clears up."""

from __future__ import annotations

import random
import time

import pytest
from copying import Clock, beside, copy, job_of, running, wait_until
from processes import started

from judge import read_schema
from pg_xcopy.observe.events import Stage, StageStarted
from servers import create_database, drop_database

MOMENTS = 10
BUILDING = -1
"""The moment when there is something to clear up, which a busy machine may let no random one hit."""


@pytest.fixture(scope="module")
def duration(shop_template, target_server):
    """About how long a run on the shop takes, in seconds, the start of its process included."""
    target = create_database(target_server)
    with Clock() as clock, started(job_of(shop_template, target, schema="shop")) as run:
        assert run.wait(60) == 0
    drop_database(target)
    return clock.seconds


@pytest.mark.timeout(300)
def test_killed_at_any_moment(shop, target_db, duration):
    """The old schema is another tenant's: every row of it must be there, however far the new one had come."""
    copy(shop, target_db, {"*": {}, "users": {"where": "id <= 100"}}, schema="shop", on_missing_column="copy_all")
    old = read_schema(target_db, "shop")
    new = read_schema(shop, "shop")
    states = set()
    # BUILDING first, while the old schema still stands for certain.
    for moment in (BUILDING, *sorted(random.Random(8).uniform(0.05, 1.0) for _ in range(MOMENTS))):
        with started(job_of(shop, target_db, schema="shop")) as run:
            if moment == BUILDING:
                wait_until(lambda: beside(target_db))
            else:
                time.sleep(duration * moment)
            run.kill()
            run.wait()
        wait_until(lambda: running(shop) == [])
        found = read_schema(target_db, "shop")
        assert found["rows"] in (old["rows"], new["rows"]), f"after {moment:.2f} of a run"
        assert found["constraints"] in (old["constraints"], new["constraints"])
        states.add((found["rows"] == new["rows"], bool(beside(target_db))))

    copy(shop, target_db, schema="shop")

    assert read_schema(target_db, "shop") == new
    assert beside(target_db) == []
    assert (False, True) in states, "no moment was one when there was something to clear up"


def test_what_a_dead_run_still_does_is_ended(source_db, target_db):
    """Its client is gone, its server process is in the middle of an index, which would take an hour more."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int PRIMARY KEY);
        INSERT INTO app.things SELECT generate_series(1, 10);
        CREATE FUNCTION app.slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
            IF current_setting('application_name') LIKE 'pg-xcopy%' THEN PERFORM pg_sleep(360); END IF;
            RETURN $1;
        END$$;
        CREATE INDEX slow ON app.things (app.slow(id))""")
    with started(job_of(source_db, target_db)) as run:
        (builder,) = wait_until(lambda: running(target_db, "%CREATE INDEX%"))
        run.kill()
        run.wait()
    assert builder in running(target_db)
    source_db.execute("DROP INDEX app.slow")

    with Clock() as clock:
        copy(source_db, target_db)

    assert clock.seconds < 10
    wait_until(lambda: running(target_db) == [])
    assert beside(target_db) == []


def test_a_query_of_a_dead_run_ends_on_the_source_too(source_db, target_db):
    """A long query whose client is gone computes for nobody, on a server that has better things to do."""
    if source_db.server.major < 14:
        pytest.skip("a server looks for its client while it computes since PostgreSQL 14")
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT 1 AS id")
    with started(job_of(source_db, target_db, {"things": {"where": "pg_sleep(360) IS NOT NULL"}})) as run:
        wait_until(lambda: running(source_db, "%COPY%"))
        run.kill()
        run.wait()

    wait_until(lambda: running(source_db) == [], seconds=20)


@pytest.fixture
def ours(source_db, target_db):
    """What the staging schema of a run is called, and the comment that it carries."""
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT 1 AS id")
    seen = []

    def look(event):
        if type(event).__name__ == "TableStarted":
            comment = "SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace"
            seen.extend(target_db.rows(f"{comment} WHERE nspname LIKE '\\_xcopy%'"))

    copy(source_db, target_db, observer=look)
    return seen[0]


def test_schemas_of_others_are_not_touched(source_db, target_db, ours):
    """A name like ours without our comment, and our comment under another name, belong to somebody else."""
    staging, mark = ours
    target_db.execute(f"""
        CREATE SCHEMA "{staging}"; CREATE TABLE "{staging}".precious (id int);
        CREATE SCHEMA _xcopy_staging_of_somebody;
        COMMENT ON SCHEMA _xcopy_staging_of_somebody IS '{mark}'""")

    copy(source_db, target_db)

    assert beside(target_db) == sorted([staging, "_xcopy_staging_of_somebody"])


def test_leftovers_go_whatever_is_in_them(source_db, target_db, ours):
    """Views, partitions and types, as several runs of yesterday may have built."""
    staging, mark = ours
    for number in range(3):
        target_db.execute(f"""
            CREATE SCHEMA "{staging}{number}";
            COMMENT ON SCHEMA "{staging}{number}" IS '{mark}';
            SET search_path = "{staging}{number}";
            CREATE TYPE mood AS ENUM ('ok');
            CREATE TABLE p (id int, m mood) PARTITION BY LIST (id);
            CREATE TABLE "p % ""1" PARTITION OF p FOR VALUES IN (1);
            CREATE MATERIALIZED VIEW m AS SELECT * FROM p; CREATE VIEW v AS SELECT * FROM m;
            CREATE TABLE t (id serial PRIMARY KEY, m mood)""")

    result = copy(source_db, target_db)

    assert beside(target_db) == []
    assert result.warnings == ()


def test_what_belongs_to_an_extension_is_never_dropped(source_db, target_db, ours):
    """Somebody found no better place for it; what uses it may be anywhere."""
    target_db.require_extension("citext")
    staging, mark = ours
    retired = staging.replace("staging", "retired")
    target_db.execute(f"""
        CREATE SCHEMA "{staging}"; COMMENT ON SCHEMA "{staging}" IS '{mark}';
        CREATE SCHEMA "{retired}"; COMMENT ON SCHEMA "{retired}" IS '{mark.replace("staging", "retired")}';
        ALTER EXTENSION citext SET SCHEMA "{staging}";
        CREATE EXTENSION hstore SCHEMA "{retired}";
        CREATE TABLE public.theirs (c "{staging}".citext, h "{retired}".hstore)""")

    result = copy(source_db, target_db)

    assert [str(each) for each in result.warnings] == [
        f"{staging}: left behind: it is not dropped: extension citext lives in it",
        f"{retired}: left behind: it is not dropped: extension hstore lives in it",
    ]
    assert target_db.rows("SELECT c, h FROM public.theirs") == []


@pytest.mark.parametrize("cascade", [False, True])
def test_what_the_new_schema_needs_is_not_dropped_with_the_old_one(source_db, target_db, cascade):
    """Between the swap and the clean-up somebody may do what they like."""
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT 1 AS id")
    copy(source_db, target_db)

    def interfere(event):
        if isinstance(event, StageStarted) and event.stage is Stage.CLEAN:
            (retired,) = beside(target_db)
            target_db.execute(f'CREATE TYPE "{retired}".odd AS ENUM (); ALTER TABLE app.things ADD o "{retired}".odd')

    result = copy(source_db, target_db, cascade=cascade, observer=interfere)

    (retired,) = beside(target_db)
    assert [str(each) for each in result.warnings] == [
        f"{retired}: left behind: it is not dropped: column o of table app.things depends on type {retired}.odd"
    ]
    assert target_db.rows("SELECT id, o FROM app.things") == [(1, None)]
