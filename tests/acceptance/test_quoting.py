"""What the two quoting functions write comes back from a real server as it went in."""

import math
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import identifier, literal
from servers import Database

TRICKY = [*"\\'\"$%;-/*\n\r\t{}#:", "''", "--", "/*", "$$", "E'", "\\'", "\u0301", "\u2028", "\U0001f418"]
PIECES = st.sampled_from(TRICKY) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
TEXT = st.lists(PIECES).map("".join)
NAMES = TEXT.filter(lambda name: 0 < len(name.encode()) <= 63)
NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
SLOW_SERVERS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def cursor(source_server):
    connection = Database(source_server, "postgres").connect()
    yield connection.cursor()
    connection.close()


def ask(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchone()[0]


@pytest.mark.parametrize("conforming", ["on", "off"])
@pytest.mark.parametrize("backslashes", ["safe_encoding", "off"])
@SLOW_SERVERS
@given(text=TEXT)
def test_text(cursor, conforming, backslashes, text):
    cursor.execute(f"SET standard_conforming_strings = {conforming}; SET backslash_quote = {backslashes}")

    assert ask(cursor, f"SELECT {literal(text)}::text") == text


@SLOW_SERVERS
@given(first=TEXT, second=TEXT)
def test_neighbours_stay_apart(cursor, first, second):
    cursor.execute("SET standard_conforming_strings = on")

    assert ask(cursor, f"SELECT ARRAY[{literal(first)},{literal(second)}]") == [first, second]


@SLOW_SERVERS
@given(name=NAMES)
def test_identifier(cursor, name):
    cursor.execute(f"SELECT 1 AS {identifier(name)}")

    assert cursor.description[0].name == name


@SLOW_SERVERS
@given(schema=NAMES, name=NAMES)
def test_qualified_name_is_two_names(cursor, schema, name):
    parts = ask(cursor, f"SELECT parse_ident({literal(TableName(schema, name).sql)})")

    assert parts == [schema, name]


@SLOW_SERVERS
@given(number=NUMBERS)
def test_numbers(cursor, number):
    found = ask(cursor, f"SELECT 0-{literal(number)}")

    assert math.isclose(float(found), -float(number))


@pytest.mark.parametrize("length", [62, 63])
def test_name_as_long_as_names_may_be(cursor, length):
    name = (string.ascii_letters * 2)[:length]

    cursor.execute(f"SELECT 1 AS {identifier(name)}")

    assert cursor.description[0].name == name
