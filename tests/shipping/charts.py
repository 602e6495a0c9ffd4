"""The chart as tests see it: rendered by Helm, taken apart into objects and pods, its containers run as commands."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
CHART = CHECKOUT / "helm" / "pg-xcopy"
CI = sorted((CHART / "ci").glob("*-values.yaml"))


def _tool():
    spec = importlib.util.spec_from_file_location("chart", CHECKOUT / "helm" / "chart.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _tool()


MANIFEST = """\
jobs:
  copy:
    source: {database: "${SOURCE_DB_URL}"}
    target: {database: "${TARGET_DB_URL}", schema: copy}
    tables: {"*": {}}
"""


@dataclass(frozen=True)
class Rendered:
    """All that one set of values gives."""

    objects: list[dict[str, Any]]
    notes: str

    def of(self, kind):
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind):
        (found,) = self.of(kind)
        return found

    def named(self, kind, name):
        (found,) = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found

    @property
    def pods(self):
        """Every pod that there will be, with the name of what makes it."""
        found = [(each["metadata"]["name"], each) for each in self.of("Pod")]
        found += [(each["metadata"]["name"], each["spec"]["template"]) for each in self.of("Job")]
        crons = self.of("CronJob")
        return found + [(each["metadata"]["name"], each["spec"]["jobTemplate"]["spec"]["template"]) for each in crons]

    def manifest_of(self, pod):
        """The manifest that a pod reads, from a ConfigMap of the chart; None where it is not one of these."""
        volume = next(each for each in pod["spec"]["volumes"] if each["name"] == "manifest")
        (item,) = (volume.get("configMap") or volume["secret"])["items"]
        for each in self.of("ConfigMap"):
            if volume.get("configMap", {}).get("name") == each["metadata"]["name"]:
                return each["data"][item["key"]]
        return None


def render(values, release="shop", namespace="data"):
    """Render values given as YAML or as a mapping."""
    given = tool.values_of(values) if isinstance(values, str) else values
    templates = tool.rendered(given, release, namespace)
    notes = next(text for name, text in templates.items() if name.endswith("NOTES.txt"))
    return Rendered(tool.objects_of(templates), notes)


def containers(pod):
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def environment(container, secrets):
    """The container's variables; what they come from is looked up in `secrets`, by name and key."""
    found = {}
    for source in container.get("envFrom", []):
        found |= secrets[source["secretRef"]["name"]]
    for each in container["env"]:
        found[each["name"]] = each["value"] if "value" in each else _looked_up(each["valueFrom"], secrets)
    return found


def _looked_up(source, secrets):
    ((kind, where),) = source.items()
    return secrets[where["name"]][where["key"]] if kind.endswith("KeyRef") else f"<{kind}>"


def run_container(run_cli, rendered, pod, container, *, secrets, directory):
    """Run what a container runs, with its own variables and manifest; its directories are in `directory`."""
    paths = {each["mountPath"]: directory / each["name"] for each in container["volumeMounts"]}
    for path in paths.values():
        path.mkdir(exist_ok=True)

    def placed(text):
        return re.sub("|".join(map(re.escape, paths)), lambda mounted: str(paths[mounted[0]]), text)

    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    for name, volume in volumes.items():
        if name.startswith("secret-"):
            _write_secret(volume["secret"], secrets, directory / name)
    (item,) = volumes["manifest"]["configMap"]["items"]
    manifest = rendered.manifest_of(pod).encode()
    (directory / "manifest" / item["path"]).write_bytes(placed(manifest.decode()).encode())
    arguments = [placed(each) for each in container["args"]]
    return run_cli(*arguments, env=environment(container, secrets) | {"HOME": str(directory)}, cwd=directory)


def _write_secret(source, secrets, directory):
    held = secrets[source["secretName"]]
    items = source.get("items") or [{"key": key, "path": key} for key in held]
    for item in items:
        (directory / item["path"]).write_text(held[item["key"]], encoding="utf-8")


def job(**said):
    """A job that is right, but for what is said."""
    urls = {name: {"secretKeyRef": {"name": "databases", "key": name}} for name in ("SOURCE_DB_URL", "TARGET_DB_URL")}
    whole = {"schedule": "@daily", "env": urls, "manifest": MANIFEST, **said}
    return {key: value for key, value in whole.items() if value is not None}


def values(said=None, **others):
    return {"jobs": {"nightly": job(**(said or {}))}, **others}


def refusal(given):
    """What Helm says to values, from the first word of ours on."""
    with pytest.raises(pytest.importorskip("helm_python").HelmError) as refused:
        render(given)
    return str(refused.value)
