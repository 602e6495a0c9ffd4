"""From a `where` to SQL."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from catalogs import job

from pg_xcopy.planning.rows.filters import condition, missing_columns

COLUMNS = frozenset({"a", "b", 'we"ird'})

OPERATORS = [
    (5, '"a" = 5'),
    (-5, '"a" = (-5)'),
    ("it's", "\"a\" = 'it''s'"),
    ("back\\slash", "\"a\" =  E'back\\\\slash'"),
    (True, '"a" = true'),
    (False, '"a" = false'),
    (None, '"a" IS NULL'),
    (Decimal("1.50"), '"a" = 1.50'),
    (date(2023, 1, 2), "\"a\" = '2023-01-02'"),
    (datetime(2023, 1, 2, 3, tzinfo=timezone.utc), "\"a\" = '2023-01-02 03:00:00+00:00'"),
    (timedelta(days=1, seconds=2), "\"a\" = '1 days 2 seconds 0 microseconds'"),
    (UUID(int=1), "\"a\" = '00000000-0000-0000-0000-000000000001'"),
    ({"eq": 1}, '"a" = 1'),
    ({"eq": None}, '"a" IS NULL'),
    ({"ne": 1}, '"a" <> 1'),
    ({"ne": None}, '"a" IS NOT NULL'),
    ({"gt": 1}, '"a" > 1'),
    ({"gte": 1}, '"a" >= 1'),
    ({"lt": 1}, '"a" < 1'),
    ({"lte": 1}, '"a" <= 1'),
    ({"like": "x%"}, "\"a\" LIKE 'x%'"),
    ({"ilike": "x%"}, "\"a\" ILIKE 'x%'"),
    ({"between": [1, 2]}, '"a" BETWEEN 1 AND 2'),
    ({"is_null": True}, '"a" IS NULL'),
    ({"is_null": False}, '"a" IS NOT NULL'),
    ({"in": [1, 2]}, '"a" IN (1, 2)'),
    ([1, "x"], "\"a\" IN (1, 'x')"),
    ([], "FALSE"),
    ({"in": []}, "FALSE"),
    ([None], '"a" IS NULL'),
    ([1, None], '("a" IN (1) OR "a" IS NULL)'),
    ({"not_in": [1]}, '"a" NOT IN (1)'),
    ({"not_in": []}, "TRUE"),
    ({"not_in": [None]}, '"a" IS NOT NULL'),
    ({"not_in": [1, None]}, '"a" NOT IN (1) AND "a" IS NOT NULL'),
    ({"gte": 1, "lt": 5, "ne": 3}, '"a" <> 3 AND "a" >= 1 AND "a" < 5'),
]


def where(given):
    return job({"t": {"where": given}}).tables["t"].where


@pytest.mark.parametrize(("given", "sql"), OPERATORS, ids=lambda value: str(value)[:30])
def test_operator(given, sql):
    assert condition(where({"a": given}), COLUMNS) == sql


def test_conditions_on_several_columns_must_all_hold():
    assert condition(where({"a": [1, None], 'we"ird': {"gt": 0}}), COLUMNS) == (
        '("a" IN (1) OR "a" IS NULL) AND "we""ird" > 0'
    )


def test_an_empty_list_beside_others_still_means_nothing():
    assert condition(where({"a": [], "b": 1}), COLUMNS) == 'FALSE AND "b" = 1'


@pytest.mark.parametrize("raw", ["a = 1 OR b = 2", "a = 1 -- the rest", "a = 1 /* all */", "a = ')'"])
def test_raw_sql_stands_alone_between_parentheses(raw):
    assert condition(where(raw), COLUMNS) == f"(\n{raw}\n)"


def test_an_empty_mapping_filters_nothing():
    assert condition(where({}), COLUMNS) is None


def test_columns_that_the_table_lacks_are_named_and_left_aside():
    given = where({"a": 1, "x": 2, "y": []})

    assert missing_columns(given, COLUMNS) == ("x", "y")
    assert condition(given, COLUMNS) == '"a" = 1'


def test_raw_sql_names_no_columns():
    assert missing_columns("x = 1", COLUMNS) == ()
    assert missing_columns(None, COLUMNS) == ()
