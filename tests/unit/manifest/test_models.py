"""Models accept every documented form, refuse everything else, and can't be changed."""

import pickle
from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from pg_xcopy.manifest.conditions import Condition
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.ends import Source, Target
from pg_xcopy.manifest.frozen import FrozenMapping
from pg_xcopy.manifest.models import Job, TableRule

PROD = Connection(name="prod", url="postgresql://app:s3cret@db.example:5433/shop")


def a_job(**settings):
    return Job(source=Source(database=PROD), target=Target(database=PROD), tables={"users": {}}, **settings)


@pytest.mark.parametrize(
    ("written", "operators"),
    [
        ("active", (("eq", "active"),)),
        (True, (("eq", True),)),
        (7, (("eq", 7),)),
        (Decimal("1.10"), (("eq", Decimal("1.10")),)),
        (date(2023, 1, 1), (("eq", date(2023, 1, 1)),)),
        (None, (("is_null", True),)),
        ([1, 2], (("in_", (1, 2)),)),
        ((1, None), (("in_", (1, None)),)),
        (range(3), (("in_", (0, 1, 2)),)),
        ([], (("in_", ()),)),
        ({"eq": None}, (("eq", None),)),
        ({"ne": None}, (("ne", None),)),
        ({"lt": 9, "gte": 1}, (("gte", 1), ("lt", 9))),
        ({"in": [1], "not_in": []}, (("in_", (1,)), ("not_in", ()))),
        ({"between": [1, 2]}, (("between", (1, 2)),)),
        ({"like": "a%", "ilike": "%b"}, (("like", "a%"), ("ilike", "%b"))),
        ({"is_null": False}, (("is_null", False),)),
        (Condition(eq=1), (("eq", 1),)),
    ],
)
def test_condition_remembers_what_was_given(written, operators):
    assert Condition.model_validate(written).operators == operators


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "an empty mapping is no condition"),
        ({"gt": None}, "a comparison with null is never true"),
        ({"like": None}, "a comparison with null is never true"),
        ({"is_null": None}, "expected true or false, found null"),
        ({"between": [1]}, "exactly two values"),
        ({"between": [1, 2, 3]}, "exactly two values"),
        ({"between": [1, None]}, "a comparison with null is never true"),
        ({"in": "abc"}, "expected a list of values"),
        ({"in": None}, "expected a list of values"),
        ([[1]], "can't hold another list or mapping"),
        ([{"eq": 1}], "can't hold another list or mapping"),
        ({"eq": [1]}, "expected a single value"),
        (object(), "expected a single value"),
        ("a\0b", "NUL"),
        (["a\0b"], "NUL"),
        ("a\ud800", "not valid Unicode"),
    ],
)
def test_condition_refuses(written, said):
    with pytest.raises(ValidationError, match=said):
        Condition.model_validate(written)


def test_conditions_on_null_differ():
    assert Condition(eq=None) != Condition(ne=None)


def test_condition_shows_what_was_given():
    assert repr(Condition.model_validate({"ne": None, "in": [1]})) == "Condition(ne=None, in_=(1,))"


def test_equal_conditions_have_one_hash():
    assert len({Condition(eq=1), Condition.model_validate(1)}) == 1


def test_condition_is_written_back_as_it_can_be_read():
    written = {"ne": None, "in": (1, 2)}

    assert Condition.model_validate(written).model_dump() == written


@pytest.mark.parametrize(
    ("written", "sql"),
    [
        ("lower(email)", "lower(email)"),
        (None, None),
        (0, "0"),
        (True, "true"),
        (Decimal("1.50"), "1.50"),
        (-1, "(-1)"),
    ],
)
def test_transform_takes_sql_or_its_short_forms(written, sql):
    assert TableRule(transform={"column": written}).transform["column"] == sql


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"transform": {"a": " \n"}}, "the SQL expression is blank"),
        ({"transform": {"a": ["x"]}}, "expected a SQL expression as text"),
        ({"transform": {"a": "x\0"}}, "NUL"),
        ({"transform": {"": "x"}}, "a name can't be empty"),
        ({"where": "  "}, "the SQL text is blank"),
        ({"where": [1]}, "where"),
        ({"where": {"": 1}}, "a name can't be empty"),
        ({"wher": {}}, "Extra inputs"),
    ],
)
def test_rule_refuses(written, said):
    with pytest.raises(ValidationError, match=said):
        TableRule.model_validate(written)


@pytest.mark.parametrize("written", [None, {}, {"where": None}, {"transform": None}])
def test_empty_rule(written):
    assert TableRule.model_validate(written) == TableRule()


def test_empty_where_is_no_condition():
    assert TableRule(where={}).where == {}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"parallel": 0}, "greater than or equal to 1"),
        ({"parallel": 65}, "less than or equal to 64"),
        ({"parallel": True}, "expected a whole number, found true"),
        ({"exclude": "audit_*"}, "expected a list of names, found text"),
        ({"exclude": [""]}, "a name can't be empty"),
    ],
)
def test_job_refuses(settings, said):
    with pytest.raises(ValidationError, match=said):
        a_job(**settings)


def test_job_takes_numbers_and_flags_from_variables_as_text():
    job = a_job(parallel="3", strict="true")

    assert (job.parallel, job.strict) == (3, True)


def test_job_has_cautious_defaults():
    job = a_job()

    assert (job.on_missing_column, job.strict, job.cascade, job.exclude) == ("error", False, False, ())
    assert 1 <= job.parallel <= 4


@pytest.mark.parametrize("change", [lambda job: setattr(job, "strict", True), lambda job: job.tables.pop("users")])
def test_job_can_not_change(change):
    with pytest.raises((ValidationError, AttributeError)):
        change(a_job())


def test_job_survives_a_trip_to_another_process():
    job = Job(
        source=Source(database=PROD),
        target=Target(database=PROD, schema="other"),
        tables={
            "users": {"where": {"id": {"in": [1]}}, "transform": {"phone": None}},
            "*": {"where": "true"},
        },
    )

    assert pickle.loads(pickle.dumps(job)) == job
    assert hash(job) == hash(pickle.loads(pickle.dumps(job)))


def test_job_can_be_dumped():
    rule = TableRule(where={"id": [1]}, transform={"phone": None})

    dumped = rule.model_dump(mode="json", exclude_unset=True)

    assert dumped == {"where": {"id": {"in": [1]}}, "transform": {"phone": None}}


def test_models_take_names_in_python_and_in_the_manifest():
    assert Source(database=PROD, schema_name="shop") == Source(database=PROD, schema="shop")


def test_connection_has_a_name_for_people():
    assert PROD.described == "prod"
    assert Connection(url=PROD.url).described == "app@db.example:5433/shop"


@pytest.mark.parametrize("shown", [repr, str, lambda model: str(model.model_dump()), lambda m: m.model_dump_json()])
def test_connection_never_shows_its_password(shown):
    assert "s3cret" not in shown(PROD)
    assert PROD.dsn == "postgresql://app:s3cret@db.example:5433/shop"


@pytest.mark.parametrize("url", ["", None, "shop", "postgresql://u:s3c/ret@h/d", "mysql://u:s3cret@h/d", 7])
def test_connection_refuses_what_libpq_can_not_parse(url):
    with pytest.raises(ValidationError) as caught:
        Connection(url=url)

    assert "s3c" not in str(caught.value)


def test_frozen_mapping_keeps_order_and_equals_a_dictionary():
    mapping = FrozenMapping({"b": 1, "a": 2})

    assert list(mapping) == ["b", "a"]
    assert mapping == {"a": 2, "b": 1}
    assert repr(mapping) == "{'b': 1, 'a': 2}"
    assert len(mapping) == 2
