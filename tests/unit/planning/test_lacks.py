"""Types that the copy does not create: the target must have them."""

import pytest
from catalogs import TableName, available, column, enum, extension, plan, source, standing, table, target
from msgspec.structs import replace

from pg_xcopy.errors import PlanError


def refused(catalog, into, tables=None, **options):
    with pytest.raises(PlanError) as caught:
        plan(tables or {"*": {}}, catalog, into, **options)
    return caught.value.reasons


CITEXT = source(
    table("t", "id", column("mail", "citext", type_oid=70, type_schema="public")), members={"pg_type 70": "citext"}
)
SHARED = source(table("t", "id", column("code", "shared.code", type_schema="shared", type_name="code")))
CODE = TableName("shared", "code")
VIRTUAL = source(table("t", "id", column("n", generated="v", expression="id", depends_on=("id",))))


def test_extension():
    assert refused(CITEXT, target(available_extensions=available("citext"))) == (
        "app.t.mail: it needs extension citext, which the target lacks"
        ' (set `create_missing: true`, or ask for: CREATE EXTENSION "citext")',
    )
    assert refused(CITEXT, target(available_extensions=available("plpgsql")), create_missing=True) == (
        "app.t.mail: it needs extension citext, whose files the target's server does not have"
        " (ask its administrator to install them, or leave it out with `transform`)",
    )
    assert plan({"*": {}}, CITEXT, target(extensions=(extension("citext", "elsewhere"),)))


def test_type_of_another_schema():
    assert refused(SHARED, target()) == (
        "app.t.code: the target lacks its type shared.code, which lives outside the copied schema"
        " (create it there first, or leave the column out with `transform`)",
    )
    assert plan({"*": {}}, SHARED, target(types_elsewhere=frozenset({TableName("shared", "code")})))


def test_virtual_columns_before_postgresql_18():
    assert refused(VIRTUAL, target(version=170000)) == (
        "app.t.n: it is a virtual generated column, which the target does not know before PostgreSQL 18"
        " (give it a `transform`, or null to leave it out)",
    )
    assert plan({"*": {}}, VIRTUAL, target(version=180000))
    assert plan({"t": {"transform": {"n": "1"}}}, VIRTUAL, target(version=170000))


@pytest.mark.parametrize("catalog", [CITEXT, SHARED, VIRTUAL])
def test_a_column_that_is_left_out_needs_no_type(catalog):
    name = catalog.relations[0].columns[1].name

    assert plan({"t": {"transform": {name: None}}}, catalog, target(version=120000))


def test_types_of_the_schema_itself_and_of_the_system():
    catalog = source(table("t", column("a", "mood", type_schema="app"), column("b", "yes_or_no")))

    assert plan({"*": {}}, catalog)


def test_types_that_an_older_server_lacks():
    assert refused(source(table("t", column("a", "int4multirange", type_name="int4multirange"))), target()) == (
        "app.t.a: the target's server has no type int4multirange"
        " (leave it out with `transform`, or upgrade the target)",
    )


@pytest.mark.parametrize(
    ("catalog", "into"),
    [
        (CITEXT, {"available_extensions": available("citext")}),
        (SHARED, {}),
        (SHARED, {"types_elsewhere": frozenset({CODE}), "types_denied": frozenset({CODE})}),
        (VIRTUAL, {"version": 170000}),
    ],
    ids=["extension", "type", "privilege", "version"],
)
def test_a_table_is_called_as_in_the_source_whatever_the_target_is_called(catalog, into):
    reasons = refused(catalog, target(schema="copy", **into), {"*": {}, "t": {"transform": {"nonsense": "1"}}})

    assert [each.split(":")[0] for each in reasons] == ["app.t", f"app.t.{catalog.relations[0].columns[1].name}"]


# --- Where extensions are created


def created(into, *, home="extensions", **options):
    catalog = replace(CITEXT, extensions=(extension("citext", home),))
    into = replace(into, available_extensions=available("citext", **options))
    made = plan({"*": {}}, catalog, into, create_missing=True)
    return [str(step.sql) for step in made.prepare if step.doing.startswith("creating extension")], made


def test_an_extension_is_created_where_the_source_has_it_or_in_public():
    for schemas, home in (
        ({"extensions", "public", "app"}, "extensions"),
        ({"public", "app"}, "public"),
        ({"app"}, "extensions"),
    ):
        steps, made = created(target(standing(), schemas=frozenset(schemas)))

        assert steps == [f'CREATE EXTENSION IF NOT EXISTS "citext" SCHEMA "{home}" CASCADE']
        assert [str(step.sql) for step in made.prepare if step.doing.startswith("creating schema")] == (
            [] if home in schemas else [f'CREATE SCHEMA IF NOT EXISTS "{home}"']
        )


@pytest.mark.parametrize("old", [standing(), None])
def test_one_that_is_created_in_the_replaced_schema_is_brought_into_the_new_one(old):
    into = target(old, schema="public", schemas=frozenset({"public"} if old else ()))

    _, made = created(into, home="public")
    assert str(made.swap.statements[-1]) == 'ALTER EXTENSION "citext" SET SCHEMA "public"'

    _, made = created(into, home="public", relocatable=False)
    assert (made.swap.method.value, made.swap.reason) == (
        "move the objects between the schemas",
        "extension citext lives in it and can't be moved",
    )


def test_what_an_extension_requires_comes_first():
    catalog = replace(CITEXT, extensions=(extension("citext"), extension("base")))
    extensions = available("base") | available("citext", requires=("base",))
    into = target(available_extensions=extensions, schemas=frozenset({"public"}))

    made = plan({"*": {}}, catalog, into, create_missing=True)

    assert [step.doing for step in made.prepare][:2] == ["creating extension base", "creating extension citext"]
    assert [str(notice) for notice in made.notices] == [
        "extension base: created outside the schema: in schema public",
        "extension citext: created outside the schema: in schema public",
    ]


# --- Types of other schemas that can't be made


def of_public(**given):
    return replace(enum("mood", "ok", oid=7), name=TableName("public", "mood"), **given)


def test_a_type_of_another_schema_of_the_replaced_name():
    catalog = source(
        table("t", column("m", "public.mood", type_oid=7, type_schema="public", type_name="mood")),
        types=(of_public(),),
    )

    for create_missing in (True, False):
        assert refused(catalog, target(standing(), schema="public"), create_missing=create_missing) == (
            "public.mood: the copied columns need this type of another schema, and the target's schema of that name is"
            " replaced (copy into another schema, or give the columns a `transform`)",
        )


def test_a_type_of_another_schema_that_is_made_of_the_copied_one():
    catalog = source(
        table("t", column("m", "public.mood", type_oid=7, type_schema="public", type_name="mood")),
        types=(enum("own", "a", oid=17), of_public(needs=("pg_type 17",))),
    )

    assert refused(catalog, target(standing()), create_missing=True) == (
        "public.mood: this type lives outside the copied schema and is made of own, which is inside: it would not"
        " outlive the next run (give the columns that have it a `transform`)",
    )
