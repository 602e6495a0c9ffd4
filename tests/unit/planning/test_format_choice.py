"""Which types may travel in binary between two servers."""

import pytest
from catalogs import (
    SCHEMA,
    TableName,
    TypeName,
    column,
    domain,
    enum,
    extension,
    plan,
    replace,
    server,
    source,
    table,
    target,
)

from pg_xcopy.planning.rows.formats import BINARY, Formats

MOOD = enum("mood", "sad", oid=10)


def why_text(*types, catalog=None, into=None):
    return Formats(catalog or source(), into or target()).why_text(types)


def built_in(name, *, array=False):
    return TypeName("pg_catalog", name, array)


def own(name, *, array=False):
    return TypeName(SCHEMA, name, array)


@pytest.mark.parametrize("name", BINARY)
def test_built_in_types_and_their_arrays(name):
    assert why_text(built_in(name), built_in(name, array=True)) == ""


@pytest.mark.parametrize(
    "name", ["xml", "regclass", "aclitem", "tsquery", "int2vector", "pg_node_tree", "newer_than_this"]
)
def test_built_in_types_that_are_not_known_to_be_the_same(name):
    assert why_text(built_in("int4"), built_in(name)) == f"nothing is known of the binary form of {name}"


def test_enums_travel_as_labels_but_their_arrays_carry_an_oid():
    catalog, old = source(types=(MOOD,)), target(version=130000)

    assert why_text(own("mood"), catalog=catalog, into=old) == ""
    assert why_text(own("mood", array=True), catalog=catalog, into=old) == (
        "an array of mood carries an OID that the target does not have"
    )
    assert why_text(own("mood", array=True), catalog=catalog, into=target(version=140000)) == ""


def test_domains_travel_as_what_they_are_of():
    of_enum = replace(domain("d", "mood", oid=20), parts=(own("mood"),))
    of_xml = replace(domain("x", "xml", oid=30), parts=(built_in("xml"),))
    catalog = source(types=(MOOD, of_enum, of_xml))

    assert why_text(own("d"), catalog=catalog) == ""
    assert why_text(own("x"), catalog=catalog) == "nothing is known of the binary form of xml"


def test_composite_types_of_user_made_ones_carry_oids_too():
    plain = replace(domain("plain", "", oid=20), kind="c", parts=(built_in("int4"), built_in("text", array=True)))
    mixed = replace(domain("mixed", "", oid=30), kind="c", parts=(built_in("int4"), own("mood")))
    catalog, old = source(types=(MOOD, plain, mixed)), target(version=130000)

    assert why_text(own("plain"), catalog=catalog, into=old) == ""
    assert why_text(own("mixed"), catalog=catalog, into=old) == (
        "mixed carries the OID of mood, which the target does not have"
    )
    assert why_text(own("mixed"), catalog=catalog, into=target(version=140000)) == ""


def test_types_of_extensions():
    catalog = source(extensions=(extension("citext"), extension("cube")))

    assert why_text(TypeName("public", "citext"), catalog=catalog) == ""
    assert why_text(TypeName("public", "cube"), catalog=catalog) == "nothing is known of the binary form of cube"
    assert why_text(TypeName("public", "citext")) == "nothing is known of the binary form of citext"


def test_rows_of_a_table():
    assert why_text(own("person")) == "nothing is known of the binary form of person"


@pytest.mark.parametrize(
    ("old", "new", "binary"), [(170000, 160000, False), (160000, 170000, True), (180000, 170000, True)]
)
def test_intervals_may_be_infinite_since_17(old, new, binary):
    reason = why_text(built_in("interval"), catalog=source(server=server(version=old)), into=target(version=new))

    assert (reason == "") is binary


def test_the_job_and_the_table_decide():
    t, u = table("t", "id"), table("u", column("x", type_name="xml"))
    into = target(types_elsewhere=frozenset({TableName("pg_catalog", "xml")}))
    made = plan({"t": {"format": "text"}, "u": {}}, source(t, u), into)
    forced = plan({"*": {}}, source(t, u), into, format="binary")

    assert [(each.format, each.why_text) for each in made.copies] == [
        ("text", "as the job says"),
        ("text", "nothing is known of the binary form of xml"),
    ]
    assert {each.format for each in forced.copies} == {"binary"}


def test_a_column_that_is_left_out_has_no_say():
    t = table("t", "id", column("x", type_name="xml"))

    (copy,) = plan({"t": {"transform": {"x": None}}}, source(t)).copies

    assert copy.format == "binary"
