"""The two functions that quote, names, and search paths."""

import math
from datetime import date, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier, literal, signed
from pg_xcopy.sql.search_path import search_path

TEXT = st.text(st.characters(exclude_characters="\0"))

LITERALS = [
    (None, "NULL"),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-1, "(-1)"),
    (1.5, "1.5"),
    (-0.25, "(-0.25)"),
    (math.inf, "'Infinity'"),
    (-math.inf, "'-Infinity'"),
    (math.nan, "'NaN'"),
    (Decimal("10.00"), "10.00"),
    (Decimal("-1e-7"), "(-1E-7)"),
    (Decimal("NaN"), "'NaN'"),
    (Decimal("-Infinity"), "'-Infinity'"),
    ("", "''"),
    ("it's", "'it''s'"),
    ("a\\b'c", " E'a\\\\b''c'"),
    ("%s {x} $1", "'%s {x} $1'"),
    (date(2023, 1, 2), "'2023-01-02'"),
    (time(12, 30), "'12:30:00'"),
    (timedelta(days=-1, microseconds=5), "'-1 days 0 seconds 5 microseconds'"),
    (UUID(int=5), "'00000000-0000-0000-0000-000000000005'"),
]


@pytest.mark.parametrize(("value", "sql"), LITERALS, ids=lambda value: str(value)[:20])
def test_literal(value, sql):
    assert literal(value) == sql
    assert isinstance(literal(value), Sql)


@given(text=TEXT)
def test_a_literal_has_one_way_out(text):
    """What stands between the outer quotes has no quote of its own, and undoubled it is the text."""
    quoted = literal(text)

    escaped = quoted.startswith(" E'")
    inner = quoted[3:-1] if escaped else quoted[1:-1]
    assert escaped == ("\\" in text)
    assert "'" not in inner.replace("''", "")
    assert (inner.replace("\\\\", "\\") if escaped else inner).replace("''", "'") == text


@given(name=TEXT)
def test_an_identifier_has_one_way_out(name):
    quoted = identifier(name)

    assert quoted[0] == quoted[-1] == '"'
    assert '"' not in quoted[1:-1].replace('""', "")
    assert quoted[1:-1].replace('""', '"') == name


@given(schema=TEXT, name=TEXT)
def test_two_names_never_look_like_others(schema, name):
    assert TableName(schema, name).sql == f"{identifier(schema)}.{identifier(name)}"


@pytest.mark.parametrize("quote", [identifier, literal])
def test_nul_is_refused(quote):
    with pytest.raises(ValueError, match="can't contain a NUL character"):
        quote("a\0b")


def test_signed():
    assert signed(-5) == "-5"
    assert isinstance(signed(7), Sql)


def test_joined_sql_is_no_sql():
    assert not isinstance(Sql("a") + "b", Sql)
    assert not isinstance(f"{Sql('a')}", Sql)


def test_name_in_another_schema():
    name = TableName("app", "two words")

    assert name.within("x") == TableName("x", "two words")
    assert str(name) == "app.two words"
    assert sorted([TableName("b", "a"), TableName("a", "z")])[0].schema == "a"


@pytest.mark.parametrize(
    ("schemas", "path"),
    [
        ([], "pg_temp"),
        (["app"], '"app", pg_temp'),
        (["app", "public", "app"], '"app", "public", pg_temp'),
        (["pg_catalog", 'a"b'], '"a""b", pg_temp'),
        (["$user"], '"$user", pg_temp'),
    ],
)
def test_search_path(schemas, path):
    assert search_path(schemas) == path
    assert isinstance(search_path(schemas), Sql)
