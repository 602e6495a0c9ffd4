"""The statements that build the staging schema."""

import pytest
from catalogs import (
    RUN,
    SCHEMA,
    column,
    designed,
    domain,
    enum,
    function,
    in_staging,
    integrity,
    key,
    partition_of,
    partitioned,
    replace,
    sequence,
    server,
    source,
    table,
)

from pg_xcopy.planning.schemas import name_schemas
from pg_xcopy.planning.structure.building import plan_structure
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


def statements(tables, catalog, **given):
    designs, needs = designed(tables, catalog, **given)
    steps = plan_structure(designs, needs, name_schemas(SCHEMA, RUN), server(version=180000)).steps
    return [in_staging(step.sql) for step in steps]


def later_defaults(tables, catalog):
    """The defaults that are set when the rows are in."""
    finish = integrity(tables, catalog).finish
    return [in_staging(step.sql) for each in finish for step in each.steps if "DEFAULT" in step.sql]


def test_columns_in_all_their_forms():
    catalog = source(
        table(
            "t",
            column("id", "bigint", not_null=True),
            column("name", "character varying(10)", collation='"C"', expression="'x'::character varying"),
            column("total", "numeric(8,2)", generated="s", expression="(id * 2)", depends_on=("id",)),
            column("virtual", "integer", generated="v", expression="(id + 1)", depends_on=("id",)),
        )
    )

    assert statements({"t": {}}, catalog) == [
        'CREATE TABLE "t" (\n'
        '    "id" bigint NOT NULL,\n'
        '    "name" character varying(10) COLLATE "C" DEFAULT \'x\'::character varying,\n'
        '    "total" numeric(8,2) GENERATED ALWAYS AS ((id * 2)) STORED,\n'
        '    "virtual" integer GENERATED ALWAYS AS ((id + 1)) VIRTUAL\n'
        ")"
    ]


def test_transformed_columns_are_plain_and_checked_later():
    catalog = source(
        table(
            "t",
            column("id", not_null=True),
            column("n", generated="s", expression="id", depends_on=("id",), not_null=True),
        )
    )

    assert statements({"t": {"transform": {"id": "1", "n": "2"}}}, catalog) == [
        'CREATE TABLE "t" (\n    "id" integer,\n    "n" integer\n)'
    ]


def test_unlogged_and_empty():
    catalog = source(table("t", persistence="u"))

    assert statements({"t": {}}, catalog) == ['CREATE UNLOGGED TABLE "t" (\n)']


@pytest.mark.parametrize(("kind", "spelled"), [("a", "ALWAYS"), ("d", "BY DEFAULT")])
def test_identity(kind, spelled):
    own = sequence("t_id_seq", 1, "id", identity=True, start=-5, increment=-1, minimum=-10, maximum=-1, cycle=True)
    catalog = source(table("t", column("id", identity=kind, not_null=True), oid=1), sequences=(own,))

    assert statements({"t": {}}, catalog) == [
        f'CREATE TABLE "t" (\n    "id" integer GENERATED {spelled} AS IDENTITY (\n'
        '        SEQUENCE NAME "t_id_seq" START WITH -5 INCREMENT BY -1 '
        "MINVALUE -10 MAXVALUE -1 CACHE 1 CYCLE) NOT NULL\n)"
    ]


def test_serial_is_a_sequence_that_its_column_owns():
    own = sequence("t_id_seq", 1, "id", oid=5)
    catalog = source(
        table("t", column("id", expression="nextval('t_id_seq'::regclass)", sequences=(5,)), oid=1), sequences=(own,)
    )

    assert statements({"t": {}}, catalog) == [
        'CREATE SEQUENCE "t_id_seq" AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1',
        'CREATE TABLE "t" (\n    "id" integer DEFAULT nextval(\'t_id_seq\'::regclass)\n)',
        'ALTER SEQUENCE "t_id_seq" OWNED BY "t"."id"',
    ]


def test_types():
    place = replace(
        domain("place", "x", oid=30), kind="c", base_type=None, attributes=(Sql("street text"), Sql("no integer"))
    )
    span = replace(domain("span", "float8", oid=40), kind="r", operator_class=Sql("pg_catalog.float8_ops"))
    positive = domain(
        "positive",
        "integer",
        oid=20,
        checks=(Sql("positive_check CHECK (VALUE > 0)"),),
        not_null=True,
        default_expression=Sql("1"),
    )
    catalog = source(table("t"), types=(enum("mood", "it's", "b\\c", oid=10), positive, place, span))

    assert statements({"*": {}}, catalog)[:-1] == [
        "CREATE TYPE \"mood\" AS ENUM (\n    'it''s',\n     E'b\\\\c'\n)",
        'CREATE DOMAIN "positive" AS integer DEFAULT 1 NOT NULL\n    CONSTRAINT positive_check CHECK (VALUE > 0)',
        'CREATE TYPE "place" AS (\n    street text,\n    no integer\n)',
        'CREATE TYPE "span" AS RANGE (\n    SUBTYPE = float8,\n    SUBTYPE_OPCLASS = pg_catalog.float8_ops,\n'
        '    MULTIRANGE_TYPE_NAME = "span_multirange"\n)',
    ]


def test_functions():
    catalog = source(
        table("t", column("id", expression="f()", functions=(9,))), functions=(function("f", oid=9, arguments=""),)
    )

    assert statements({"t": {}}, catalog)[0] == ("CREATE FUNCTION \"f\"() RETURNS integer LANGUAGE sql AS 'SELECT 1'")


def test_partitions_are_built_as_tables_and_attached():
    root = partitioned("events", "at", column("id", identity="a"), "at", oid=1)
    catalog = source(
        root,
        partition_of(root, "events_a", bound="FOR VALUES FROM (1) TO (2)"),
        sequences=(sequence("events_id_seq", 1, "id", identity=True),),
    )

    first, second, attach = statements({"events": {}}, catalog)

    assert first.endswith('    "at" integer\n)\nPARTITION BY RANGE (at)')
    assert second == 'CREATE TABLE "events_a" (\n    "id" integer,\n    "at" integer\n)'
    assert attach == 'ALTER TABLE "events" ATTACH PARTITION "events_a" FOR VALUES FROM (1) TO (2)'


# --- Inheritance and defaults

PARENT = table("a_parent", "id", column("n", expression="1"), oid=1)


def child(**given):
    return table("child", column("id", local=False), column("n", local=False, **given), "own", parents=(1,))


def test_inherited_columns_are_the_parents_to_declare():
    assert statements({"*": {}}, source(PARENT, child(expression="1")))[1] == (
        'CREATE TABLE "child" (\n    "own" integer\n)\nINHERITS ("a_parent")'
    )


def test_inherited_columns_of_a_child_alone_are_its_own():
    assert statements({"child": {}}, source(PARENT, child(expression="1"))) == [
        'CREATE TABLE "child" (\n    "id" integer,\n    "n" integer DEFAULT 1,\n    "own" integer\n)'
    ]


@pytest.mark.parametrize(
    ("default", "statement"),
    [
        ("1", []),
        ("2", ['ALTER TABLE ONLY "child" ALTER COLUMN "n" SET DEFAULT 2']),
        (None, ['ALTER TABLE ONLY "child" ALTER COLUMN "n" DROP DEFAULT']),
    ],
)
def test_a_default_that_differs_from_the_parents_is_set_later(default, statement):
    assert later_defaults({"*": {}}, source(PARENT, child(expression=default))) == statement


def test_a_default_that_needs_what_may_be_missing_is_set_later():
    catalog = source(table("t", column("id", expression="elsewhere.f()", functions=(99,))))

    assert statements({"t": {}}, catalog) == ['CREATE TABLE "t" (\n    "id" integer\n)']
    assert later_defaults({"t": {}}, catalog) == ['ALTER TABLE ONLY "t" ALTER COLUMN "id" SET DEFAULT elsewhere.f()']


def test_names_are_quoted_throughout():
    awkward = 'a"b; DROP TABLE x'
    catalog = source(
        replace(table("t", column(awkward), constraints=(key(awkward, awkward),)), name=TableName(SCHEMA, awkward))
    )

    (create,) = statements({"*": {}}, catalog)

    assert create == 'CREATE TABLE "a""b; DROP TABLE x" (\n    "a""b; DROP TABLE x" integer\n)'
