"""The shipped examples load, validate in an editor, and say the same in YAML and in Python."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pg_xcopy.manifest.loader import load_manifest
from pg_xcopy.manifest.schema import json_schema, json_schema_text
from pg_xcopy.manifest.yaml_reader import read_yaml

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = sorted((SCHEMAS / "examples").glob("*.yaml"))
IN_YAML_ONLY = {"aws_secrets", "several_targets"}  # they read values from secrets, and a Python file has no ${…}
IN_BOTH = [path for path in EXAMPLES if path.stem not in IN_YAML_ONLY]
DOCUMENTS = ("bastions.md", "secrets.md", "targets.md")
SHOWN = [
    shown
    for name in DOCUMENTS
    for shown in re.findall(
        r"^```yaml\n(.*?)^```$", (SCHEMAS.parent / "docs" / name).read_text(encoding="utf-8"), re.M | re.S
    )
]
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
JOBS = {"migrate:shop", "anonymise:shop", "shift:events", "tenant:extract"}
URLS = {
    "SOURCE_DB_URL": "postgresql://reader@source/shop",
    "TARGET_DB_URL": "postgresql://writer@target/shop",
}


def test_schema_file_is_the_one_that_the_models_give():
    assert (SCHEMAS / "pg-xcopy.schema.json").read_text(encoding="utf-8") == json_schema_text()


def test_schema_is_a_valid_schema():
    Draft202012Validator.check_schema(json.loads(json_schema_text()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_validates_in_an_editor(example):
    raw = read_yaml(example.read_bytes(), example.name).raw

    assert list(Draft202012Validator(json_schema()).iter_errors(raw)) == []


@pytest.mark.parametrize("text", SHOWN, ids=range(len(SHOWN)))
def test_manifest_in_the_documentation(text, tmp_path):
    path = tmp_path / "jobs.yaml"
    path.write_text(text, encoding="utf-8")

    assert load_manifest(path, {"BASTION_KEY": KEY}).jobs
    assert list(Draft202012Validator(json_schema()).iter_errors(read_yaml(text.encode(), "f").raw)) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_names_its_schema(example):
    first = example.read_text(encoding="utf-8").splitlines()[0]

    assert first == "# yaml-language-server: $schema=../pg-xcopy.schema.json"


def test_yaml_and_python_examples_are_the_same_jobs(monkeypatch):
    for name, url in URLS.items():
        monkeypatch.setenv(name, url)
    in_yaml = {name: job for path in IN_BOTH for name, job in load_manifest(path).jobs.items()}

    in_python = load_manifest(SCHEMAS / "examples" / "pg_xcopy_jobs.py").jobs

    assert dict(in_python) == in_yaml
    assert set(in_yaml) == JOBS


@pytest.mark.parametrize("example", [*EXAMPLES, SCHEMAS / "examples" / "pg_xcopy_jobs.py"], ids=lambda path: path.name)
def test_example_never_writes_its_source(example, monkeypatch):
    for name, url in URLS.items():
        monkeypatch.setenv(name, url)

    manifest = load_manifest(example)

    assert all(job.source.database.protected for job in manifest.jobs.values())
