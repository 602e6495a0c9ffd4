"""Types that the copy does not create: the target must have them."""

import pytest
from catalogs import TableName, column, extension, plan, source, table, target

from pg_xcopy.errors import PlanError


def refused(catalog, into, tables=None):
    with pytest.raises(PlanError) as caught:
        plan(tables or {"*": {}}, catalog, into)
    return caught.value.reasons


CITEXT = source(table("t", "id", column("mail", "citext", type_schema="public", type_extension="citext")))
SHARED = source(table("t", "id", column("code", "shared.code", type_schema="shared", type_name="code")))
VIRTUAL = source(table("t", "id", column("n", generated="v", expression="id", depends_on=("id",))))


def test_extension():
    assert refused(CITEXT, target()) == (
        "app.t.mail: its type citext belongs to extension citext, which the target lacks"
        ' (set `create_missing: true`, or ask for: CREATE EXTENSION "citext")',
    )
    assert plan({"*": {}}, CITEXT, target(extensions=(extension("citext", "elsewhere"),)))


def test_type_of_another_schema():
    assert refused(SHARED, target()) == (
        "app.t.code: its type shared.code lives outside the copied schema and the target lacks it"
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
    catalog = source(
        table("t", column("a", "mood", type_schema="app"), column("b", "x", type_schema="information_schema"))
    )

    assert plan({"*": {}}, catalog)
