"""Children that CREATE TABLE … INHERITS would not make as they are, and NOT NULLs that are not handed down."""

import pytest
from catalogs import RUN, SCHEMA, column, designed, in_staging, sequence, server, source, table

from pg_xcopy.planning.schemas import name_schemas
from pg_xcopy.planning.structure.building import plan_structure

OLD, NEW = 170000, 180000


def statements(*relations, version=NEW, **given):
    designs, needs = designed({"*": {}}, source(*relations, **given))
    steps = plan_structure(designs, needs, name_schemas(SCHEMA, RUN), server(version=version)).steps
    return [in_staging(step.sql) for step in steps]


def parent(*columns):
    return table("a_parent", *columns, oid=1)


def child(*columns, name="child", parents=(1,), **given):
    return table(name, *columns, parents=parents, **given)


def test_columns_in_another_order():
    made = statements(
        parent("a", column("b", expression="3")),
        child(column("b", local=False, expression="3"), column("c", not_null=True), "a"),
    )

    assert made[1] == (
        'CREATE TABLE staging (\n    "b" integer DEFAULT 3,\n    "c" integer,\n    "a" integer\n);\n'
        'CREATE TABLE "child" (\n    "c" integer NOT NULL,\n    "a" integer\n)\nINHERITS (staging);\n'
        'ALTER TABLE "child" INHERIT "a_parent", NO INHERIT staging;\n'
        "DROP TABLE staging"
    )


@pytest.mark.parametrize(("version", "named"), [(OLD, "NOT NULL"), (NEW, 'CONSTRAINT "a_parent_a_not_null" NOT NULL')])
def test_what_a_parent_hands_down_stays_the_parent_s(version, named):
    made = statements(
        parent(column("a", not_null=True), "b"),
        child("b", column("a", local=False, not_null=True)),
        version=version,
    )

    assert made[1].split(";")[:2] == [
        f'CREATE TABLE staging (\n    "b" integer,\n    "a" integer {named}\n)',
        '\nCREATE TABLE "child" (\n    "b" integer\n)\nINHERITS (staging)',
    ]


@pytest.mark.parametrize(("default", "follows"), [(None, False), ("9", True)])
def test_parents_that_disagree_on_a_default(default, follows):
    made = statements(
        parent(column("a", expression="1")),
        table("b_parent", column("a", expression="2"), oid=2),
        child(column("a", expression=default), parents=(2, 1)),
    )

    assert ('INHERITS ("b_parent", "a_parent")' in made[2]) is follows
    assert ('INHERIT "b_parent", INHERIT "a_parent", NO INHERIT' in made[2]) is not follows


@pytest.mark.parametrize(
    ("version", "of_child", "later"),
    [
        (OLD, '(\n)\nINHERITS ("a_parent")', ['ALTER TABLE ONLY "child"\n    ALTER COLUMN "a" SET NOT NULL']),
        (NEW, '(\n    NOT NULL "a"\n)\nINHERITS ("a_parent")', []),
    ],
)
def test_not_null_in_the_child_alone(version, of_child, later):
    made = statements(parent("a"), child(column("a", local=False, not_null=True)), version=version)

    assert made[1:] == [f'CREATE TABLE "child" {of_child}', *later]


@pytest.mark.parametrize(
    ("version", "of_parent", "later"),
    [
        (OLD, "integer", ['ALTER TABLE ONLY "a_parent"\n    ALTER COLUMN "a" SET NOT NULL']),
        (NEW, "integer NOT NULL NO INHERIT", []),
    ],
)
def test_not_null_in_the_parent_alone(version, of_parent, later):
    made = statements(parent(column("a", not_null=True)), child(column("a", local=False)), version=version)

    assert made[0] == f'CREATE TABLE "a_parent" (\n    "a" {of_parent}\n)'
    assert made[2:] == later


def test_not_null_that_a_grandchild_lacks():
    made = statements(
        parent(column("a", not_null=True)),
        child(column("a", local=False, not_null=True), oid=2),
        child(column("a", local=False), name="grandchild", parents=(2,)),
        version=OLD,
    )

    assert made[3:] == [
        f'ALTER TABLE ONLY "{name}"\n    ALTER COLUMN "a" SET NOT NULL' for name in ("a_parent", "child")
    ]


def test_an_identity_in_a_column_of_the_parent_s():
    made = statements(
        parent(column("id", not_null=True)),
        child(column("id", local=False, not_null=True, identity="a"), oid=2),
        sequences=(sequence("child_id_seq", 2, "id", identity=True),),
    )

    assert made[1].startswith(
        'CREATE TABLE "child" (\n)\nINHERITS ("a_parent");\n'
        'ALTER TABLE ONLY "child" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY (\n'
        '        SEQUENCE NAME "child_id_seq" START WITH 1 '
    )
