"""The packages for AWS Lambda: unpacked into empty directories, they do their work for the runtime's own client."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from commanding import HEAD, is_idle, leftovers, urls, wait_until, write

from runtime_api import RuntimeApi

CHECKOUT = Path(__file__).parents[2]
PYTHON = f"3.{sys.version_info.minor}"
ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
JOBS = (
    HEAD
    + """\
jobs:
  quick: {tables: {books: {where: {id: {gt: 1}}}}, target: {schema: quick}}
  slow: {tables: {books: {transform: {id: "id + length(pg_sleep(60)::text)"}}}, target: {schema: slow}}
  wrong: {tables: {boks: {}}, target: {schema: wrong}}
"""
)
MARGIN = 40  # seconds: plenty for stopping, however busy this machine is
CLIENT = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
if os.geteuid() == 0 and ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
    sys.exit("root can't let go of its right to write everywhere: these tests need CAP_SETPCAP")
os.execv(sys.executable, [sys.executable, "-S", "-m", "awslambdaric", "pg_xcopy.aws_lambda.handler"])
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's packages, and its client, are for Linux")


def make(*variables):
    """`make lambda`, with the tools that run this test."""
    return subprocess.run(
        ["make", "--no-print-directory", "lambda", f"BIN={Path(sys.executable).parent}", *map(str, variables)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """What `make lambda` builds; it asks PyPI for wheels."""
    directory = tmp_path_factory.mktemp("packages")
    manifest = write(directory, JOBS)
    built = make(
        f"LAMBDA_PYTHON={PYTHON}",
        f"LAMBDA_ARCH={ARCHITECTURE}",
        f"LAMBDA_MANIFEST={manifest}",
        f"LAMBDA_OUTPUT={directory}",
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert f"for Python {PYTHON} on {ARCHITECTURE}; the handler is pg_xcopy.aws_lambda.handler" in built.stdout
    return directory


# --- The packages


def test_what_is_in_them(packages):
    with ZipFile(packages / "function.zip") as function, ZipFile(packages / "layer.zip") as layer:
        ours, theirs = set(function.namelist()), set(layer.namelist())

    assert {"jobs.yaml", "pg_xcopy/aws_lambda/__init__.py", "pg_xcopy/sql/render.py"} <= ours
    assert {name.partition("/")[0] for name in theirs} == {"python"}
    assert {"python/pydantic/__init__.py", "python/psycopg2/__init__.py", "python/yaml/__init__.py"} <= theirs
    assert not any(re.search(r"boto|pg_xcopy|\.data/|\.pyc$", name) for name in theirs)
    assert not any("__pycache__" in name for name in ours)


def test_they_are_small_enough_and_of_no_time(packages):
    entries = []
    for name in ("function.zip", "layer.zip"):
        with ZipFile(packages / name) as archive:
            assert archive.namelist() == sorted(archive.namelist())
            entries += archive.infolist()

    assert sum(entry.file_size for entry in entries) < 250 * 1024 * 1024
    assert {(entry.date_time, entry.external_attr >> 16) for entry in entries} == {((1980, 1, 1, 0, 0, 0), 0o100644)}


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("LAMBDA_PYTHON=3.9", "there is no runtime for Python '3.9'; expected 3.10 to 3.14"),
        ("LAMBDA_ARCH=mips", "argument --arch: invalid choice: 'mips'"),
    ],
)
def test_what_can_not_be_built(variable, message, tmp_path):
    built = make(variable, f"LAMBDA_OUTPUT={tmp_path}")

    assert built.returncode == 2
    assert message in built.stderr
    assert list(tmp_path.iterdir()) == []


# --- The function


@pytest.fixture(scope="module")
def unpacked(packages, tmp_path_factory):
    """The two packages as Lambda lays them out, which nobody can write to, and beside them what it has itself."""
    root = tmp_path_factory.mktemp("lambda")
    for package, place in (("function.zip", "task"), ("layer.zip", "opt")):
        with ZipFile(packages / package) as archive:
            archive.extractall(root / place)
    (root / "runtime").mkdir()
    for entry in _installed("awslambdaric", "boto3"):
        (root / "runtime" / entry.name).symlink_to(entry)
    before = _files(root)
    _writable(root, allowed=False)
    yield root
    _writable(root, allowed=True)
    assert _files(root) == before


def _installed(*names):
    """Files and folders in site-packages that these distributions, and all that they need, consist of."""
    missing, found = list(names), {}
    while missing:
        one = distribution(missing.pop())
        if one.name not in found:
            tops = {file.parts[0] for file in one.files if file.parts[0] not in {"..", "__pycache__"}}
            found[one.name] = {Path(one.locate_file(top)) for top in tops}
            needed = [each for each in one.requires or [] if "extra ==" not in each]
            missing += [re.match(r"[\w.-]+", each)[0] for each in needed]
    return set().union(*found.values())


def _files(root):
    return [path for place in ("task", "opt") for path in sorted((root / place).rglob("*"))]


def _writable(root, *, allowed):
    for path in (root / "task", root / "opt", *_files(root)):
        path.chmod(path.stat().st_mode | 0o200 if allowed else path.stat().st_mode & ~0o222)


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("CREATE TABLE books (id int PRIMARY KEY); INSERT INTO books SELECT generate_series(1, 3)")
    return urls(source_db, target_db)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "stdout"


@pytest.fixture
def function(unpacked, databases, log, tmp_path):
    """The function, at work for a Runtime API of our own; `function.invoke(event, seconds)` gives its answer."""
    paths = [unpacked / "task", unpacked / "opt" / "python", unpacked / "runtime"]
    with RuntimeApi() as api, log.open("wb") as out, (tmp_path / "stderr").open("wb") as err:
        environment = {
            **databases,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(unpacked / "task"),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PG_XCOPY_DEADLINE_MARGIN": str(MARGIN),
            "HOME": "/nonexistent",
            "PATH": os.environ["PATH"],
        }
        # Without site, only what was unpacked can be imported, and Python's own library.
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", CLIENT],
            cwd=unpacked / "task",
            env=environment,
            stdout=out,
            stderr=err,
        )
        yield api
        assert process.poll() is None, (tmp_path / "stderr").read_text()
        process.kill()
        process.wait()


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_a_copy(function, log, target_db):
    answer = function.invoke({"jobs": "quick"})

    assert answer.kind == "response", answer.body
    assert answer.body["statusCode"] == 200
    (job,) = json.loads(answer.body["body"])["jobs"]
    assert (job["job"], job["rows"], job["tables"][0]["table"]) == ("quick", 2, "public.books")
    assert target_db.column("SELECT id FROM quick.books ORDER BY id") == [2, 3]
    audit = [line for line in lines(log) if line["event"] == "audit"]
    assert [(line["requestId"], line["outcome"], line["rows"]) for line in audit] == [("request-1", "done", 2)]


def test_a_failure_and_then_another_copy(function, log, databases):
    failed = function.invoke({"jobs": "wrong"})
    done = function.invoke({"jobs": "quick", "overrides": {"parallel": 1}})

    assert (failed.kind, failed.body["errorType"]) == ("error", "PlanError")
    assert failed.body["errorMessage"] == (
        "job wrong can't run, 1 problem; nothing was changed:\n"
        "  public.boks: there is no such table in the source (did you mean 'books'?)"
    )
    assert done.kind == "response"
    said = json.dumps(failed.body) + log.read_text()
    assert not any(re.search(r":(\w+)@", url)[1] in said for url in databases.values())


def test_a_copy_that_would_take_longer_than_the_function(function, source_db, target_db):
    function.invoke({"jobs": "quick"})  # so that the time is not spent on starting

    answer = function.invoke({"jobs": "slow"}, seconds=MARGIN + 5)

    assert (answer.kind, answer.body["errorType"]) == ("error", "TimeUpError")
    assert re.match(r"job slow was stopped: its time, [\d.]+ s, was up", answer.body["errorMessage"])
    assert 0 < answer.left <= MARGIN
    assert leftovers(target_db) == []
    assert wait_until(lambda: is_idle(source_db) and is_idle(target_db))
    assert function.invoke({"jobs": "quick"}).kind == "response"


def test_an_event_that_is_wrong(function):
    answer = function.invoke({"job": "quick"})

    assert (answer.kind, answer.body["errorType"]) == ("error", "UsageError")
    assert answer.body["errorMessage"] == "the event has an unknown key job. did you mean 'jobs'?"


def test_boto3_is_the_runtimes(function):
    """An address that it refuses itself: nothing is asked of anybody."""
    answer = function.invoke({"manifest": "s3://NO bucket/key"})

    assert answer.body["errorType"] == "UsageError"
    assert "Invalid bucket name" in answer.body["errorMessage"]


def test_a_copy_through_a_bastion(function, bastion, databases, target_db):
    """The layer has what a tunnel needs; its process finds it there too."""
    logins = bastion.logins
    connections = {
        name: {"url": databases[f"{name.upper()}_DB_URL"], "ssh": bastion.ssh()} for name in ("source", "target")
    }
    job = {"source": {"database": "source"}, "target": {"database": "target", "schema": "far"}, "tables": {"*": {}}}

    answer = function.invoke({"manifest": {"connections": connections, "jobs": {"far": job}}})

    assert answer.kind == "response", answer.body
    assert target_db.value("SELECT count(*) FROM far.books") == 3
    assert bastion.logins > logins
