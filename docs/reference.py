"""Writes docs/manifest.md from the JSON Schema, which is written from the models: `python docs/reference.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pg_xcopy.manifest.schema import json_schema

PAGE = Path(__file__).parent / "manifest.md"
INTRODUCTION = """\
# The manifest

<!-- Written by docs/reference.py from the models; a test holds it against them. -->

A manifest is a YAML file with `jobs`, and optionally `connections` and `defaults`; or a Python file with `JOBS`,
`CONNECTIONS` and `DEFAULTS`, dictionaries of the same keys. An unknown key is an error, and all mistakes are reported
at once, each with its line and column: `pg-xcopy validate jobs.yaml`. An editor with a YAML language server completes
and checks a manifest whose first line is `# yaml-language-server: $schema=…/pg-xcopy.schema.json`; `pg-xcopy schema`
prints that file.

Wherever a value is text, `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, `${file:/run/secrets/x}` and
`${aws-sm:id#key}` may stand in it, filled in after the YAML was parsed; `$${VAR}` is the text `${VAR}`.
"""
NOUNS = {
    "Connection": "connection",
    "Bastion": "bastion",
    "AwsSecret": "aws secret",
    "Job": "job",
    "Source": "source",
    "Target": "target",
    "Route": "route",
    "TableRule": "rule",
    "Condition": "condition",
}
"""What each kind of value is called: the title of its section, and the text of links to it."""

PLACES = {
    "Connection": "`connections: NAME:`",
    "Bastion": "`ssh:` of a connection",
    "AwsSecret": "`aws_secret:` of a connection",
    "Job": "`jobs: NAME:`; all but its name may also stand in `defaults:`, which are merged under every job",
    "Source": "`source:` of a job",
    "Target": "`target:` of a job, or each of its `targets:`",
    "Route": "`route:` of a job",
    "TableRule": "`tables: NAME OR PATTERN:` of a job",
    "Condition": "`where: COLUMN:` of a rule, where it is no plain value, `null` or list",
}
_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "mapping", "array": "list"}


def page() -> str:
    """Give the whole page, in Markdown."""
    schema = json_schema()
    kinds = schema["$defs"]
    return INTRODUCTION + "".join(_section(name, kinds) for name in NOUNS)


def _section(name: str, kinds: dict[str, Any]) -> str:
    kind, noun = kinds[name], NOUNS[name]
    lines = [f"\n## {noun.capitalize()}\n", f"{PLACES[name]}\n", f"{kind['description']}\n"]
    described = next((each for each in kind.get("anyOf", kind.get("oneOf", ())) if "properties" in each), kind)
    required = described.get("required", ())
    lines += ["| key | value | default | |", "|---|---|---|---|"]
    for key, field in described["properties"].items():
        default = "**required**" if key in required else _default(field)
        about = field.get("description", "").replace("|", "\\|")
        lines.append(f"| `{key}` | {_value(field, kinds)} | {default} | {about} |")
    return "\n".join(lines) + "\n"


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default in (None, "", []):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _value(field: dict[str, Any], kinds: dict[str, Any]) -> str:
    """Say in words which values a key takes."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{NOUNS[name]}](#{NOUNS[name].replace(' ', '-')})"
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"])
    either = [each for each in field.get("anyOf", field.get("oneOf", ())) if not _is_filled_in(each)]
    if either:
        return " or ".join(dict.fromkeys(_value(each, kinds) for each in either))
    return _plain(field, kinds)


def _is_filled_in(each: dict[str, Any]) -> bool:
    """Tell what needs no mention: null, which is the same as leaving the key out, and ${…}."""
    return each.get("type") == "null" or "\\$\\{" in each.get("pattern", "")


def _plain(field: dict[str, Any], kinds: dict[str, Any]) -> str:
    given = field.get("type", "anything")
    types = [each for each in (given if isinstance(given, list) else [given]) if each != "null"]
    if "B|[KMGT]iB" in field.get("pattern", ""):
        return "a size: `512MB`, `1GiB`"
    if types == ["object"] and isinstance(field.get("additionalProperties"), dict):
        return f"mapping to {_value(field['additionalProperties'], kinds)}"
    if types == ["array"] and "items" in field:
        return f"list of {_value(field['items'], kinds)}"
    return " or ".join(_WORDS.get(each, each) for each in types) + _bounds(field)


def _bounds(field: dict[str, Any]) -> str:
    lowest = field.get("minimum", field.get("ge", field.get("exclusiveMinimum")))
    highest = field.get("maximum", field.get("le"))
    if lowest is None:
        return ""
    return f" from {lowest} to {highest}" if highest is not None else f", at least {lowest}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
