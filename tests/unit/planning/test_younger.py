"""What deparsed SQL shows of a server's version; that the plan says it is tested between real servers."""

import pytest

from pg_xcopy.catalog.servers import Builtins
from pg_xcopy.planning.versions import (
    known_parameters,
    missing_builtin,
    missing_feature,
    missing_type,
    split_parameters,
    unknown_parameters,
)
from pg_xcopy.sql.quoting import Sql

LACKING = Builtins(frozenset({"xid8"}), frozenset({"casefold"}), frozenset({"pg_c_utf8", "de-x-icu"}))


@pytest.mark.parametrize(
    ("definition", "feature"),
    [
        ("UNIQUE NULLS NOT DISTINCT (a)", "NULLS NOT DISTINCT"),
        ("CHECK ((t <> 'NULLS NOT DISTINCT'::text))", ""),
        ('USING btree ("NOT ENFORCED")', ""),
        ("numeric(2,3)", "a scale below 0 or beyond the precision"),
        ("numeric(1000,1000)", ""),
        ("(doc['a'::text] IS NOT NULL)", "a subscript that is text"),
        ("(kind = ANY (ARRAY['a'::text, 'b'::text]))", ""),
        ("USING gist (a tsvector_ops (siglen='64'))", "operator class parameters"),
    ],
)
def test_features(definition, feature):
    said = missing_feature(definition, 120000)

    assert said.partition(" needs ")[0] == feature
    assert missing_feature(definition, 180000) == ""


@pytest.mark.parametrize(
    ("expression", "lacked"),
    [
        ("(casefold(a) <> ''::text)", "the target's server has no function casefold()"),
        ("(app.casefold(a) <> 'casefold('::text)", ""),
        ("(casefold > 0)", ""),
        ("('7'::xid8 = a)", "the target's server has no type xid8"),
        ("(a COLLATE pg_c_utf8)", "the target's server has no collation pg_c_utf8"),
        ('(a COLLATE pg_catalog."de-x-icu")', "the target's server has no collation de-x-icu"),
        ('(a COLLATE "C")', ""),
    ],
)
def test_builtins(expression, lacked):
    assert missing_builtin(expression, LACKING) == lacked


@pytest.mark.parametrize(("type_", "lacked"), [("xid8[]", True), ('"xid8"', False), ("app.xid8", False)])
def test_types(type_, lacked):
    assert bool(missing_type(type_, LACKING)) == lacked


def test_parameters_of_a_table():
    options = ((Sql("fillfactor"), "70"), (Sql("toast.autovacuum_vacuum_insert_threshold"), "1"))

    assert known_parameters(options, 120000) == options[:1]
    assert known_parameters(options, 130000) == options
    assert list(unknown_parameters(options, 120000)) == [
        "storage parameter toast.autovacuum_vacuum_insert_threshold=1 needs PostgreSQL 13, the target is 12"
    ]


@pytest.mark.parametrize(
    ("definition", "fitted"),
    [
        ("USING btree (a) WITH (deduplicate_items=off)", "USING btree (a)"),
        ("USING btree (a) WITH (deduplicate_items=off) WHERE (a > 0)", "USING btree (a) WHERE (a > 0)"),
        ("PRIMARY KEY (a) WITH (fillfactor='70', deduplicate_items='off') DEFERRABLE",
         "PRIMARY KEY (a) WITH (fillfactor='70') DEFERRABLE"),
        ("USING btree (a) WITH (deduplicate_items=off, fillfactor='70')", "USING btree (a) WITH (fillfactor='70')"),
        ("EXCLUDE USING gist (a WITH =)", "EXCLUDE USING gist (a WITH =)"),
    ],
)  # fmt: skip
def test_parameters_of_an_index(definition, fitted):
    assert split_parameters(Sql(definition), 120000)[0] == fitted
    assert split_parameters(Sql(definition), 130000) == (definition, ())
