"""The swap: readers see the old schema or the new one, and after any failure the old one is there, whole."""

from __future__ import annotations

from contextlib import closing

import pytest
from clients import Client
from copying import Clock, beside, copy, messages

from judge import read_schema
from pg_xcopy import plan_job
from pg_xcopy.demo.servers import Server
from pg_xcopy.errors import DatabaseError, PlanError, StrictError
from pg_xcopy.observe.events import Stage, StageStarted
from servers import Database, create_database

THINGS = """
    CREATE SCHEMA app;
    CREATE TABLE app.things (id int PRIMARY KEY, generation int NOT NULL, parent int REFERENCES app.things);
    CREATE TABLE app.parts (id int PRIMARY KEY, thing int NOT NULL REFERENCES app.things);
    INSERT INTO app.things SELECT n, 1, n / 2 + 1 FROM generate_series(1, 500) AS n;
    INSERT INTO app.parts SELECT n, n FROM generate_series(1, 500) AS n;
"""


@pytest.fixture
def things(source_db):
    source_db.execute(THINGS)
    return source_db


@pytest.fixture
def target(things, target_db):
    """A target that has been copied to before."""
    copy(things, target_db)
    return target_db


def test_readers_see_the_old_or_the_new(things, target):
    known = "SELECT count(*), min(generation), max(generation) FROM app.things"
    with (
        Client(target, known, "EXECUTE known", prepare=f"PREPARE known AS {known}") as one,
        Client(target, known, "EXECUTE known", prepare=f"PREPARE known AS {known}") as other,
    ):
        for generation in range(2, 7):
            things.execute("UPDATE app.things SET generation = %s", (generation,))
            copy(things, target)

    assert one.errors == other.errors == []
    assert one.seen | other.seen <= {(500, generation, generation) for generation in range(1, 7)}
    assert (500, 6, 6) in target.rows("SELECT count(*), min(generation), max(generation) FROM app.things")


def test_the_second_run_changes_nothing(things, target):
    before = read_schema(target, "app")

    copy(things, target)

    assert read_schema(target, "app") == before == read_schema(things, "app")
    assert beside(target) == []


def test_a_long_reader_does_not_hold_up_the_swap(things, target):
    things.execute("UPDATE app.things SET generation = 2")
    with closing(target.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN; SELECT count(*) FROM app.things")

        with Clock() as clock:
            result = copy(things, target)

        cursor.execute("SELECT 1; ROLLBACK")
    assert clock.seconds < 15
    assert target.column("SELECT DISTINCT generation FROM app.things") == [2]
    (retired,) = beside(target)
    assert [warning for warning in messages(result) if retired in warning and "left behind" in warning]

    again = copy(things, target)

    assert beside(target) == []
    assert again.warnings == ()


# --- Failures of every stage


@pytest.mark.parametrize(
    ("source", "job", "error"),
    [
        pytest.param(
            "UPDATE app.things SET parent = 77 WHERE id = 99",
            {"tables": {"*": {}, "things": {"where": {"id": {"ne": 77}}}}, "strict": True},
            StrictError,
            id="strict: a foreign key can't hold",
        ),
        pytest.param(
            "SELECT", {"tables": {"*": {}, "things": {"transform": {"id": "id / 2"}}}, "strict": True}, StrictError,
            id="strict: a key can't hold",
        ),
        pytest.param(
            "SELECT", {"tables": {"*": {}, "things": {"where": "nonsense"}}}, PlanError, id="check: no such column"
        ),
        pytest.param(
            "SELECT", {"tables": {"*": {}, "things": {"transform": {"generation": "1 / (id - 500)"}}}}, DatabaseError,
            id="copy: the source fails",
        ),
        pytest.param(
            """CREATE SCHEMA other; CREATE COLLATION other.odd (PROVIDER = libc, LOCALE = 'C');
               CREATE TABLE app.odd (id int, odd text COLLATE other.odd)""",
            {}, DatabaseError, id="build: a collation is missing",
        ),
        pytest.param(
            "CREATE DOMAIN app.d AS text CHECK (current_setting('application_name') <> 'x'); SELECT",
            {"tables": {"*": {}, "nothing": {}}}, PlanError, id="plan: no such table",
        ),
    ],
)  # fmt: skip
def test_after_a_failure_the_old_schema_is_whole(things, target, source, job, error):
    before = read_schema(target, "app")
    things.execute(source)

    with pytest.raises(error):
        copy(things, target, **job)

    assert read_schema(target, "app") == before
    assert beside(target) == []


BEFORE_THE_END = (Stage.CONNECT, Stage.PLAN, Stage.CHECK, Stage.BUILD, Stage.COPY, Stage.FINISH, Stage.SWAP)


@pytest.mark.parametrize("stage", BEFORE_THE_END, ids=lambda stage: stage.value)
def test_whoever_fails_at_whatever_stage_the_old_schema_is_whole(things, target, stage):
    before = read_schema(target, "app")

    def fail(event):
        if isinstance(event, StageStarted) and event.stage is stage:
            raise LookupError(stage.value)

    with pytest.raises(LookupError):
        copy(things, target, observer=fail)

    assert read_schema(target, "app") == before
    assert beside(target) == []


def test_what_fails_after_the_swap_is_a_warning(things, target):
    """When the new schema is in place, the job is done, whatever becomes of the old one."""
    postgres = Database(target.server, "postgres")
    things.execute("UPDATE app.things SET generation = 2")

    def close_the_door(event):
        if isinstance(event, StageStarted) and event.stage is Stage.CLEAN:
            postgres.execute(f"ALTER DATABASE {target.name} ALLOW_CONNECTIONS false")
            postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{target.name}'")

    result = copy(things, target, observer=close_the_door)

    postgres.execute(f"ALTER DATABASE {target.name} ALLOW_CONNECTIONS true")
    assert [warning.topic for warning in result.warnings] == ["left behind"]
    assert target.column("SELECT DISTINCT generation FROM app.things") == [2]


# --- What depends on the old schema from outside it


OUTSIDE = {
    "a view": (
        "CREATE VIEW other.v AS SELECT id FROM app.things",
        "view other.v",
        "SELECT 1 FROM pg_class WHERE relname = 'v'",
    ),
    "a foreign key": (
        "CREATE TABLE other.t (thing int CONSTRAINT to_things REFERENCES app.things)",
        "constraint to_things on table other.t",
        "SELECT 1 FROM pg_constraint WHERE conname = 'to_things'",
    ),
    "a function": (
        "CREATE FUNCTION other.f(app.things) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function other.f(app.things)",
        "SELECT 1 FROM pg_proc WHERE proname = 'f' AND pronamespace = 'other'::regnamespace",
    ),
    "an inheriting table": (
        "CREATE TABLE other.t () INHERITS (app.things)",
        "table other.t",
        "SELECT 1 FROM pg_class WHERE relname = 't'",
    ),
    "a column's type": (
        "CREATE TABLE other.t (thing app.things)",
        "column thing of table other.t",
        "SELECT 1 FROM pg_attribute WHERE attname = 'thing' AND attrelid = 'other.t'::regclass",
    ),
}


@pytest.mark.parametrize(("sql", "name", "still"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_depends_on_the_old_schema_forbids_the_swap(things, target, sql, name, still):
    target.execute(f"CREATE SCHEMA other; {sql}")
    before = read_schema(target, "app")

    with pytest.raises(PlanError) as caught:
        copy(things, target)

    assert name in str(caught.value)
    assert "cascade: true" in str(caught.value)
    assert target.rows(still) == [(1,)]
    assert read_schema(target, "app") == before


@pytest.mark.parametrize(("sql", "name", "still"), OUTSIDE.values(), ids=OUTSIDE)
def test_cascade_drops_it_and_says_so(things, target, sql, name, still):
    target.execute(f"CREATE SCHEMA other; {sql}")

    result = copy(things, target, cascade=True)

    assert [warning for warning in messages(result) if name in warning]
    assert target.rows(still) == []
    assert beside(target) == []
    assert read_schema(target, "app") == read_schema(things, "app")


def test_cascade_names_what_falls_at_all_levels(things, target):
    """A view on a view, a function on that view's rows, a partition, a key that refers to what falls."""
    target.execute("""
        CREATE SCHEMA other;
        CREATE VIEW other.v AS SELECT id FROM app.things;
        CREATE VIEW other.w AS SELECT id FROM other.v;
        CREATE FUNCTION other.f(other.w) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE other.heir (own serial PRIMARY KEY) INHERITS (app.things);
        CREATE TABLE other.child (heir int CONSTRAINT to_heir REFERENCES other.heir);
        CREATE TABLE other.bystander (id int)""")
    (refused,) = refusal(things, target)

    result = copy(things, target, cascade=True)

    dropped = [f"{each.subject}: {each.message}" for each in result.warnings if each.topic == "dropped by cascade"]
    assert dropped == [
        "constraint to_heir on table other.child: it depends on table other.heir",
        "function other.f(other.w): it depends on type other.w",
        "table other.heir: it depends on table app.things",
        "view other.v: it depends on table app.things",
        "view other.w: it depends on view other.v",
    ]
    assert all(each.split(":")[0] in refused for each in dropped)
    assert target.column("SELECT relname FROM pg_class WHERE relnamespace = 'other'::regnamespace ORDER BY 1") == [
        "bystander", "child",
    ]  # fmt: skip


def refusal(source, target, **given):
    with pytest.raises(PlanError) as caught:
        copy(source, target, **given)
    return caught.value.reasons


def test_a_late_refusal_speaks_of_the_users_schema(source_db, target_db):
    """A collation of another schema is named as it is, and there it is one of the schema that is replaced."""
    for database in (source_db, target_db):
        database.execute("CREATE COLLATION public.plain (PROVIDER = libc, LOCALE = 'C')")
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.t (id int, c text COLLATE public.plain)")

    assert refusal(source_db, target_db, into="public") == (
        "in the copy, column c of table public.t depends on collation public.plain,"
        " which would be dropped with the old schema",
    )


def test_what_the_copy_needs_is_not_dropped_by_cascade(things, target):
    """Cascade is for what the plan named: not for what was just copied."""

    def interfere(event):
        if isinstance(event, StageStarted) and event.stage is Stage.SWAP:
            (staging,) = beside(target)
            target.execute(f'ALTER TABLE "{staging}".parts ADD CONSTRAINT c FOREIGN KEY (thing) REFERENCES app.things')

    assert refusal(things, target, cascade=True, observer=interfere) == (
        "in the copy, constraint c on table app.parts depends on table app.things,"
        " which would be dropped with the old schema",
    )


def test_what_begins_to_depend_on_it_during_the_run_forbids_the_swap_too(things, target):
    before = read_schema(target, "app")

    def interfere(event):
        if isinstance(event, StageStarted) and event.stage is Stage.FINISH:
            target.execute("CREATE SCHEMA other; CREATE VIEW other.late AS SELECT id FROM app.things")

    with pytest.raises(PlanError, match=r"view other\.late"):
        copy(things, target, observer=interfere)

    assert read_schema(target, "app") == before
    assert target.value("SELECT count(*) FROM other.late") == 500
    assert beside(target) == []


@pytest.mark.parametrize("publication", ["FOR TABLE app.things", "FOR TABLES IN SCHEMA app"])
def test_a_publication_loses_its_table_and_it_is_said(things, target, publication):
    if "SCHEMA" in publication and target.server.major < 15:
        pytest.skip("publications of schemas came with PostgreSQL 15")
    target.execute(f"CREATE PUBLICATION news {publication}")

    plan = plan_job({"source": {"database": things.url, "schema": "app"}, "tables": {"*": {}},
                     "target": {"database": target.url, "schema": "app"}})  # fmt: skip
    result = copy(things, target)

    assert [notice for notice in plan.notices if "news" in str(notice)]
    assert [warning for warning in messages(result) if "news" in warning]
    assert beside(target) == []


def test_what_the_copy_does_not_bring_again_is_said(things, target):
    target.execute("CREATE TABLE app.notes (id int); CREATE VIEW app.summary AS SELECT id FROM app.things")

    result = copy(things, target)

    dropped = [warning.subject for warning in result.warnings if warning.topic == "dropped with the old schema"]
    assert dropped == ["app.notes", "app.summary"]


# --- Many tables, few locks


def test_many_tables_on_a_server_with_few_locks(things, installations):
    things.execute("""DO $$ BEGIN FOR n IN 1..300 LOOP
        EXECUTE format(
            'CREATE TABLE app.t%s (id serial PRIMARY KEY, body text UNIQUE, thing int REFERENCES app.things)', n);
    END LOOP; END $$""")
    few = {"max_locks_per_transaction": "10", "max_connections": "20", "max_prepared_transactions": "0"}
    with Server(installations[0], few) as server:
        target = create_database(server)

        first = copy(things, target)
        again = copy(things, target)

        assert (len(first.tables), first.warnings, again.warnings) == (302, (), ())
        assert beside(target) == []
        assert read_schema(target, "app") == read_schema(things, "app")
