"""Each environment of tox calls something that there is, with the environment's own tools."""

from __future__ import annotations

import shlex
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
THIS_PYTHON = f"py3{sys.version_info.minor}"

TOOLS = {
    "audit": "pip-audit",
    "coverage": "--cov-report=html",
    "format": "ruff format .",
    "lint": "ruff check .",
    "security": "bandit",
    "type": "mypy",
}


def run(*command):
    done = subprocess.run([str(each) for each in command], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environments():
    """What tox says of each environment."""
    names = ",".join([THIS_PYTHON, *TOOLS])
    parser = ConfigParser(interpolation=None, delimiters=("=",))
    parser.read_string(run(sys.executable, "-m", "tox", "config", "-q", "-e", names, "-k", "commands", "env_bin_dir"))
    return {name.removeprefix("testenv:"): parser[name] for name in parser.sections()}


@pytest.mark.parametrize("environment", TOOLS)
def test_environment_is_a_target_of_the_makefile(environment, environments):
    binaries = environments[environment]["env_bin_dir"]

    command = shlex.split(environments[environment]["commands"])

    assert command == ["make", environment, f"BIN={binaries}"]
    would_do = run(*command, "--dry-run").replace('"', "")
    assert TOOLS[environment] in would_do
    assert f"{binaries}/" in would_do
    assert ".venv" not in would_do.replace(binaries, "")


def test_a_python_is_all_tests(environments):
    assert environments[THIS_PYTHON]["commands"].split() == ["python", "-m", "pytest"]
