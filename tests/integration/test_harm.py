"""What a replace must not take along, and what a source must not do to a copy: each was seen to happen once."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg2.errors
import pytest
from copying import beside, copy, job_of, messages

from pg_xcopy import run_job, run_jobs
from pg_xcopy.catalog import source as catalog
from pg_xcopy.errors import DatabaseError, PlanError, ProtectedTargetError, UsageError
from pg_xcopy.manifest.loader import parse_job
from pg_xcopy.observe.events import Stage, StageStarted


def at(stage, act):
    """An observer that does something when a stage begins."""
    return lambda event: act() if isinstance(event, StageStarted) and event.stage is stage else None


@pytest.fixture
def two(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.t (a int, b text);
        INSERT INTO app.t SELECT i, i::text FROM generate_series(1, 1000) AS i""")
    target_db.execute("CREATE SCHEMA app; CREATE SCHEMA other; CREATE TABLE app.t (a int)")
    return source_db, target_db


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ('CREATE COLLATION app.ci FROM "C"', "CREATE TABLE other.x (name text COLLATE app.ci)"),
        (
            "CREATE TEXT SEARCH CONFIGURATION app.cfg (COPY = pg_catalog.simple)",
            "CREATE TABLE other.x (t text); CREATE INDEX ON other.x (to_tsvector('app.cfg'::regconfig, t))",
        ),
        (
            "CREATE TABLE other.root (at int) PARTITION BY RANGE (at)",
            "CREATE TABLE app.part PARTITION OF other.root FOR VALUES FROM (0) TO (9)",
        ),
    ],
    ids=["collation", "text search configuration", "partition"],
)
def test_what_others_need_makes_it_refuse(two, inside, outside):
    source, target = two
    target.execute(f"{inside}; {outside}")

    with pytest.raises(PlanError, match="objects outside it depend on what would be dropped"):
        copy(source, target)


def test_a_schema_with_operators_of_its_own_can_be_replaced(two):
    source, target = two
    target.execute("""
        CREATE TYPE app.pair AS (x int, y int);
        CREATE FUNCTION app.lt(app.pair, app.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.x < $2.x';
        CREATE OPERATOR app.<<< (LEFTARG = app.pair, RIGHTARG = app.pair, FUNCTION = app.lt);
        CREATE FUNCTION app.of(app.pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.x';
        CREATE CAST (app.pair AS int) WITH FUNCTION app.of(app.pair)""")

    copy(source, target)

    assert target.value("SELECT count(*) FROM app.t") == 1000


def test_a_table_that_is_emptied_or_rewritten_meanwhile_waits(two):
    """TRUNCATE heeds no snapshot: without a lock the table would arrive empty, and nobody would be told."""
    source, target = two
    held = []

    def try_to_truncate():
        try:
            source.execute("SET lock_timeout = '200ms'; TRUNCATE app.t")
        except psycopg2.errors.LockNotAvailable as error:
            held.append(str(error))

    copy(source, target, observer=at(Stage.COPY, try_to_truncate))

    assert "lock timeout" in held[0]
    assert target.value("SELECT count(*) FROM app.t") == 1000


def test_a_table_that_was_emptied_before_it_could_be_locked(two):
    source, target = two

    with pytest.raises(PlanError, match="emptied or rewritten since the run began: t"):
        copy(source, target, observer=at(Stage.PLAN, lambda: source.execute("TRUNCATE app.t")))

    assert beside(target) == []


def test_a_table_that_appears_in_the_target_meanwhile_is_not_dropped(two):
    source, target = two

    with pytest.raises(PlanError, match=r"table app\.notes appeared while the job ran"):
        copy(source, target, observer=at(Stage.COPY, lambda: target.execute("CREATE TABLE app.notes (n int)")))

    assert target.value("SELECT count(*) FROM app.notes") == 0


def test_the_source_is_let_go_when_its_rows_are_in(two):
    source, target = two
    alive = []
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pg-xcopy%' AND datname = current_database()"
    )

    copy(source, target, observer=at(Stage.SWAP, lambda: alive.append(source.value(query))))

    assert alive == [0]


def test_a_protected_source_is_not_written_through_another_spelling(two):
    source, _ = two
    spelled = source.server.dsn(source.name)
    job = {
        "source": {"database": "prod", "schema": "app"},
        "target": {"database": spelled.replace("127.0.0.1", str(source.server.directory)), "schema": "elsewhere"},
        "tables": {"*": {}},
    }

    with pytest.raises(ProtectedTargetError):
        run_job(parse_job(job, connections={"prod": {"url": source.url, "protected": True}}))


def test_a_type_of_the_schema_is_made_even_where_the_target_has_one_of_that_name_elsewhere(source_db, target_db):
    source_db.execute("CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('a'); CREATE TABLE app.t (m app.mood)")

    copy(source_db, target_db)
    copy(source_db, target_db, into="copied")

    assert (
        target_db.value(
            "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = 'copied.t'::regclass AND attname = 'm'"
        )
        == "copied.mood"
    )


def test_a_view_that_becomes_a_table_has_the_replica_identity_of_one(source_db, target_db):
    source_db.execute("CREATE SCHEMA app; CREATE VIEW app.v AS SELECT 1 AS a")

    copy(source_db, target_db, {"v": {}})

    assert target_db.value("SELECT relreplident FROM pg_class WHERE oid = 'app.v'::regclass") == "d"


@pytest.mark.parametrize("rule", [{"where": "a = 1) or (true"}, {"transform": {"b": "b, a"}}])
def test_text_that_reaches_beyond_its_parentheses_is_refused(two, rule):
    source, target = two

    with pytest.raises(PlanError, match="is not one complete expression"):
        copy(source, target, {"t": rule})


def test_two_jobs_for_one_schema_do_not_run_together(two):
    source, target = two
    with pytest.raises(UsageError, match="jobs a and b both replace schema app"):
        run_jobs("*", {"a": job_of(source, target), "b": job_of(source, target)})


def test_a_schema_owner_may_replace_what_others_put_into_it(two, hostile_role):
    source, target = two
    owner, other = hostile_role(target, "owner"), hostile_role(target, "other")
    target.execute(f"""
        ALTER SCHEMA app OWNER TO {owner.name}; ALTER TABLE app.t OWNER TO {owner.name};
        GRANT CREATE ON DATABASE {target.name} TO {owner.name}; GRANT CREATE, USAGE ON SCHEMA app TO {other.name};
        SET ROLE {other.name}; CREATE FUNCTION app.theirs() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE app.also (n int)""")

    said = messages(copy(source, target.url_as(owner)))

    assert target.value("SELECT count(*) FROM app.t") == 1000
    assert len([each for each in said if "dropped with the old schema" in each]) == 2
    assert beside(target) == []


def test_grants_on_a_table_stay_behind_with_its_row_level_security(two, hostile_role):
    source, target = two
    reader = hostile_role(target, "reader")
    target.execute(f"ALTER TABLE app.t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON app.t TO {reader.name}")

    said = messages(copy(source, target))

    assert target.value("SELECT has_table_privilege(%s, 'app.t', 'SELECT')", (reader.name,)) is False
    assert said == ["app.t: privilege not carried over: its grants stay behind, because its row-level security does"]


def test_rows_of_children_that_are_not_copied_are_missed_aloud(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.parent (a int); CREATE TABLE app.child () INHERITS (app.parent);
        INSERT INTO app.child VALUES (1)""")

    said = messages(copy(source_db, target_db, {"parent": {}}))

    assert said == ["app.parent: partial: it comes without the rows of app.child, which inherits"]


@pytest.fixture
def while_reading(two, monkeypatch):
    """`with while_reading(statement):` runs it on the source in the middle of the reading of the catalog."""
    source, _ = two
    read = catalog.read_relations

    @contextmanager
    def interfering(statement):
        def interfere_and_read(session, oid):
            source.execute(statement)
            return read(session, oid)

        with monkeypatch.context() as patch:
            patch.setattr(catalog, "read_relations", interfere_and_read)
            yield

    return interfering


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("TABLE app.numbered", "cache lookup failed for relation"),
        ("SEQUENCE app.lone", 'relation "app.lone" does not exist'),
    ],
)
def test_what_is_dropped_while_the_catalog_is_read_is_said_to_be(two, while_reading, gone, said):
    """The run fails before it has written anything, and the next one works."""
    source, target = two
    source.execute("CREATE TABLE app.numbered (id int PRIMARY KEY CHECK (id > 0)); CREATE SEQUENCE app.lone")

    with while_reading(f"DROP {gone}"), pytest.raises(DatabaseError) as caught:
        copy(source, target)

    assert said in caught.value.sentence
    assert caught.value.hint == (
        "Something that it was about to describe has been dropped or changed meanwhile: run the job again."
    )
    assert messages(copy(source, target)) == []


def test_an_index_that_is_dropped_while_the_catalog_is_read_is_not_there(two, while_reading):
    source, target = two
    source.execute("CREATE INDEX gone ON app.t (a); CREATE INDEX stays ON app.t (b)")
    source.execute("CREATE STATISTICS app.st ON a, b FROM app.t")

    with while_reading("DROP INDEX app.gone; DROP STATISTICS app.st"):
        result = copy(source, target, strict=True)

    assert messages(result) == []
    assert target.column("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'app.t'::regclass") == [
        "app.stays"
    ]
