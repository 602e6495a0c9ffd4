"""Types that the copy does not create: the target must have them."""

import pytest
from catalogs import TableName, column, extension, plan, source, table, target

from pg_xcopy.errors import PlanError


def refused(catalog, into, tables=None, **options):
    with pytest.raises(PlanError) as caught:
        plan(tables or {"*": {}}, catalog, into, **options)
    return caught.value.reasons


CITEXT = source(
    table("t", "id", column("mail", "citext", type_oid=70, type_schema="public")), members={"pg_type 70": "citext"}
)
SHARED = source(table("t", "id", column("code", "shared.code", type_schema="shared", type_name="code")))
VIRTUAL = source(table("t", "id", column("n", generated="v", expression="id", depends_on=("id",))))


def test_extension():
    assert refused(CITEXT, target(available_extensions=frozenset({"citext"}))) == (
        "app.t.mail: it needs extension citext, which the target lacks"
        ' (set `create_missing: true`, or ask for: CREATE EXTENSION "citext")',
    )
    assert refused(CITEXT, target(available_extensions=frozenset({"plpgsql"})), create_missing=True) == (
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
