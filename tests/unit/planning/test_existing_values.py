"""How values travel into columns of other types, and what that may cost."""

import pytest
from catalogs import Builtins, column, domain, enum, existing, extension, replace, source, table

from pg_xcopy.catalog.objects import TypeName
from pg_xcopy.planning.existing.values import Values
from pg_xcopy.sql.names import TableName

NAMES = {
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "double precision": "float8",
    "real": "float4",
    "character varying": "varchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}
KNOWN = Builtins(
    frozenset({*NAMES.values(), "text", "numeric", "date", "json", "jsonb", "xml", "interval", "inet", "bool"})
)


def of(type_):
    """A column of a type of the server's own, as format_type prints it."""
    bare = type_.replace("[]", "")
    plain = bare.partition("(")[0] + (bare.partition(")")[2] if "(" in bare else "")
    made = column("c", type_, type_name="interval" if plain.startswith("interval") else NAMES.get(plain, plain))
    return replace(
        made,
        type_name=replace(made.type_name, array=type_.endswith("[]")),
        bare_type=type(made.type)(plain + "[]" * type_.endswith("[]")),
    )


def wire(one, other, source_catalog=None, target_catalog=None):
    here, there = source_catalog or source(builtins=KNOWN), target_catalog or existing(table("t"))
    return Values(here, there).wire(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("integer", "integer"),
        ("character varying(50)", "character varying(20)"),
        ("numeric(10,2)", "numeric(12,4)"),
        ("numeric(10,2)", "numeric"),
        ("timestamp(3) without time zone", "timestamp without time zone"),
        ("integer[]", "integer[]"),
    ],
)
def test_the_same_type_travels_as_it_is(one, other):
    assert wire(of(one), of(other)).cast is None
    assert wire(of(one), of(other)).loss == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("numeric(12,4)", "numeric(10,2)"),
        ("numeric", "numeric(10,2)"),
        ("timestamp without time zone", "timestamp(0) without time zone"),
        ("timestamp(3) with time zone", "timestamp(1) with time zone"),
        ("time without time zone", "time(2) without time zone"),
        ("interval", "interval(0)"),
    ],
)
def test_digits_that_are_rounded_off(one, other):
    found = wire(of(one), of(other))

    assert (found.cast, found.loss) == (None, f"{one} becomes {other}: digits are rounded off")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("smallint", "bigint"),
        ("integer", "numeric(20,0)"),
        ("integer", "double precision"),
        ("real", "double precision"),
        ("date", "timestamp without time zone"),
        ("json", "text"),
        ("xml", "character varying(10)"),
        ("text", "character varying(10)"),
        ("integer[]", "bigint[]"),
        ("integer[]", "text"),
    ],
)
def test_casts_that_keep_every_value(one, other):
    found = wire(of(one), of(other))

    assert (found.cast, found.loss, found.why_text) == (of(other).bare_type, "", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bigint", "integer"),
        ("numeric", "integer"),
        ("double precision", "numeric"),
        ("timestamp without time zone", "date"),
        ("timestamp with time zone", "timestamp without time zone"),
        ("text", "integer"),
        ("json", "jsonb"),
        ("integer", "integer[]"),
    ],
)
def test_casts_that_may_lose_something_are_said(one, other):
    found = wire(of(one), of(other))

    assert (found.cast, found.loss) == (of(other).bare_type, f"{one} becomes {other}, as PostgreSQL casts it")


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("interval", "interval day to hour", "hour"),
        ("interval day to second(3)", "interval minute", "minute"),
        ("interval month", "interval year", "year"),
    ],
)
def test_fields_of_an_interval_that_are_cut_off(one, other, least):
    found = wire(of(one), of(other))

    assert found.loss == f"{one} becomes {other}: what is smaller than {least}s is cut off"
    assert wire(of(other), of(one)).loss == ""


def test_what_the_source_does_not_know_travels_as_text():
    multirange = column("c", "int4multirange", type_name="int4multirange")

    found = wire(of("text"), multirange)

    assert (found.cast, found.why_text) == ("text", "the source has no type int4multirange like the target's")


def built_in(name):
    return TypeName("pg_catalog", name)


def mine(name, schema="app", **given):
    return column("c", name, type_schema=schema, type_name=name, **given)


def test_types_of_the_job_schemas_are_the_same_by_name_and_make():
    here = source(
        types=(enum("mood", "a", oid=1), domain("score", "integer", oid=2, parts=(built_in("int4"),))), builtins=KNOWN
    )
    moods = (replace(enum("mood", "b", oid=7), name=TableName("other", "mood")),)
    there = existing(table("t"), schema="other", types=moods)

    assert wire(mine("mood"), mine("mood", "other"), here, there).cast is None
    assert wire(of("text"), mine("mood", "other"), here, there).cast == "mood"
    assert wire(mine("mood"), of("text"), here, there).cast == "text"
    assert wire(mine("score"), of("integer"), here, there).loss == ""
    assert Values(here, there).missing_labels(mine("mood"), mine("mood", "other")) == ("a",)


def test_a_domain_is_another_type_than_an_enum_of_its_name():
    here = source(types=(domain("mood", "text", oid=1, parts=(built_in("text"),)),), builtins=KNOWN)
    there = existing(table("t"), types=(enum("mood", "a", oid=7),))

    assert wire(mine("mood"), mine("mood"), here, there).cast == "text"


def test_types_of_extensions_are_known_by_their_extension():
    member = {"pg_type 900": "citext"}
    here = source(extensions=(extension("citext", "public"),), members=member, builtins=KNOWN)
    there = existing(table("t"), extensions=(extension("citext", "ext"),), members=member)
    one, other = mine("citext", "public", type_oid=900), mine("citext", "ext", type_oid=900)

    assert wire(one, other, here, there).cast is None
    assert wire(of("text"), other, here, there).cast == "citext"
    assert wire(of("text"), other, source(builtins=KNOWN), there).cast == "text"


def test_an_expression_is_cast_to_what_the_target_wants():
    assert wire(None, of("integer")).cast == "integer"
    assert wire(None, of("integer")).loss == ""
