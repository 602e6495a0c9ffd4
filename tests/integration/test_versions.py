"""From any version to any other, where the types of the older one allow; what does not fit is said in the plan."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from copying import beside, copy, job_of, messages, properties_of

from judge import read_schema
from pg_xcopy import plan_job, run_job
from pg_xcopy.errors import PlanError
from pg_xcopy.planning.plan import Plan
from properties import read_properties

TORTURE = Path(__file__).with_name("torture.sql").read_text(encoding="utf-8")
VERSIONS = range(12, 19)
PAIRS = [
    *((version, version) for version in VERSIONS),
    *((version, version + 1) for version in VERSIONS[:-1]),
    *((version + 1, version) for version in VERSIONS[:-1]),
    (12, 18),
    (18, 12),
]
MULTIRANGES, NAMED_NOT_NULL = 14, 18


def schemas_for(version):
    """Two schemas, as rich as a server of this version allows."""
    yield TORTURE
    yield "CREATE SCHEMA app;" + "".join(properties_of(each) for each in VERSIONS if each <= version)


def comparable(database, older):
    """What a server of the older of two versions has, too: it knows no names of multiranges and NOT NULLs.

    A foreign key to a partitioned table has echoes, which PostgreSQL 18 numbers in another way.
    """
    found = {**read_schema(database, "app"), **read_properties(database, "app")}
    found["constraints"] = sorted(
        (row[0], re.sub(r"_fkey_(\d+)$", r"_fkey\1", row[1]), *row[2:]) for row in found["constraints"]
    )
    if older < NAMED_NOT_NULL:
        del found["not null constraints"]
    if older < MULTIRANGES:
        found["ranges"] = [row[:-1] for row in found["ranges"]]
    return found


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_between_versions(server_of, new_database, old, new):
    for script in schemas_for(min(old, new)):
        source, target = new_database(server_of(old)), new_database(server_of(new))
        for database in (source, target):
            database.require_extension("btree_gist")
        source.execute(script)

        for _ in range(2):
            result = copy(source, target)

        assert messages(result) == []
        assert comparable(target, min(old, new)) == comparable(source, min(old, new))
        assert beside(target) == []


# What is younger than the target: the SQL, the target's version, and what the plan says.
YOUNGER = {
    "virtual column": (
        "CREATE TABLE app.t (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL)",
        17,
        [
            "app.t.twice: it is a virtual generated column, which the target does not know before PostgreSQL 18"
            " (give it a `transform`, or null to leave it out)"
        ],
    ),
    "without overlaps": (
        "CREATE TABLE app.t (id int, at daterange, CONSTRAINT pk PRIMARY KEY (id, at WITHOUT OVERLAPS))",
        17,
        [
            "app.t.pk: constraint left out: primary key: WITHOUT OVERLAPS needs PostgreSQL 18, the target is 17",
        ],
    ),
    "period": (
        """CREATE TABLE app.p (id int, at daterange, PRIMARY KEY (id, at WITHOUT OVERLAPS));
           CREATE TABLE app.t (id int, at daterange,
                               CONSTRAINT fk FOREIGN KEY (id, PERIOD at) REFERENCES app.p (id, PERIOD at))""",
        17,
        [
            "app.p.p_pkey: constraint left out: primary key: WITHOUT OVERLAPS needs PostgreSQL 18, the target is 17",
            "app.t.fk: constraint left out: foreign key: PERIOD needs PostgreSQL 18, the target is 17",
        ],
    ),
    "not enforced": (
        "CREATE TABLE app.t (a int PRIMARY KEY CHECK (a > 0) NOT ENFORCED, b int REFERENCES app.t NOT ENFORCED)",
        17,
        [
            "app.t.t_a_check: constraint left out: check: NOT ENFORCED needs PostgreSQL 18, the target is 17",
            "app.t.t_b_fkey: constraint left out: foreign key: NOT ENFORCED needs PostgreSQL 18, the target is 17",
        ],
    ),
    "not null not valid": (
        "CREATE TABLE app.t (a int); ALTER TABLE app.t ADD NOT NULL a NOT VALID",
        17,
        ["app.t.a: not null left out: it is NOT VALID, which the target does not know"],
    ),
    "foreign key of a partitioned table, not valid": (
        """CREATE TABLE app.p (a int PRIMARY KEY);
           CREATE TABLE app.t (a int) PARTITION BY RANGE (a); CREATE TABLE app.t_rest PARTITION OF app.t DEFAULT;
           ALTER TABLE app.t ADD FOREIGN KEY (a) REFERENCES app.p NOT VALID""",
        17,
        [
            "app.t.t_a_fkey: constraint left out: foreign key: NOT VALID on a partitioned table needs PostgreSQL 18,"
            " the target is 17"
        ],
    ),
    "table parameters of 18": (
        "CREATE TABLE app.t (a int) WITH (autovacuum_vacuum_max_threshold = 100, fillfactor = 70)",
        17,
        [
            "app.t: property left out: storage parameter autovacuum_vacuum_max_threshold=100 needs PostgreSQL 18,"
            " the target is 17"
        ],
    ),
    "locale pg_unicode_fast": (
        "CREATE COLLATION app.fast (PROVIDER = builtin, LOCALE = 'PG_UNICODE_FAST');"
        "CREATE TABLE app.t (a text COLLATE app.fast)",
        17,
        [
            "app.t.a: it needs collation fast, whose locale PG_UNICODE_FAST needs PostgreSQL 18"
            " (leave out what has it, or upgrade the target)",
        ],
    ),
    "functions": (
        """CREATE DOMAIN app.low AS text CHECK (casefold(VALUE) = VALUE);
           CREATE FUNCTION app.new_id() RETURNS uuid LANGUAGE sql RETURN uuidv7();
           CREATE TABLE app.t (a text, b app.low, c uuid DEFAULT app.new_id(),
                               g text GENERATED ALWAYS AS (casefold(a)) STORED);
           CREATE TABLE app.p (a text) PARTITION BY RANGE (casefold(a))""",
        17,
        [
            "app.p: its partition key: the target's server has no function casefold() (leave out a column of the key)",
            "app.t.b: it needs type low, and the target's server has no function casefold()"
            " (leave out what has it, or upgrade the target)",
            "app.t.g: the target's server has no function casefold() (give it a `transform`, or null to leave it out)",
        ],
    ),
    "functions of checks and indexes": (
        "CREATE TABLE app.t (a text CHECK (casefold(a) <> '')); CREATE INDEX i ON app.t (casefold(a))",
        17,
        [
            "app.t.i: index left out: the target's server has no function casefold()",
            "app.t.t_a_check: constraint left out: check: the target's server has no function casefold()",
        ],
    ),
    "builtin collation": (
        "CREATE COLLATION app.plain (PROVIDER = builtin, LOCALE = 'C.UTF-8');"
        "CREATE TABLE app.t (a text COLLATE app.plain)",
        16,
        [
            "app.t.a: it needs collation plain, whose provider `builtin` needs PostgreSQL 17"
            " (leave out what has it, or upgrade the target)",
        ],
    ),
    "a collation of the server's own": (
        "CREATE TABLE app.t (a text COLLATE pg_c_utf8)",
        16,
        [
            "app.t.a: the target's server has no collation pg_c_utf8"
            " (leave it out with `transform`, or upgrade the target)",
        ],
    ),
    "exclusion on a partitioned table": (
        """CREATE TABLE app.t (a int, b daterange, EXCLUDE USING gist (a WITH =, b WITH &&)) PARTITION BY LIST (a);
           CREATE TABLE app.t1 PARTITION OF app.t FOR VALUES IN (1)""",
        16,
        [
            "app.t.t_a_b_excl: constraint left out: exclusion constraint: it is on a partitioned table, which needs"
            " PostgreSQL 17, the target is 16"
        ],
    ),
    "json functions": (
        """CREATE TABLE app.t (doc jsonb CHECK (JSON_EXISTS(doc, '$.a')));
           CREATE TABLE app.g (doc jsonb, n int GENERATED ALWAYS AS (JSON_VALUE(doc, '$.a' RETURNING int)) STORED)""",
        16,
        [
            "app.g.n: JSON_EXISTS, JSON_QUERY or JSON_VALUE needs PostgreSQL 17, the target is 16"
            " (give it a `transform`, or null to leave it out)"
        ],
    ),
    "icu rules": (
        "CREATE COLLATION app.ruled (PROVIDER = icu, LOCALE = 'und', RULES = '&a < b');"
        "CREATE TABLE app.t (a text COLLATE app.ruled)",
        15,
        [
            "app.t.a: it needs collation ruled, whose rules need PostgreSQL 16"
            " (leave out what has it, or upgrade the target)",
        ],
    ),
    "is json": (
        "CREATE TABLE app.t (doc json, CONSTRAINT object CHECK (doc IS JSON OBJECT))",
        15,
        ["app.t.object: constraint left out: check: IS JSON needs PostgreSQL 16, the target is 15"],
    ),
    "nulls not distinct": (
        "CREATE TABLE app.t (a int UNIQUE NULLS NOT DISTINCT); CREATE UNIQUE INDEX i ON app.t (a) NULLS NOT DISTINCT",
        14,
        [
            "app.t.i: index left out: NULLS NOT DISTINCT needs PostgreSQL 15, the target is 14",
            "app.t.t_a_key: constraint left out: unique constraint: NULLS NOT DISTINCT needs PostgreSQL 15,"
            " the target is 14",
        ],
    ),
    "set null with columns": (
        """CREATE TABLE app.p (a int, b int, PRIMARY KEY (a, b));
           CREATE TABLE app.t (a int, b int,
                               CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES app.p ON DELETE SET NULL (b))""",
        14,
        [
            "app.t.fk: constraint left out: foreign key: SET NULL or SET DEFAULT with columns needs PostgreSQL 15,"
            " the target is 14"
        ],
    ),
    "odd scales": (
        "CREATE DOMAIN app.d AS numeric(3, -2); CREATE TABLE app.t (a numeric(2, 3), b numeric(1000, 1000), c app.d)",
        14,
        [
            "app.t.a: a scale below 0 or beyond the precision needs PostgreSQL 15, the target is 14"
            " (leave it out with `transform`, or upgrade the target)",
            "app.t.c: it needs type d, and a scale below 0 or beyond the precision needs PostgreSQL 15,"
            " the target is 14 (leave out what has it, or upgrade the target)",
        ],
    ),
    "sql body": (
        """CREATE FUNCTION app.f(i int) RETURNS int LANGUAGE sql IMMUTABLE RETURN i + 1;
           CREATE TABLE app.t (a int CHECK (app.f(a) > 0))""",
        13,
        [
            "app.t.t_a_check: constraint left out: check: it needs function f, whose body in standard SQL needs"
            " PostgreSQL 14",
        ],
    ),
    "multiranges": (
        """CREATE TYPE app.span AS RANGE (SUBTYPE = float8); CREATE DOMAIN app.d AS int4multirange;
           CREATE TYPE app.c AS (a int, "b c" nummultirange);
           CREATE TABLE app.t (a int4multirange[], b app.span_multirange, c app.d, d app.c, e app.span)""",
        13,
        [
            "app.t.a: the target's server has no type int4multirange"
            " (leave it out with `transform`, or upgrade the target)",
            "app.t.b: multirange types need PostgreSQL 14 (leave it out with `transform`, or upgrade the target)",
            "app.t.c: it needs type d, and the target's server has no type int4multirange"
            " (leave out what has it, or upgrade the target)",
            "app.t.d: it needs type c, and the target's server has no type nummultirange"
            " (leave out what has it, or upgrade the target)",
        ],
    ),
    "a function of multiranges": (
        """CREATE FUNCTION app.f(int4multirange) RETURNS int LANGUAGE sql AS 'SELECT 1';
           CREATE TABLE app.t (a int DEFAULT app.f(NULL))""",
        13,
        [
            "app.t.a: default left out: it needs function f, and the target's server has no type int4multirange",
        ],
    ),
    "statistics on expressions": (
        "CREATE TABLE app.t (a int, b int); CREATE STATISTICS app.s ON (a + b), b FROM app.t",
        13,
        ["app.t.s: property left out: an expression in it needs PostgreSQL 14, the target is 13"],
    ),
    "operator classes": (
        """CREATE TABLE app.t (a int); CREATE INDEX i ON app.t USING brin (a int4_minmax_multi_ops);
           CREATE INDEX j ON app.t USING brin (a int4_bloom_ops)""",
        13,
        [
            f"app.t.{index}: index left out: a minmax-multi or bloom operator class needs PostgreSQL 14,"
            " the target is 13"
            for index in "ij"
        ],
    ),
    "covering sp-gist": (
        "CREATE TABLE app.t (p point, a int); CREATE INDEX i ON app.t USING spgist (p) INCLUDE (a)",
        13,
        ["app.t.i: index left out: INCLUDE in an SP-GiST index needs PostgreSQL 14, the target is 13"],
    ),
    "subscripts": (
        "CREATE TABLE app.t (doc jsonb, a jsonb GENERATED ALWAYS AS (doc['a']) STORED, b text[] DEFAULT ARRAY['a'])",
        13,
        [
            "app.t.a: a subscript that is text needs PostgreSQL 14, the target is 13"
            " (give it a `transform`, or null to leave it out)"
        ],
    ),
    "a value of a table parameter": (
        "CREATE TABLE app.t (a int) WITH (vacuum_index_cleanup = auto)",
        13,
        ["app.t: property left out: storage parameter vacuum_index_cleanup=auto needs PostgreSQL 14, the target is 13"],
    ),
    "compression": ("CREATE TABLE app.t (a text COMPRESSION pglz)", 13, []),
    "types of the server's own": (
        "CREATE TABLE app.t (a xid8, b pg_snapshot[], c int)",
        12,
        [
            "app.t.a: the target's server has no type xid8 (leave it out with `transform`, or upgrade the target)",
            "app.t.b: the target's server has no type pg_snapshot"
            " (leave it out with `transform`, or upgrade the target)",
        ],
    ),
    "parameters of 13": (
        """CREATE TABLE app.t (a text PRIMARY KEY WITH (deduplicate_items = off, fillfactor = 70))
               WITH (autovacuum_vacuum_insert_threshold = 9, toast.autovacuum_vacuum_insert_threshold = 7);
           CREATE INDEX i ON app.t (a) WITH (deduplicate_items = off) WHERE a <> ' WITH (a=b)'""",
        12,
        [
            "app.t.i: property left out: storage parameter deduplicate_items=off needs PostgreSQL 13, the target is 12",
            "app.t.t_pkey: property left out: storage parameter deduplicate_items='off' needs PostgreSQL 13,"
            " the target is 12",
            "app.t: property left out: storage parameter autovacuum_vacuum_insert_threshold=9 needs PostgreSQL 13,"
            " the target is 12",
            "app.t: property left out: storage parameter toast.autovacuum_vacuum_insert_threshold=7 needs"
            " PostgreSQL 13, the target is 12",
        ],
    ),
    "operator class parameters": (
        "CREATE TABLE app.t (a tsvector); CREATE INDEX i ON app.t USING gist (a tsvector_ops (siglen = 64))",
        12,
        ["app.t.i: index left out: operator class parameters needs PostgreSQL 13, the target is 12"],
    ),
}


def said(act, source, target):
    """What an act on a job says: why it is refused, or its warnings."""
    try:
        done = act(job_of(source, target))
    except PlanError as error:
        return sorted(error.reasons)
    return sorted(map(str, done.notices if isinstance(done, Plan) else done.warnings))


@pytest.mark.parametrize("what", YOUNGER)
def test_what_an_older_target_lacks_is_said_in_the_plan(server_of, new_database, what):
    sql, version, expected = YOUNGER[what]
    source, target = new_database(server_of(version + 1)), new_database(server_of(version))
    for database in (source, target):
        database.require_extension("btree_gist")
    source.execute(f"CREATE SCHEMA app; SET search_path = app, public; {sql}")

    assert said(plan_job, source, target) == expected
    assert said(run_job, source, target) == expected


def test_a_virtual_column_that_an_older_target_stores(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(12))
    source.execute(
        "CREATE SCHEMA app; CREATE TABLE app.things (id int, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL)"
    )

    result = copy(source, target, {"things": {"transform": {"twice": "id * 2"}}})

    assert messages(result) == []


def test_an_unlogged_partitioned_table_is_logged_where_it_may_not_be_otherwise(server_of, new_database):
    """PostgreSQL 18 refuses what was accepted before, and had no effect: the partitions keep theirs."""
    source, target = new_database(server_of(17)), new_database(server_of(18))
    source.execute("""
        CREATE SCHEMA app; CREATE UNLOGGED TABLE app.t (a int) PARTITION BY LIST (a);
        CREATE UNLOGGED TABLE app.t1 PARTITION OF app.t FOR VALUES IN (1)""")

    result = copy(source, target)

    assert messages(result) == []
    persistence = "SELECT relname::text, relpersistence::text FROM pg_class WHERE relnamespace = 'app'::regnamespace"
    assert sorted(target.rows(persistence)) == [("t", "p"), ("t1", "u")]
