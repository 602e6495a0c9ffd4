"""What may stand in the chart's values: defaults, what its README says of them."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from charts import CHART, MANIFEST, containers, environment, job, refusal, render, tool, values
from jsonschema import Draft7Validator

import pg_xcopy

pytest.importorskip("helm_python")

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))


# --- Defaults


def pod_of(given):
    return render(given).one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]


def test_what_a_job_does_not_say_comes_from_the_defaults():
    defaults = {"timeZone": "Asia/Tokyo", "backoffLimit": 5, "validate": True, "env": {"A": "1", "B": "1"}}
    urls = job()["env"]
    cron = render(values({"backoffLimit": 0, "validate": False, "env": {**urls, "B": "2"}}, defaults=defaults)).one(
        "CronJob"
    )
    spec = cron["spec"]["jobTemplate"]["spec"]
    (container,) = containers(spec["template"])
    assert cron["spec"]["timeZone"] == "Asia/Tokyo"
    assert spec["backoffLimit"] == 0, "0 and false are said, and not nothing"
    said = {each["name"]: each.get("value") for each in container["env"]}
    assert (said["A"], said["B"]) == ("1", "2")


@pytest.mark.parametrize("place", ["jobs", "defaults"])
def test_null_removes_a_default(place):
    """As OpenShift needs it, which chooses the uid itself."""
    said = {"podSecurityContext": dict.fromkeys(("runAsUser", "runAsGroup", "fsGroup"))}
    pod = pod_of(values(said) if place == "jobs" else values(defaults=said))
    assert pod["spec"]["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


@pytest.mark.parametrize("name", VALUES["defaults"])
def test_a_default_with_nothing_below_it_is_none(name):
    """What is left of `podLabels:` when the lines below it are made comments."""
    rendered = render(values(defaults={name: None}))
    assert [fault for each in rendered.objects for fault in tool.faults(each)] == []


ESSENTIAL = ("enabled", "kind", "timeZone", "concurrencyPolicy", "terminationGracePeriodSeconds", "validate")


@pytest.mark.parametrize("name", ESSENTIAL)
def test_what_a_job_can_not_do_without_can_not_be_removed(name):
    assert render(values(defaults={name: None})).objects == render(values()).objects


GROUPS = ("image", "metrics", "networkPolicy", "serviceAccount")


@pytest.mark.parametrize("name", sorted(set(VALUES) - {"jobs", *GROUPS}))
def test_a_value_with_nothing_below_it_is_none(name):
    rendered = render(values(**{name: None}))
    assert rendered.one("CronJob")
    assert [fault for each in rendered.objects for fault in tool.faults(each)] == []


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_of_values_with_nothing_below_it_is_named(name):
    said = f"\n{name}: there is nothing below it; remove the key, and its defaults hold."
    assert said in refusal(values(**{name: None}))


def test_a_job_runs_one_at_a_time_and_is_given_time_to_clean_up():
    cron = render(values()).one("CronJob")
    spec = cron["spec"]["jobTemplate"]["spec"]
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 60
    assert spec["template"]["spec"]["automountServiceAccountToken"] is False
    rules = {rule["action"]: rule for rule in spec["podFailurePolicy"]["rules"]}
    assert rules["FailJob"]["onExitCodes"] == {"operator": "In", "values": [2, 3]}
    assert rules["Ignore"]["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]


def test_a_changed_manifest_changes_the_pod_and_nothing_else_does():
    before, after = pod_of(values()), pod_of(values({"manifest": MANIFEST + "# changed\n"}))
    checksums = [each["metadata"]["annotations"].pop("checksum/manifest") for each in (before, after)]
    assert checksums[0] != checksums[1]
    assert before == after


def test_a_job_that_runs_once_has_another_name_when_it_changes():
    def name(**said):
        return render(values({"kind": "Job", "schedule": None, **said})).one("Job")["metadata"]["name"]

    assert name() == name()
    assert len({name(), name(manifest=MANIFEST + "#"), name(patterns=["copy"]), name(backoffLimit=1)}) == 4


def test_a_source_of_a_variable_may_be_written_as_kubernetes_does():
    source = {"secretKeyRef": {"name": "databases", "key": "SOURCE_DB_URL"}}
    said = {**job()["env"], "SOURCE_DB_URL": {"valueFrom": source}}
    assert pod_of(values({"env": said})) == pod_of(values())


@pytest.mark.parametrize("schedule", ["@daily", "@every 90m", "*/5 1,2 * jan-mar mon", "0  2 * * *"])
def test_a_schedule_that_kubernetes_takes_is_taken(schedule):
    assert render(values({"schedule": schedule})).one("CronJob")["spec"]["schedule"] == schedule


@pytest.mark.parametrize("nothing", ["{}", "jobs:", "jobs: {}"])
def test_without_jobs_there_is_a_service_account_and_a_word_about_it(nothing):
    rendered = render(nothing)
    assert [each["kind"] for each in rendered.objects] == ["ServiceAccount"]
    assert rendered.notes.startswith("There are no jobs yet")


def test_the_notes_say_what_runs_when():
    given = {"jobs": {"a": job(), "b": job(suspend=True), "c": job(kind="Job", schedule=None), "d": {"enabled": False}}}
    notes = render(given).notes
    assert "  a: @daily (Etc/UTC), as CronJob shop-pg-xcopy-a\n" in notes
    assert "  b: @daily (Etc/UTC), suspended, as CronJob shop-pg-xcopy-b\n" in notes
    assert "  c: once, now\n" in notes
    assert "  d: not enabled\n" in notes
    assert "helm test shop -n data --logs" in notes


@pytest.mark.parametrize(
    ("url", "port"), [("http://push:9091", 9091), ("https://push.example.com/x", 443), ("http://[::1]", 80)]
)
def test_a_network_policy_lets_metrics_reach_the_pushgateway(url, port):
    given = values(networkPolicy={"enabled": True}, metrics={"pushgateway": {"url": url}})
    assert render(given).one("NetworkPolicy")["spec"]["egress"][-1] == {"ports": [{"port": port, "protocol": "TCP"}]}


def test_a_url_of_the_pushgateway_may_come_from_a_secret():
    source = {"secretKeyRef": {"name": "pushgateway", "key": "url"}}
    pod = pod_of(values(metrics={"pushgateway": {"urlFrom": source}}))
    assert {"name": "PG_XCOPY_PUSHGATEWAY", "valueFrom": source} in pod["spec"]["containers"][0]["env"]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ({}, f"pg-xcopy:{pg_xcopy.__version__}"),
        ({"repository": "r.example.com:5000/x", "tag": "1.2"}, "r.example.com:5000/x:1.2"),
        ({"tag": "1.2", "digest": "sha256:" + "a" * 64}, "pg-xcopy@sha256:" + "a" * 64),
    ],
)
def test_the_image_is_the_one_of_this_version_unless_another_is_named(image, name):
    assert {each["image"] for each in containers(pod_of(values(image=image)))} == {name}


def test_labels_for_all_objects_are_on_all_objects_and_take_none_of_ours():
    labels = {"team": "platform", "app.kubernetes.io/name": "stolen"}
    rendered = render(values(commonLabels=labels, networkPolicy={"enabled": True}))
    for each in [*rendered.objects, *(pod for _, pod in rendered.pods)]:
        assert each["metadata"]["labels"]["team"] == "platform"
        assert each["metadata"]["labels"]["app.kubernetes.io/name"] == "pg-xcopy"


def test_a_job_in_python_is_mounted_under_its_name():
    existing = {"secret": "manifests", "key": "pg_xcopy_jobs.py"}
    pod = pod_of(values({"manifest": None, "existingManifest": existing}))
    assert [each["args"][1] for each in containers(pod)] == ["/etc/pg-xcopy/pg_xcopy_jobs.py"] * 2
    assert pod["spec"]["volumes"][0]["secret"]["items"] == [{"key": "pg_xcopy_jobs.py", "path": "pg_xcopy_jobs.py"}]


def test_a_variable_of_a_job_goes_before_the_one_of_the_chart():
    pod = pod_of(values({"env": {**job()["env"], "HOME": "/home", "PG_XCOPY_LOG_FORMAT": "text"}}))
    found = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0]["env"]}
    assert (found["HOME"], found["PG_XCOPY_LOG_FORMAT"]) == ("/home", "text")
    assert len(found) == len(pod["spec"]["containers"][0]["env"])


# --- What is said about them


def test_the_schema_is_one_and_takes_the_defaults():
    Draft7Validator.check_schema(SCHEMA)
    Draft7Validator(SCHEMA).validate(VALUES)


def test_every_value_has_a_default_or_is_known_to_have_none():
    without = set(SCHEMA["definitions"]["job"]["properties"]) - VALUES["defaults"].keys()
    assert without == {"schedule", "manifest", "existingManifest", "ttlSecondsAfterFinished"}
    assert set(SCHEMA["properties"]) - VALUES.keys() == {"global"}


def test_everything_in_the_values_of_everything_is_every_value():
    """So that no value is only known to the schema."""
    said = yaml.safe_load((CHART / "ci" / "everything-values.yaml").read_text(encoding="utf-8"))
    in_jobs = set(said["jobs"]["anonymise"]) | set(said["defaults"])
    assert set(SCHEMA["definitions"]["job"]["properties"]) - in_jobs == {"enabled", "kind", "existingManifest"}
    assert set(SCHEMA["properties"]) - said.keys() == {"global"}


def test_the_readme_has_every_value():
    text = tool.README.read_text(encoding="utf-8")
    assert tool.with_table(text) == text, "run: python helm/chart.py readme"
    for name in SCHEMA["definitions"]["job"]["properties"]:
        assert f"| `{name}` |" in text or f"| `{name}." in text


def test_the_values_in_the_readme_are_taken():
    text = tool.README.read_text(encoding="utf-8")
    first, *others = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    assert render(first).one("CronJob")["metadata"]["name"] == "shop-pg-xcopy-nightly"
    assert render(others[0]).one("CronJob")
    merged = {**yaml.safe_load(first), **yaml.safe_load(others[1])}
    merged["jobs"] = {
        "nightly": yaml.safe_load(first)["jobs"]["nightly"] | yaml.safe_load(others[1])["jobs"]["nightly"]
    }
    merged["jobs"]["nightly"]["env"] |= yaml.safe_load(first)["jobs"]["nightly"]["env"]
    pod = render(merged).one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    assert environment(containers(pod)[0], {"databases": {"prod": "p", "staging": "s"}})["PROD_DB_URL"] == "p"


def test_the_chart_is_of_this_version():
    assert yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["appVersion"] == pg_xcopy.__version__


def test_pods_run_as_the_user_of_the_image_and_start_its_command():
    image = (CHART.parents[1] / "Dockerfile").read_text(encoding="utf-8")
    user, group = map(int, re.search(r"^USER (\d+):(\d+)$", image, re.M).groups())
    context = VALUES["defaults"]["podSecurityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (user, group, group)
    assert re.search(r'^ENTRYPOINT \["pg-xcopy"\]$', image, re.M)
    for container in containers(pod_of(values())):
        assert "command" not in container
        assert container["args"][0] in {"run", "validate"}
