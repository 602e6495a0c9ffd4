"""No password of a manifest reaches a message, a repr or a dump, wherever it was written by mistake."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.document import Document
from pg_xcopy.manifest.interpolation import interpolated
from pg_xcopy.manifest.loader import load_manifest, parse_job, parse_manifest

SECRET = "hunter2-Pa55"
URL = f"postgresql://app:{SECRET}@db.example/shop"
DSN = f"host=db.example dbname=shop password={SECRET}"
BROKEN = f"postgresql://app:{SECRET}/@:x@db.example:nope/shop"
GOOD = "{source: {database: host=s}, target: {database: host=t}, tables: {a: {}}"
MISPLACED = [
    "jobs: {{a: {value}}}",
    "{value}: {{}}",
    "jobs: {{{value}: {{}}}}",
    "connections: {{{value}: }}\njobs: {{}}",
    "connections: {{a: {value}}}\njobs: {{}}",
    "connections: {{a: {{url: {{x: {value}}}}}}}\njobs: {{}}",
    "connections: {{a: {{aws_secret: {value}}}}}\njobs: {{}}",
    "connections: {{a: {{aws_secret: {{id: {value}, key: [{value}], {value}: 1}}}}}}\njobs: {{}}",
    "connections: {{a: {{aws_secret: {{id: x, region: {value}}}}}}}\njobs: {{}}",
    "connections: {{a: {{protected: {value}, connect_timeout: {value}, mode: {value}}}}}\njobs: {{}}",
    "jobs: {{a: {{source: {value}, target: [{value}], tables: {value}, strict: {value}}}}}",
    "jobs: {{a: {{parallel: {value}, cascade: {value}, exclude: [{{x: {value}}}]}}}}",
    "jobs: {{a: {{source: {{{value}: 1}}, target: {{database: [{value}], schema: {{{value}: 1}}}}}}}}",
    "jobs: {{a: {{source: {{database: {{{value}: 1}}}}, on_missing_column: {value}, exclude: {value}}}}}",
    "jobs: {{a: {{tables: {{a: {value}, b: {{where: {{c: {{{value}: 1}}}}, transform: {value}}}}}}}}}",
    "jobs: {{a: 1, {value}: 1, {value}: 2}}",
]


@pytest.mark.parametrize("template", MISPLACED)
@pytest.mark.parametrize("value", [URL, DSN, BROKEN])
def test_misplaced_in_the_file(tmp_path, template, value):
    path = tmp_path / "jobs.yaml"
    path.write_text(template.format(value=f'"{value}"'))

    with pytest.raises(ManifestError) as caught:
        load_manifest(path)

    assert SECRET not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("key", ["database", "schema", "parallel", "strict", "on_missing_column", "mode"])
def test_from_a_variable_that_is_no_connection_string(tmp_path, key):
    path = tmp_path / "jobs.yaml"
    side = {key: "${SECRET}"}
    path.write_text(f"jobs: {{a: {{{key}: [], source: {side}, target: {side}, tables: {{}}}}}}")

    with pytest.raises(ManifestError) as caught:
        load_manifest(path, {"SECRET": SECRET})

    assert SECRET not in str(caught.value)


def test_the_cause_holds_no_secret_either(tmp_path):
    path = tmp_path / "jobs.yaml"
    path.write_text(f'jobs: {{a: {{source: {{database: "{BROKEN}"}}}}}}')

    with pytest.raises(ManifestError) as caught:
        load_manifest(path)

    assert SECRET not in "".join(traceback.format_exception(caught.value)).replace(path.read_text(), "")


@pytest.mark.parametrize("url", [URL, DSN])
def test_models_show_nothing(url):
    job = parse_job({"source": {"database": url}, "target": {"database": url}, "tables": {"a": {}}})
    manifest = parse_manifest({"connections": {"x": {"url": url}}, "jobs": {"a": job}})

    shown = (
        f"{manifest} {manifest!r} {manifest.model_dump()} {manifest.model_dump_json()} {job.source.database.described}"
    )

    assert SECRET not in shown


@pytest.mark.parametrize("url", [BROKEN, {URL: 1}, [DSN]])
def test_error_of_a_model_shows_nothing(url):
    with pytest.raises(ValidationError) as caught:
        Connection(url=url)

    assert SECRET not in str(caught.value)


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=6))
def test_problems_of_interpolation_show_no_value(value):
    document = Document("f", {"a": "${X}${NOPE}", "b": "${X:-d}${"})
    value = f"§{value}§"  # no word of ours, whatever is generated

    _, problems = interpolated(document, {"X": value})

    assert problems
    assert not [problem for problem in problems if value in str(problem)]
