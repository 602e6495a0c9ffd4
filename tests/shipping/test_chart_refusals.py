"""What the chart refuses, and in which words."""

from __future__ import annotations

import pytest
from charts import MANIFEST, job, refusal, render, tool, values

from pg_xcopy.manifest.schema import json_schema

pytest.importorskip("helm_python")

SENTENCES = {
    "no schedule": (
        {"schedule": None},
        'jobs.nightly: a CronJob needs a schedule, such as "0 2 * * *"; a job that runs once has kind: Job.',
    ),
    "four fields": (
        {"schedule": "0 2 * *"},
        'jobs.nightly.schedule: "0 2 * *" is none; expected five fields, as in "0 2 * * *", or @daily and the like.',
    ),
    "a time zone in the schedule": (
        {"schedule": "CRON_TZ=UTC 0 2 * * *"},
        'jobs.nightly.schedule: "CRON_TZ=UTC 0 2 * * *" is none; expected five fields',
    ),
    "a Job with a schedule": (
        {"kind": "Job"},
        "jobs.nightly: a Job runs once, and has no schedule; remove it, or set kind: CronJob.",
    ),
    "no manifest": (
        {"manifest": None},
        "jobs.nightly: there is no manifest; give its text as manifest, "
        "or name a ConfigMap or Secret as existingManifest.",
    ),
    "two manifests": (
        {"existingManifest": {"secret": "manifests"}},
        "jobs.nightly: there are both manifest and existingManifest; give one of them.",
    ),
    "two places": (
        {"manifest": None, "existingManifest": {"secret": "a", "configMap": "b"}},
        "jobs.nightly.existingManifest: name either a configMap or a secret.",
    ),
    "no place": (
        {"manifest": None, "existingManifest": {"key": "jobs.yaml"}},
        "jobs.nightly.existingManifest: name either a configMap or a secret.",
    ),
    "a mapping": (
        {"manifest": {"jobs": {"copy": {"tables": {"users": {"where": {"id": 9007199254740993}}}}}}},
        "jobs.nightly.manifest: it must be text, so write `manifest: |` above it; "
        "Helm would round its large numbers, and a filter would keep other rows.",
    ),
    "no YAML": ({"manifest": "jobs: ["}, "jobs.nightly.manifest: it is not a mapping in YAML: "),
    "a sentence": ({"manifest": "all jobs"}, "jobs.nightly.manifest: it is not a mapping in YAML: "),
    "an unknown key": (
        {"manifest": MANIFEST.replace("jobs:", "job:")},
        'jobs.nightly.manifest: the key "jobs" is missing.\n'
        'jobs.nightly.manifest: there is no key "job"; expected connections, defaults, jobs.',
    ),
    "no jobs": (
        {"manifest": "jobs: {}"},
        "jobs.nightly.manifest.jobs: there is nothing in it.",
    ),
    "a misspelt key": (
        {"manifest": MANIFEST.replace("{}", "{wher: {id: 1}}")},
        'jobs.nightly.manifest.jobs.copy.tables.*: there is no key "wher"; '
        f"expected {', '.join(sorted(json_schema()['$defs']['TableRule']['properties']))}.",
    ),
    "a variable": (
        {"env": {}},
        "jobs.nightly: the manifest refers to ${SOURCE_DB_URL}, which is not there; "
        "add SOURCE_DB_URL to env, or a Secret that has it to envFrom.",
    ),
    "a file": (
        {"manifest": MANIFEST.replace("${TARGET_DB_URL}", "${file:/run/secrets/url}")},
        "jobs.nightly: the manifest refers to the file /run/secrets/url, and nothing is mounted there; "
        "add its Secret to secretFiles.",
    ),
    "a password in a variable": (
        {"env": {"SOURCE_DB_URL": "postgresql://reader:s3cr3t@prod/shop", "TARGET_DB_URL": "service=staging"}},
        "jobs.nightly.env.SOURCE_DB_URL: it has a password in it, for all to read; "
        "take it from a Secret with secretKeyRef.",
    ),
    "a password in the manifest": (
        {"manifest": MANIFEST.replace("${SOURCE_DB_URL}", "postgresql://reader:s3cr3t@prod/shop")},
        "jobs.nightly.manifest: it has a password in it, for all to read; "
        "write ${VARIABLE} there, and take that from a Secret in env.",
    ),
    "a volume that is not there": (
        {"extraVolumeMounts": [{"name": "audit", "mountPath": "/audit"}]},
        'jobs.nightly.extraVolumeMounts: there is no volume "audit"; add it to extraVolumes.',
    ),
    "a name that is taken": (
        {"extraVolumes": [{"name": "tmp", "emptyDir": {}}]},
        'jobs.nightly.extraVolumes: the name "tmp" is taken; choose another.',
    ),
}


@pytest.mark.parametrize(("said", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_a_mistake_in_a_job_is_one_sentence(said, sentence):
    refused = refusal(values(said))
    assert f"\n{sentence}" in refused
    assert "s3cr3t" not in refused


OF_THE_SCHEMA = {
    "an unknown key": ({"schedul": "@daily"}, "at '/jobs/nightly': additional properties 'schedul' not allowed"),
    "an unknown kind": ({"kind": "Deployment"}, "at '/jobs/nightly/kind': value must be one of 'CronJob', 'Job'"),
    "Allow": ({"concurrencyPolicy": "Allow"}, "concurrencyPolicy': value must be one of 'Forbid', 'Replace'"),
    "a number as text": ({"backoffLimit": "2"}, "at '/jobs/nightly/backoffLimit': got string, want integer"),
    "a list of resources": ({"resources": {"request": {}}}, "additional properties 'request' not allowed"),
    "a source that is none": (
        {"env": {"A": {"secretRef": {}}}},
        "env/A': additional properties 'secretRef' not allowed",
    ),
    "a number in env": ({"env": {"PORT": 5432}}, "at '/jobs/nightly/env/PORT'"),
    "a relative path": ({"secretFiles": [{"secret": "a", "mountPath": "run"}]}, "/secretFiles/0/mountPath'"),
}


@pytest.mark.parametrize(("said", "words"), OF_THE_SCHEMA.values(), ids=OF_THE_SCHEMA)
def test_what_the_schema_refuses_is_named_with_its_place(said, words):
    assert words in refusal(values(said))


def test_all_mistakes_are_told_at_once():
    given = {"jobs": {"first": job(schedule=None, env={}), "second": job(manifest=None), "off": {"enabled": False}}}
    lines = [line for line in refusal(given).splitlines() if line.startswith(("jobs.", "metrics."))]
    assert [line.split(":")[0] for line in lines] == ["jobs.first"] * 3 + ["jobs.second"]


def test_a_name_that_helm_takes_for_a_boolean_is_explained():
    assert (
        "jobs.false: Helm reads y, n, yes, no, on and off as true and false; put the name of the job in quotes."
        in refusal("jobs: {n: {enabled: false}}")
    )


def test_two_ways_to_a_pushgateway_and_a_monitor_of_nothing_are_refused():
    gateway = {"url": "http://push:9091", "urlFrom": {"secretKeyRef": {"name": "push", "key": "url"}}}
    refused = refusal(values(metrics={"pushgateway": {**gateway, "serviceMonitor": {"enabled": True}}}))
    assert "metrics.pushgateway: there are both url and urlFrom; give one of them." in refused
    assert "serviceMonitor: it is enabled without a selector; give the labels of the Pushgateway's Service." in refused


def test_a_password_of_the_pushgateway_is_refused():
    refused = refusal(values(metrics={"pushgateway": {"url": "https://me:s3cr3t@push.example.com"}}))
    assert (
        "metrics.pushgateway.url: it has a password in it, for all to read; take it from a Secret with urlFrom."
        in refused
    )
    assert "s3cr3t" not in refused


def test_only_what_is_a_reference_has_to_be_supplied():
    said = (
        '# ${COMMENT}\njobs: {copy: {source: {database: "${SOURCE_DB_URL:?the source}", schema: "${S:-public}"}, '
        'target: {database: "${TARGET_DB_URL}"}, tables: {t: {transform: {a: "\'$${LITERAL}\'", b: "${aws-sm:i#k}"}}}}}'
    )
    assert render(values({"manifest": said})).of("CronJob")


def test_a_mapping_is_refused_because_helm_changes_it():
    """The fact that the refusal cites."""
    read = tool.values_of("where: {id: 9007199254740993, on: 1}")
    assert read == {"where": {"id": 9007199254740992, "true": 1}}
