"""Writes docs/manifest.md from the JSON Schema, which is written from the models: `python docs/reference.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pg_xcopy.manifest.fields import PATTERN as SIZE
from pg_xcopy.manifest.fields import UNITS
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


EXAMPLES = {
    "Connection": """\
connections:
  prod:
    url: "${PROD_DB_URL}"
    protected: true
    connect_timeout: 20
""",
    "Bastion": """\
connections:
  prod:
    url: "${PROD_DB_URL}"
    ssh:
      host: bastion.example.com
      port: 2222
      user: ops
      private_key: "${BASTION_KEY}"
      fingerprint: SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU
""",
    "AwsSecret": """\
connections:
  prod:
    aws_secret: {id: shop/databases, key: production.shop, region: eu-central-1}
""",
    "Job": """\
jobs:
  refresh:
    source: {database: prod}
    target: {database: staging}
    tables: {users: {where: {active: true}}, "*": {}}
    exclude: ["audit_*"]
    on_missing_column: skip_table
    strict: true
    parallel: 4
    max_source_connections: 3
    max_target_connections: 5
    maintenance_work_mem: 1GiB
    max_parallel_maintenance_workers: 2
    max_rate: 50MB/s
""",
    "Source": "source: {database: prod, schema: shop}\n",
    "Target": """\
target: {database: warehouse, schema: shop, mode: upsert, key: users_email_key, update: [name, phone], tables: [users]}
""",
    "Route": """\
transport: dblink
route: {host: prod-db.internal, port: 5432}
""",
    "TableRule": """\
tables:
  users:
    where: {active: true}
    transform: {email: "'user' || id || '@example.com'", phone: null}
    format: text
  orders: {where: "total > 100 OR vip"}
  "*": {}
""",
    "Condition": """\
tables:
  orders:
    where:
      status: [paid, shipped]                # one of these
      deleted_at: null                       # IS NULL
      total: {gte: 10, lt: 500}              # both hold
      code: {ilike: "a%", ne: A1}
      placed_at: {between: [2025-01-01, 2025-12-31]}
""",
}
"""One of each; tests load them."""

_REQUIRED = {"Job": ("source", "tables"), "Source": ("database",), "Target": ("database",), "Bastion": ("host", "user")}
"""What must be there in the end; as a part of it may come from elsewhere, the schema does not say so of the key."""

_EITHER = {
    "Connection": "`url`, `aws_secret` or both must be there.",
    "Bastion": "`private_key` or `private_key_file` must be there, and `fingerprint` or `known_hosts`; what the "
    "secret of an `aws_secret` says may be left out.",
    "Job": "`target` or `targets` must be there.",
}


def page() -> str:
    """Give the whole page, in Markdown."""
    schema = json_schema()
    kinds = schema["$defs"]
    return INTRODUCTION + "".join(_section(name, kinds) for name in NOUNS)


def _section(name: str, kinds: dict[str, Any]) -> str:
    kind, noun = kinds[name], NOUNS[name]
    lines = [f"\n## {noun.capitalize()}\n", f"{PLACES[name]}\n", f"{kind['description']}\n"]
    described = next((each for each in kind.get("anyOf", kind.get("oneOf", ())) if "properties" in each), kind)
    required = (*described.get("required", ()), *_REQUIRED.get(name, ()))
    lines += [f"{_EITHER[name]}\n"] if name in _EITHER else []
    lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, field in described["properties"].items():
        default = "**required**" if key in required else _default(field)
        about = field.get("description", "").replace("|", "\\|")
        lines.append(f"| `{key}` | {_value(field, kinds)} | {default} | {about} |")
    return "\n".join(lines) + f"\n\n```yaml\n{EXAMPLES[name]}```\n"


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default in (None, "", []):
        return ""
    if field.get("pattern") == SIZE:
        return f"`{default // UNITS['MB']}MB`"
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
    if field.get("pattern") == SIZE:
        return "a size: `512MB`, `1GiB`"
    if types == ["object"] and isinstance(field.get("additionalProperties"), dict):
        return f"mapping to {_value(field['additionalProperties'], kinds)}"
    if types == ["array"] and "items" in field:
        return f"list of {_value(field['items'], kinds)}"
    return " or ".join(_WORDS.get(each, each) for each in types) + _bounds(field)


def _bounds(field: dict[str, Any]) -> str:
    if "exclusiveMinimum" in field:
        return f", more than {field['exclusiveMinimum']}"
    lowest, highest = field.get("minimum"), field.get("maximum")
    if lowest is None:
        return ""
    return f" from {lowest} to {highest}" if highest is not None else f", at least {lowest}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
