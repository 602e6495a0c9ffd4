"""The benchmark runs, compares what was copied, and reports every run. How long anything takes is not looked at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SMALL = ("--scale=0.0005", "--repeat=1", "--warm-up=0")
FIGURES = {"seconds", "client_cpu", "source_cpu", "target_cpu", "peak"}


@pytest.fixture
def bench(tmp_path, installations):  # noqa: ARG001 - where there are no servers it skips
    """`bench("--only", "narrow")` is the exit code, what was said, and the JSON, of one round without a warm-up."""
    if not shutil.which("psql"):
        pytest.skip("no psql to compare with; it is in Debian's postgresql-client")

    def run(*options):
        report = tmp_path / "report.json"
        path = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "bench",
                "--scale=0.0005",
                "--repeat=1",
                "--warm-up=0",
                f"--json={report}",
                *options,
            ],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done, json.loads(report.read_text()) if report.exists() else None

    return run


def test_two_works(bench):
    done, report = bench("--only", "help", "--only", "narrow", "--against", "psql *")

    assert done.returncode == 0, done.stderr
    started, narrow = report["works"]
    assert [one["name"] for one in started["contestants"]] == ["pg-xcopy"]
    assert [limit["at_most"] for limit in started["limits"]] == [0.25]
    assert narrow["rows"] == 1000
    assert [one["name"] for one in narrow["contestants"]] == ["pg-xcopy", "psql text", "psql binary"]
    assert [one["failed"] for one in narrow["contestants"]] == [None] * 3
    assert all(run.keys() == FIGURES for one in narrow["contestants"] for run in one["runs"])
    (limit,) = narrow["limits"]
    assert (limit["quantity"], limit["against"], limit["at_most"]) == ("ratio", "psql text", 0.75)
    assert limit["measured"] == narrow["contestants"][1]["ratio"]["median"] > 0
    assert "psql binary" in done.stdout


def test_works_are_listed(bench):
    done, report = bench("--list", "--only", "distant-*")

    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["distant-source", "distant-target"]
    assert report is None


def test_a_work_that_is_not_there(bench):
    done, _ = bench("--only", "broad")

    assert done.returncode == 2
    assert done.stderr == "no work is called broad; --list names them\n"
