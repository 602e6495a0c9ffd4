"""`${…}`: what each form gives, and that no value can ever change the structure around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pg_xcopy.manifest.document import Document, Position, Positions
from pg_xcopy.manifest.interpolation import FORMS, interpolated, references

ENVIRONMENT = {"HOST": "db.example", "EMPTY": "", "TRICKY": "x: [1, '${HOST}'] # $${HOST}"}


def filled(text, environ=ENVIRONMENT, file="jobs.yaml"):
    document, problems = interpolated(Document(file, {"key": text}), environ)
    return document.raw["key"], [(problem.message, problem.hint) for problem in problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${HOST}", "db.example"),
        ("postgresql://${HOST}/shop", "postgresql://db.example/shop"),
        ("${HOST}${HOST}", "db.exampledb.example"),
        ("${EMPTY}", ""),
        ("${EMPTY:-other}", "other"),
        ("${UNSET:-other}", "other"),
        ("${UNSET:-}", ""),
        ("${UNSET:-a:-b:?c $ { \"'\n}", "a:-b:?c $ { \"'\n"),
        ("${HOST:-other}", "db.example"),
        ("${HOST:?needed}", "db.example"),
        ("$${HOST}", "${HOST}"),
        ("$$${HOST}", "$${HOST}"),
        ("${TRICKY}", ENVIRONMENT["TRICKY"]),
        ("$HOST $1 $$ {HOST} }", "$HOST $1 $$ {HOST} }"),
        ("${file:-other}", "other"),
    ],
)
def test_forms(text, value):
    assert filled(text) == (value, [])


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("${UNSET}", "the variable UNSET is not set", "set it, or give a default: ${UNSET:-…}"),
        ("${UNSET:?ask Ada}", "the variable UNSET is not set or empty: ask Ada", ""),
        ("${EMPTY:?}", "the variable EMPTY is not set or empty: it is required", ""),
        ("${HOST", "a ${ is never closed with }", FORMS),
        ("${}", "this ${…} is malformed", FORMS),
        ("${1X}", "this ${…} is malformed", FORMS),
        ("${HOST-x}", "this ${…} is malformed", FORMS),
        ("${HOST:+x}", "this ${…} is malformed", FORMS),
        ("${file:}", "this ${…} is malformed", FORMS),
        ("${A:-${HOST}}", "a ${…} can't contain another one", FORMS),
    ],
)
def test_mistakes(text, message, hint):
    assert filled(text) == ("", [(message, hint)])


def test_problem_names_the_place():
    positions = Positions(values={("jobs", "a b"): Position(3, 9)})

    _, problems = interpolated(Document("jobs.yaml", {"jobs": {"a b": "${UNSET}"}}, positions), {})

    assert str(problems[0]).startswith('jobs.yaml:3:9: jobs."a b": the variable UNSET is not set')


def test_only_values_are_filled():
    document, _ = interpolated(Document("f", {"${HOST}": ["${HOST}", 1, None]}), ENVIRONMENT)

    assert document.raw == {"${HOST}": ["db.example", 1, None]}


def test_variables_are_remembered_without_their_defaults():
    assert references("a ${HOST:-secret} ${file:/run/x} $${NOT} ${UNCLOSED") == "${HOST}, ${file:/run/x}"


@pytest.mark.parametrize(("content", "value"), [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("", "")])
def test_file(tmp_path, content, value):
    (tmp_path / "secret").write_text(content, newline="")

    assert filled(f"${{file:{tmp_path}/secret}}") == (value, [])


def test_file_is_relative_to_the_manifest(tmp_path):
    (tmp_path / "secret").write_text("a")

    assert filled("${file:secret}", file=str(tmp_path / "jobs.yaml")) == ("a", [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "can't be read: No such file or directory"),
        (b"\xff", "is not UTF-8 text"),
        (b"x" * ((1 << 20) + 1), "is larger than 1 MiB"),
    ],
)
def test_unusable_file(tmp_path, content, reason):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    assert filled(f"${{file:{path}}}") == ("", [(f"the file {path} {reason}", "")])


@given(st.text())
def test_any_value_arrives_as_it_is(value):
    assert filled("<${X}>", {"X": value}) == (f"<{value}>", [])


@given(st.text())
def test_any_text_can_be_escaped(text):
    assert filled(text.replace("${", "$${"), {}) == (text, [])


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_a_value_never_changes_the_structure(value, others):
    raw = {
        "a": "${X}",
        "list": ["${X}"],
        "others": {key: text.replace("${", "$${") for key, text in others.items()},
    }

    document, _ = interpolated(Document("f", raw), {"X": value})

    assert document.raw == {"a": value, "list": [value], "others": others}
