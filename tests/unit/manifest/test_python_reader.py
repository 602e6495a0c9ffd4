"""Python manifests are taken as they are, with the places of what is written out; their failures are told."""

import sys
from textwrap import dedent

import pytest

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.loader import load_manifest
from pg_xcopy.manifest.python_reader import read_python


def read(tmp_path, source):
    path = tmp_path / "jobs.py"
    path.write_text(dedent(source), encoding="utf-8")
    return read_python(path.read_bytes(), str(path))


def complaints(tmp_path, source):
    path = tmp_path / "jobs.py"
    path.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
    with pytest.raises(ManifestError) as caught:
        load_manifest(path)
    return [str(problem).replace(str(path), "f") for problem in caught.value.problems]


def test_sections_are_taken_unchanged(tmp_path):
    document = read(tmp_path, "CONNECTIONS = {'a': 1}\nDEFAULTS = {}\nJOBS = {'b': '${X}'}\nOTHER = 1\n")

    assert document.raw == {"connections": {"a": 1}, "defaults": {}, "jobs": {"b": "${X}"}}


def test_positions_follow_names_and_unpacking(tmp_path):
    source = """\
        USERS = {"where": {"id": [1, 2]}}
        BASE: dict = {"source": 1}
        JOBS = {
            "é": {**BASE, "tables": {"users": USERS}},
        }
    """

    positions = read(tmp_path, source).positions

    assert positions.keys["jobs", "é"] == (4, 5)
    assert positions.keys["jobs", "é", "source"] == (2, 15)
    assert positions.keys["jobs", "é", "tables"] == (4, 19)
    assert positions.values["jobs", "é", "tables", "users"] == (4, 39)
    assert positions.values["jobs", "é", "tables", "users", "where", "id", 1] == (1, 30)


@pytest.mark.parametrize("source", ["A = {}\nA = {**A}\nJOBS = A\n", "A = B = {}\nB = A\nA = B\nJOBS = A\n"])
def test_names_that_lead_in_circles(tmp_path, source):
    assert read(tmp_path, source).raw == {"jobs": {}}


def test_file_is_not_run_as_main_and_finds_its_neighbours(tmp_path):
    (tmp_path / "neighbour_of_jobs.py").write_text("NAME = 'a'\n")
    before = sys.path[:]

    document = read(tmp_path, "from neighbour_of_jobs import NAME\nassert __name__ == 'jobs'\nJOBS = {NAME: 1}\n")

    assert document.raw == {"jobs": {"a": 1}}
    assert sys.path == before


def test_what_it_prints_stays_out_of_our_results(tmp_path, capsys):
    read(tmp_path, "print('hello')\nJOBS = {}\n")

    assert capsys.readouterr() == ("", "hello\n")


def test_other_encodings(tmp_path):
    path = tmp_path / "jobs.py"
    path.write_bytes("# coding: latin-1\nJOBS = {'é': {'x': 1}}\n".encode("latin-1"))

    document = read_python(path.read_bytes(), str(path))

    assert document.raw == {"jobs": {"é": {"x": 1}}}
    assert document.positions.keys["jobs", "é", "x"] == (2, 15)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("X = 1\n", 'f: the file defines no JOBS (define JOBS = {"a name": {…}})'),
        ("jobs = {}\n", "f: the file defines no JOBS (did you mean 'jobs'?)"),
        ("\nJOBS = {\n", "f:2:8: this is not valid Python: '{' was never closed"),
        (
            "X = 1\nimport no_such_thing\n",
            "f:2:1: the file raises: ModuleNotFoundError: No module named 'no_such_thing'",
        ),
        ("\ndef f():\n    1 / 0\nf()\n", "f:3:1: the file raises: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)\n", "f:2:1: the file ends the process itself: SystemExit: 3"),
        ("raise KeyboardError\n", "f:1:1: the file raises: NameError: name 'KeyboardError' is not defined"),
        ("raise ValueError\n", "f:1:1: the file raises: ValueError"),
        ("def f(): f()\nf()\n", "f:1:1: the file raises: RecursionError: maximum recursion depth exceeded"),
        (
            "raise ValueError('bad url postgresql://app:s3cr3t@db/x', 'password=s3cr3t')\n",
            "f:1:1: the file raises: ValueError: ('bad url postgresql://app:***@db/x', 'password=***",
        ),
        ("JOBS = []\n", "f:1:8: jobs: expected a mapping, found a list"),
        ("JOBS = {}\n", "f:1:8: jobs: expected at least one entry"),
        ("JOBS = {1: {}}\n", "f:1:9: jobs.1: expected text as a key, found a Python int"),
        (
            "JOBS = {'a': {None: {}}}\n",
            "f:1:15: jobs.a.None: expected text as a key, found a Python NoneType",
        ),
        (
            "JOBS = {'a': {}}\nJOBS['a']['b'] = JOBS\n",
            "f:1:9: jobs.a.b: this contains itself, or is nested too deeply",
        ),
    ],
)
def test_bad_files(tmp_path, source, complaint):
    assert complaints(tmp_path, source) == [complaint]


@pytest.mark.parametrize(
    "content",
    [
        b"JOBS = '\0'\n",
        b"JOBS = '\xe9'\n",
        b"# coding: klingon\n",
        b"x = " + b"-" * 200_000 + b"1",
        b"x = " + b"(" * 9999,
    ],
)
def test_bytes_that_are_no_python(tmp_path, content):
    [complaint] = complaints(tmp_path, content)

    assert ": this is not valid Python: " in complaint


def test_cause_is_kept(tmp_path):
    path = tmp_path / "jobs.py"
    path.write_text("{}['x']\n")

    with pytest.raises(ManifestError) as caught:
        load_manifest(path)

    assert isinstance(caught.value.__cause__, KeyError)


def test_missing_variable_is_named_for_what_it_probably_is(tmp_path):
    source = """\
        import os
        JOBS = {
            "export:users": {
                "source": {"database": os.getenv("NO_SUCH_VARIABLE")},
                "target": {"database": "host=t"},
                "tables": {"users": {}},
            },
        }
    """

    assert complaints(tmp_path, source) == [
        'f:4:32: jobs."export:users".source.database: the database is missing: the variable it was read from is'
        " probably not set"
    ]


def test_every_value_that_python_can_give(tmp_path):
    source = """\
        from datetime import date
        from decimal import Decimal
        from uuid import UUID
        JOBS = {
            "a": {
                "source": {"database": "host=s"},
                "target": {"database": "host=t"},
                "tables": {"users": {"where": {
                    "d": date(2023, 1, 1), "n": Decimal("1.5"), "u": [UUID(int=1)],
                    "s": {1}, "t": (1, 2), "x": None,
                }}},
            },
        }
    """
    path = tmp_path / "jobs.py"
    path.write_text(dedent(source))

    where = load_manifest(path).jobs["a"].tables["users"].where

    assert [condition.operators[0][0] for condition in where.values()] == [
        "eq",
        "eq",
        "in_",
        "in_",
        "in_",
        "is_null",
    ]
