"""What the chart makes of each of its values files: sound objects, restricted pods, manifests that are valid."""

from __future__ import annotations

import re

import pytest
import yaml
from charts import CI, containers, environment, render, run_container, tool

pytest.importorskip("helm_python")
pytest.importorskip("kubernetes_validate")

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
SECRETS = {
    "databases": {
        "source": "postgresql://reader@source/shop",
        "target": "postgresql://writer@target/shop",
        "prod": "postgresql://reader@prod/shop",
        "staging": "postgresql://writer@staging/shop",
        "PROD_DB_URL": "postgresql://reader@prod/shop",
        "STAGING_DB_URL": "postgresql://writer@staging/shop",
        "REPORTING_DB_URL": "postgresql://writer@reporting/shop",
    },
    "bastion": {"ssh-privatekey": KEY, "fingerprint": "SHA256:" + "A" * 43},
    "settings": {"owner": "shop"},
    "certificates": {"ca.crt": "-----BEGIN CERTIFICATE-----\n"},
    "pushgateway": {"url": "http://pushgateway:9091"},
}
each_file = pytest.mark.parametrize("path", CI, ids=lambda path: path.stem.removesuffix("-values"))


@pytest.fixture(scope="module")
def of():
    """`of(path)` is what a values file gives, rendered once."""
    known = {}

    def rendered(path):
        if path not in known:
            known[path] = render(path.read_text(encoding="utf-8"))
        return known[path]

    return rendered


def test_there_are_values_for_each_kind_of_use():
    names = {path.stem.removesuffix("-values") for path in CI}
    assert {"minimal", "everything", "hostile", "secrets", "once"} <= names


@each_file
def test_helm_finds_nothing_to_complain_about(path):
    assert tool.findings(tool.values_of(path.read_text(encoding="utf-8"))) == []


@each_file
def test_kubernetes_takes_every_object(path, of):
    objects = of(path).objects
    assert objects
    assert [fault for each in objects for fault in tool.faults(each)] == []


def test_a_field_that_kubernetes_does_not_know_would_be_found(of):
    thing = of(CI[0]).one("ServiceAccount") | {"automount": True}
    assert len(tool.faults(thing)) == 2, "in the oldest and in the newest"


@each_file
@pytest.mark.parametrize("release", ["shop", "a.release", "123", "x" * 53])
def test_names_are_unique_fit_and_are_text(path, release):
    rendered = render(path.read_text(encoding="utf-8"), release, "123")
    names = [(each["kind"], each["metadata"]["name"]) for each in rendered.objects]
    assert len(names) == len(set(names))
    for each in rendered.objects:
        limit = 52 if each["kind"] == "CronJob" else 63
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", each["metadata"]["name"])
        assert len(each["metadata"]["name"]) <= limit
        assert each["metadata"]["namespace"] == "123"
        for value in each["metadata"]["labels"].values():
            assert re.fullmatch(r"[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?", value)


@each_file
def test_each_pod_meets_the_restricted_standard(path, of):
    """As https://kubernetes.io/docs/concepts/security/pod-security-standards/ has it, and more."""
    for _, pod in of(path).pods:
        spec = pod["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert not any("hostPath" in volume for volume in spec["volumes"])
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["readOnlyRootFilesystem"] is True
            assert not context.get("privileged")
            assert "memory" in container["resources"]["limits"]


@each_file
def test_each_volume_that_is_mounted_is_there_and_each_that_is_there_is_mounted(path, of):
    for _, pod in of(path).pods:
        volumes = [each["name"] for each in pod["spec"]["volumes"]]
        assert len(volumes) == len(set(volumes))
        for container in containers(pod):
            mounts = container["volumeMounts"]
            assert {each["name"] for each in mounts} == set(volumes)
            assert len({each["mountPath"] for each in mounts}) == len(mounts)


@each_file
def test_each_configmap_of_a_pod_is_one_of_the_chart_or_one_that_the_values_name(path, of):
    named = {"manifests"} if path.stem == "secrets-values" else set()
    made = {each["metadata"]["name"] for each in of(path).of("ConfigMap")}
    for _, pod in of(path).pods:
        used = {each["configMap"]["name"] for each in pod["spec"]["volumes"] if "configMap" in each}
        assert used <= made | named


@each_file
def test_each_variable_of_a_manifest_is_supplied(path, of):
    for _, pod in of(path).pods:
        manifest = of(path).manifest_of(pod)
        if manifest is None:
            continue
        text = yaml.safe_dump(yaml.safe_load(manifest))
        wanted = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)(?=[}]|:\?)", text))
        for container in containers(pod):
            assert wanted <= environment(container, SECRETS).keys()


@each_file
def test_each_manifest_is_found_valid_by_the_container_that_validates_it(path, of, run_cli, tmp_path):
    """The arguments, variables, files and manifest of each pod of `helm test`, with the real command."""
    rendered = of(path)
    different = {rendered.manifest_of(pod): pod for pod in rendered.of("Pod") if rendered.manifest_of(pod)}
    for number, pod in enumerate(different.values()):
        (container,) = pod["spec"]["containers"]
        directory = tmp_path / str(number)
        directory.mkdir()
        done = run_container(run_cli, rendered, pod, container, secrets=SECRETS, directory=directory)
        assert done.code == 0, done.stderr
        assert ": valid, " in done.stdout


@each_file
def test_each_pod_is_selected_by_the_network_policy_and_counts_as_its_job(path, of):
    policies = of(path).of("NetworkPolicy")
    for _, pod in of(path).pods:
        for policy in policies:
            assert policy["spec"]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        assert pod["metadata"]["labels"]["app.kubernetes.io/component"]


def test_a_job_that_runs_once_validates_first_and_is_not_tried_again(of):
    once = of(CI[[path.stem for path in CI].index("once-values")])
    job = once.one("Job")
    assert job["metadata"]["name"].startswith("shop-pg-xcopy-migrate-")
    assert job["spec"]["backoffLimit"] == 0
    assert "ttlSecondsAfterFinished" not in job["spec"], "Helm would make it again with the next upgrade"
    spec = job["spec"]["template"]["spec"]
    assert [each["args"] for each in containers(job["spec"]["template"])] == [
        ["validate", "/etc/pg-xcopy/jobs.yaml"],
        ["run", "/etc/pg-xcopy/jobs.yaml", "--", "migrate"],
    ]
    assert spec["restartPolicy"] == "Never"
    assert once.of("CronJob") == []


def test_what_the_values_of_everything_say_arrives(of):
    everything = of(CI[[path.stem for path in CI].index("everything-values")])
    cron = everything.named("CronJob", "platform-copies-anonymise")
    spec, job = cron["spec"], cron["spec"]["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert (spec["schedule"], spec["timeZone"]) == ("30 1 * * 1-5", "America/New_York")
    assert (spec["suspend"], spec["concurrencyPolicy"], spec["startingDeadlineSeconds"]) == (True, "Replace", 600)
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (0, 10)
    assert (job["activeDeadlineSeconds"], job["backoffLimit"]) == (1000000, 0)
    assert job["ttlSecondsAfterFinished"] == 604800
    assert "initContainers" not in pod
    assert pod["terminationGracePeriodSeconds"] == 120
    assert pod["securityContext"]["runAsUser"] == 1000650000
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert (pod["priorityClassName"], pod["runtimeClassName"]) == ("batch", "gvisor")
    assert pod["nodeSelector"] == {"kubernetes.io/arch": "amd64"}
    assert pod["tolerations"] == [{"key": "batch", "operator": "Exists", "effect": "NoSchedule"}]
    assert pod["affinity"]["nodeAffinity"]
    assert pod["topologySpreadConstraints"][0]["maxSkew"] == 1
    assert container["args"] == ["run", "/etc/pg-xcopy/jobs.yaml", "--verbose", "--", "refresh:*"]
    assert container["image"].startswith("registry.example.com/tools/pg-xcopy@sha256:0123")
    assert container["resources"] == {"limits": {"memory": "1Gi"}, "requests": {"cpu": "2", "memory": "256Mi"}}
    assert environment(container, SECRETS)["PG_XCOPY_FAIL_ON_WARNINGS"] == "true"
    assert environment(container, SECRETS)["PG_XCOPY_PUSHGATEWAY"] == "http://pushgateway.monitoring.svc:9091"
    assert everything.one("ServiceAccount")["metadata"]["annotations"] == {
        "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/copier"
    }
    ports = [[port["port"] for port in rule["ports"]] for rule in everything.one("NetworkPolicy")["spec"]["egress"]]
    assert ports == [[53, 53], [5432, 6432, 443, 22], [9091], [8443]]
    monitor = everything.one("ServiceMonitor")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"] == {"matchLabels": {"app.kubernetes.io/name": "prometheus-pushgateway"}}


def test_the_manifest_of_hostile_texts_arrives_byte_by_byte(of):
    path = CI[[path.stem for path in CI].index("hostile-values")]
    given = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]["texts"]["manifest"]
    assert "\r\n" in given
    assert of(path).named("ConfigMap", "shop-pg-xcopy-texts")["data"]["jobs.yaml"] == given


def test_hostile_texts_of_variables_and_patterns_arrive(of):
    path = CI[[path.stem for path in CI].index("hostile-values")]
    values = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    (container,) = of(path).named("Pod", "shop-pg-xcopy-yes-validate")["spec"]["containers"]
    assert values["yes"]["env"].items() <= environment(container, SECRETS).items()
    cron = of(path).named("CronJob", "shop-pg-xcopy-123")["spec"]["jobTemplate"]["spec"]
    (container,) = cron["template"]["spec"]["containers"]
    assert container["args"] == ["run", "/etc/pg-xcopy/jobs.yaml", "--", *values["123"]["patterns"]]
