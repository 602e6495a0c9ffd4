"""The workflows of GitHub Actions: what their schema says, and what they call is there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import yaml

from conftest import CHECKOUT

WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))


def jobs(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


def steps(path):
    return [step for job in jobs(path).values() for step in job["steps"]]


def targets():
    return set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_there_are_workflows():
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_they_are_what_their_schemas_say(path, schema):
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_make_is_a_target_of_ours_and_each_action_has_a_version(path):
    called = [made for step in steps(path) for made in re.findall(r"\bmake ([a-z]+)", step.get("run", ""))]

    assert called
    assert set(called) <= targets()
    assert all(re.search(r"@(v\d+|[0-9a-f]{40})$", step["uses"]) for step in steps(path) if "uses" in step)


def test_what_runs_beside_the_token_for_pypi_is_pinned_to_commits():
    for step in jobs(WORKFLOWS[1])["pypi"]["steps"]:
        assert re.search(r"@[0-9a-f]{40}$", step["uses"])


def test_no_workflow_may_do_more_than_it_must():
    for path in WORKFLOWS:
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}
    assert jobs(WORKFLOWS[1])["pypi"]["permissions"] == {"id-token": "write"}


def test_a_released_image_says_what_one_of_make_image_says():
    told = set(
        re.findall(r"^ARG ([A-Z]+)=unknown$", (CHECKOUT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    (build,) = (step for step in steps(WORKFLOWS[1]) if step.get("uses", "").startswith("docker/build-push-action@"))
    given = dict(line.split("=", 1) for line in build["with"]["build-args"].splitlines())

    assert told == given.keys() == {"VERSION", "REVISION", "CREATED"}
    assert all(given.values())
    assert "labels" not in build["with"]  # they would go before the image's own


def test_all_that_ci_does_is_done_by_the_workflow():
    (everything,) = (step["run"] for step in jobs(WORKFLOWS[0])["everything"]["steps"] if "run" in step)

    assert everything == "bash .ci/run"


def test_python_and_postgresql_from_the_oldest_to_the_newest():
    pairs = jobs(WORKFLOWS[0])["test"]["strategy"]["matrix"]["include"]
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")

    assert [pair["python"] for pair in pairs] == re.findall(r"Python :: (3\.\d+)", project)
    assert {12, 18} <= {version for pair in pairs for version in (pair["source"], pair["target"])}
