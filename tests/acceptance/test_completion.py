"""What shells offer after Tab, asked for as they ask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "pg-xcopy"
MANIFEST = """
jobs:
  anonymise: {source: {database: "${NOT_SET}"}}
  tenant_1: {}
  tenant_2: {}
"""


@pytest.fixture
def offered(tmp_path):
    def offer(words, manifest=MANIFEST, name="jobs.yaml"):
        (tmp_path / name).write_text(manifest, encoding="utf-8")
        asked = {"_PG_XCOPY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = subprocess.run(
            [COMMAND], cwd=tmp_path, env={**os.environ, **asked}, capture_output=True, text=True, check=True
        )
        assert not done.stderr
        return done.stdout.split()

    return offer


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pg-xcopy val", ["plain,validate"]),
        ("pg-xcopy ten", ["plain,tenant_1", "plain,tenant_2"]),
        ("pg-xcopy run jobs.yaml ten", ["plain,tenant_1", "plain,tenant_2"]),
        ("pg-xcopy plan jobs.yaml tenant_1 an", ["plain,anonymise"]),
        ("pg-xcopy -c jobs.yaml an", ["plain,anonymise"]),
        ("pg-xcopy run jo", ["file,jo"]),
        ("pg-xcopy run jobs.yaml --log-f", ["plain,--log-format"]),
        ("pg-xcopy run jobs.yaml --log-format j", ["plain,json"]),
        ("pg-xcopy run other.yaml ten", []),
    ],
)
def test_what_is_offered(offered, words, expected):
    assert offered(words) == expected


@pytest.mark.parametrize("manifest", ["jobs: [", "jobs: 3", "- a", "", "jobs:\n  a: {}\n  a: {}", "\0"])
def test_a_broken_manifest_offers_nothing_and_says_nothing(offered, manifest):
    assert offered("pg-xcopy run jobs.yaml x", manifest) == []


def test_a_manifest_in_python_is_not_run(offered, tmp_path):
    script = f"open({str(tmp_path / 'ran')!r}, 'w'); JOBS = {{'tenant_1': {{}}}}"

    assert offered("pg-xcopy ten", script, "pg_xcopy_jobs.py") == []
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(shell):
    environment = {**os.environ, "_PG_XCOPY_COMPLETE": f"{shell}_source"}
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, check=True)

    assert f"_PG_XCOPY_COMPLETE={shell}_complete" in done.stdout
