"""`${aws-sm:…}`: what is understood, what it waits for, and that nothing else ever becomes a reference."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pg_xcopy.manifest.document import Document
from pg_xcopy.manifest.interpolation import FORMS, interpolated
from pg_xcopy.manifest.secrets.references import Reference, Unread

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"


def filled(text, environ=None):
    document, problems = interpolated(Document("jobs.yaml", {"key": text}), environ or {})
    return document, document.raw["key"], [(problem.message, problem.hint) for problem in problems]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("${aws-sm:prod/db}", [Reference("prod/db")]),
        ("${aws-sm:prod/db#password}", [Reference("prod/db", "password")]),
        ("${aws-sm:prod/db#a.b: c#d}", [Reference("prod/db", "a.b: c#d")]),
        (f"${{aws-sm:{ARN}#password}}", [Reference(ARN, "password")]),
        (f"${{aws-sm:{ARN}}}", [Reference(ARN)]),
        ("${aws-sm:rds!db-1#password}", [Reference("rds!db-1", "password")]),
        ("a${aws-sm:x}b${aws-sm:y}", ["a", Reference("x"), "b", Reference("y")]),
        ("$${aws-sm:x}${aws-sm:y}", ["${", "aws-sm:x}", Reference("y")]),
    ],
)
def test_forms(text, parts):
    _, value, problems = filled(text)

    assert problems == []
    assert isinstance(value, Unread)
    assert [part for part in value.parts if part] == parts


@pytest.mark.parametrize(
    "text",
    [
        "${aws-sm:}",
        "${aws-sm:#key}",
        "${aws-sm:a#}",
        "${aws-sm:a b}",
        "${aws-sm:a:b}",
        "${aws-sm:a#b:-default}",
        "${aws-sm:a#b:?message}",
        "${aws-sm: a}",
        "${aws_sm:a}",
        "${aws-sm:arn:aws:s3:::bucket}",
        "${aws-sm:ü}",
    ],
)
def test_mistakes(text):
    _, value, problems = filled(text)

    assert (value, problems) == ("", [("this ${…} is malformed", FORMS)])


def test_a_mistake_beside_a_reference():
    _, value, problems = filled("${aws-sm:a}${NOPE}")

    assert value == ""
    assert [message for message, _ in problems] == ["the variable NOPE is not set"]


def test_it_is_shown_as_it_was_written():
    document, value, _ = filled("x-${A}-${aws-sm:a#b.c}", {"A": "1"})

    assert value == "x-1-${aws-sm:a#b.c}"
    assert document.variables == {("key",): "${A}, ${aws-sm:a#b.c}"}


def test_it_is_filled_in_when_it_is_read():
    _, value, _ = filled("postgresql://${U}:${aws-sm:a#p}@h/${aws-sm:b}", {"U": "ada"})

    read = {("a", ""): '{"p": "secret"}', ("b", ""): "shop"}

    assert value.filled(value.values(lambda *asked: read[asked])) == "postgresql://ada:secret@h/shop"


@given(st.text())
def test_the_value_of_a_variable_is_never_a_reference(value):
    _, raw, problems = filled("${X}", {"X": "${aws-sm:a}" + value})

    assert (raw, problems) == ("${aws-sm:a}" + value, [])
    assert not isinstance(raw, Unread)


@given(st.text().filter(lambda text: "\0" not in text))
def test_the_value_of_a_secret_is_never_a_reference(value):
    _, raw, _ = filled("<${aws-sm:a}>")

    assert raw.filled(raw.values(lambda *_: "${aws-sm:b}${HOME}" + value)) == "<${aws-sm:b}${HOME}" + value + ">"


def test_it_travels_to_other_processes():
    value = Unread.of(["a", Reference("x", "y")])

    assert pickle.loads(pickle.dumps(value)).parts == value.parts
