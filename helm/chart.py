"""Works on the chart: lints and renders it with Helm itself, and writes the table of values in its README.

chart.py check [--output DIR]    lint, render and validate it with each of its values files
chart.py readme                  write the table between the markers of README.md again
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import helm_python

CHART = Path(__file__).parent / "pg-xcopy"
README = CHART / "README.md"
BEGIN, END = "<!-- values: written by helm/chart.py -->\n", "<!-- end of values -->\n"

OLDEST = "1.28"
"""The oldest Kubernetes whose schemas the objects are held against; the newest is the newest there are schemas of."""
FOREIGN = frozenset({"ServiceMonitor"})
"""Kinds that are not Kubernetes' own, and so in none of its schemas."""
WARNING = 2
"""Helm's findings have a severity: 1 is information, 2 a warning, 3 an error."""

Object = dict[str, Any]


def main() -> None:
    """Do what the command line says; a SystemExit says what is wrong with the chart."""
    options = _options()
    if options.command == "readme":
        README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
        return
    problems = [f"{path.name}: {problem}" for path in values_files() for problem in _checked(path, options.output)]
    if problems:
        sys.exit("\n".join(problems))
    if options.output:
        print(_packaged(options.output))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="lint, render and validate the chart with each of its values files")
    check.add_argument("--output", type=Path, help="a directory to write the objects and the packaged chart to")
    commands.add_parser("readme", help="write the table of values in README.md")
    return parser.parse_args()


# --- With Helm


def values_files() -> list[Path]:
    """List the values that the chart is checked with."""
    return sorted((CHART / "ci").glob("*-values.yaml"))


def values_of(text: str) -> Object:
    """Read values as Helm does; its own errors are raised as they are."""
    import helm_python  # noqa: PLC0415 - the table of values is made without Helm

    return helm_python.values_from_yaml(text)


def rendered(values: Object, release: str = "shop", namespace: str = "data") -> dict[str, str]:
    """Render the chart's templates, by their names; helm_python.HelmError where values or templates are refused."""
    return _chart().render(values, name=release, namespace=namespace)


@cache
def _chart() -> helm_python.Chart:
    import helm_python  # noqa: PLC0415 - as above

    return helm_python.Chart.load(CHART)


def objects_of(templates: dict[str, str]) -> list[Object]:
    """List the Kubernetes objects of rendered templates."""
    texts = [text for name, text in templates.items() if name.endswith(".yaml")]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def findings(values: Object) -> list[str]:
    """Lint the chart; list Helm's warnings and errors."""
    import helm_python  # noqa: PLC0415 - as above

    report = helm_python.lint(CHART, values, strict=True)
    return [f"{each['path']}: {each['error']}" for each in report["messages"] if each["severity"] >= WARNING]


def faults(thing: Object) -> list[str]:
    """List what the schemas of the oldest and the newest Kubernetes say against an object, unknown fields included."""
    import kubernetes_validate as schemas  # noqa: PLC0415 - as above

    if thing["kind"] in FOREIGN:
        return []
    found = []
    for version in (OLDEST, schemas.latest_version()):
        try:
            schemas.validate(thing, version, strict=True)
        except schemas.ValidationError as error:
            place = ".".join(map(str, error.path))
            found.append(f"{thing['kind']} {thing['metadata']['name']}, Kubernetes {version}: {place}: {error.message}")
    return found


def _packaged(output: Path) -> str:
    import helm_python  # noqa: PLC0415 - as above

    return helm_python.package(CHART, destination=output)


def _checked(path: Path, output: Path | None) -> Iterator[str]:
    values = values_of(path.read_text(encoding="utf-8"))
    yield from findings(values)
    templates = rendered(values)
    objects = objects_of(templates)
    for each in objects:
        yield from faults(each)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        target = output / path.name.replace("-values", "")
        target.write_text(yaml.safe_dump_all(objects, sort_keys=False, allow_unicode=True), encoding="utf-8")
    print(f"{path.name}: {len(objects)} objects")


# --- The table of values


def with_table(text: str) -> str:
    """Give the README's text with the table of values as schema and values.yaml have it."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def table() -> str:
    """Describe every value in a table of Markdown: its path, what it is, its default."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    job = schema["definitions"]["job"]["properties"]
    rest = {name: value for name, value in schema["properties"].items() if name not in {"jobs", "defaults"}}
    return "\n".join([*_table("In a job", job, values["defaults"]), "", *_table("For all", rest, values)])


def _table(title: str, properties: Object, defaults: Object) -> Iterator[str]:
    yield f"| {title} | default | |"
    yield "|---|---|---|"
    for path, described, default in _leaves(properties, defaults):
        yield f"| `{path}` | {_shown(default)} | {_cell(described)} |"


def _leaves(properties: Object, defaults: Object, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Give each value's path, description and default; what Kubernetes describes itself has none here."""
    for name, value in properties.items():
        path, default = f"{prefix}{name}", defaults.get(name)
        if not _parts(value) or not default:
            yield path, value["description"], default
        yield from _leaves(_parts(value), default if isinstance(default, dict) else {}, f"{path}.")
        yield from _leaves(_parts(value.get("items", {})), {}, f"{path}[].")


def _parts(schema: Object) -> Object:
    return {name: each for name, each in schema.get("properties", {}).items() if "description" in each}


def _shown(default: Any) -> str:  # noqa: ANN401 - whatever a value may be
    if default is None:
        return ""
    return f"`{json.dumps(default, ensure_ascii=False) if not isinstance(default, str) or not default else default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
