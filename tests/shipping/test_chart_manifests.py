"""Manifests are held against their JSON Schema when the chart is rendered: as a validator of JSON Schema does it."""

from __future__ import annotations

import json
import re

import pytest
from charts import CHART, CHECKOUT, render
from jsonschema import Draft202012Validator

from pg_xcopy.manifest.schema import json_schema
from pg_xcopy.manifest.yaml_reader import read_yaml

helm = pytest.importorskip("helm_python")

EXAMPLES = sorted((CHECKOUT / "schemas" / "examples").glob("*.yaml"))
BASTION = """\
connections:
  prod:
    url: ${URL}
    ssh: {host: bastion.example.com, port: 22, user: copier, private_key: "${KEY}", fingerprint: "SHA256:x"}
  other: {url: "${URL}", connect_timeout: 2, protected: true}
  secret: {aws_secret: {id: prod}, ssh: null}
defaults: {parallel: 4, max_rate: 50MB/s}
jobs:
  "a job":
    source: {database: prod}
    target: {database: other, mode: upsert}
    tables: {users: {where: {id: {gte: 1, lt: 9}, name: [a, b], gone: null}, key: pk, update: [name]}, "*": null}
    exclude: ["audit_*"]
  complete:
    source: {database: prod, schema: "a schema"}
    targets: [{database: other, tables: {users: [id]}}, {database: other, schema: b, tables: [users]}]
    tables: {users: {where: "id > 1", transform: {a: null, b: now()}, format: text}}
    strict: true
    on_missing_column: skip_table
"""


def refused(manifests, **said):
    """Which of these are refused when they are rendered, and with which lines."""
    job = {"schedule": "@daily", "envFrom": [{"secretRef": {"name": "any"}}], **said}
    jobs = {f"m{number}": {**job, "manifest": text} for number, text in enumerate(manifests)}
    try:
        render({"jobs": jobs})
    except helm.HelmError as error:
        lines = [line for line in str(error).splitlines() if line.startswith("jobs.m")]
    else:
        lines = []
    found = {}
    for line in lines:
        found.setdefault(int(re.match(r"jobs\.m(\d+)", line)[1]), []).append(line)
    return found


def changes(node):
    """Give everything that a node becomes with one change in it: a key misspelt or gone, a value of another type."""
    if isinstance(node, dict):
        for key, value in node.items():
            others = {name: each for name, each in node.items() if name != key}
            yield others
            yield {**others, f"{key}x": value}
            for changed in changes(value):
                yield {**node, key: changed}
    elif isinstance(node, list):
        for number, value in enumerate(node):
            for changed in changes(value):
                yield [*node[:number], changed, *node[number + 1 :]]
    yield from (other for other in (None, 7, 0.5, "", "text", [], {"x": {}}) if other != node)


def document(text):
    return json.loads(json.dumps(read_yaml(text.encode(), "jobs.yaml").raw, default=str))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_shipped_examples_are_taken(path):
    assert (
        refused([path.read_text(encoding="utf-8")], secretFiles=[{"secret": "any", "mountPath": "/run/secrets"}]) == {}
    )


def test_what_is_refused_is_what_the_schema_refuses():
    validator = Draft202012Validator(json_schema())
    whole = document(BASTION)
    validator.validate(whole)
    manifests = [each for each in changes(whole) if isinstance(each, dict)]
    wrong = {number for number, each in enumerate(manifests) if not validator.is_valid(each)}
    assert 100 < len(wrong) < len(manifests) - 100
    told = refused([json.dumps(each) for each in manifests])
    assert {n: (manifests[n], told.get(n)) for n in wrong ^ told.keys()} == {}


def test_what_helm_takes_for_a_boolean_may_be_the_text_that_it_is():
    """Helm reads YAML 1.1, where `on` is true; a manifest is YAML 1.2, where it is a name like any other."""
    text = BASTION.replace('schema: "a schema"', "schema: on")
    assert text != BASTION
    assert Draft202012Validator(json_schema()).is_valid(document(text))
    assert refused([text]) == {}


def test_who_knows_better_can_do_without():
    assert refused(["jobs: {a: {}}"])[0] == [
        'jobs.m0.manifest.jobs.a: the key "source" is missing.',
        'jobs.m0.manifest.jobs.a: the key "tables" is missing.',
        "jobs.m0.manifest.jobs.a: give one of target, targets.",
    ]
    assert refused(["jobs: {a: {}}"], validate=False) == {}


def test_a_chart_that_is_packaged_has_the_schema_in_it(tmp_path):
    """In the checkout it is a link to schemas/, so that there is only one."""
    archive = helm.package(CHART, destination=tmp_path)
    values = {"jobs": {"nightly": {"schedule": "@daily", "manifest": "jobs: {a: {sorce: 1}}"}}}
    with helm.Chart.load(archive) as chart, pytest.raises(helm.HelmError, match='there is no key "sorce"'):
        chart.render(values, name="shop")


def test_only_keywords_that_the_chart_knows_stand_in_the_schema():
    """One that it does not know would be ignored."""
    known = set(re.findall(r'(?:[.]schema[.]|[$]schema[.]|"[$]?)([$a-zA-Z]+)', _templates())) | {"$ref", "$defs"}
    about = {"$schema", "$id", "title", "description", "default", "ge", "le"}
    assert set(_keywords(json_schema())) - about <= known


def _templates():
    return (CHART / "templates" / "_schema.tpl").read_text(encoding="utf-8")


def _keywords(schema):
    if isinstance(schema, bool):
        return
    for keyword, value in schema.items():
        yield keyword
        if keyword in {"properties", "$defs"}:
            inner = list(value.values())
        elif keyword in {"anyOf", "oneOf", "allOf"}:
            inner = value
        else:
            inner = [value] if isinstance(value, dict) else []
        for each in inner:
            yield from _keywords(each)
