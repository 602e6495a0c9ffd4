"""The JSON Schema of a manifest as people write it: what an editor completes and checks while they type."""

from __future__ import annotations

import copy
import json
from typing import Any

from pg_xcopy.manifest.models import Manifest

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:pg-xcopy:manifest"
INTERPOLATED = {"type": "string", "pattern": r"^\s*\$\{.*\}\s*$"}
NULL = {"type": "null"}
BOUNDS = {"ge": "minimum", "le": "maximum"}
"""What Pydantic calls the bounds of a number that may also be null, and what JSON Schema does."""

Schema = dict[str, Any]


def json_schema() -> Schema:
    """Build the schema from the models.

    Pydantic's own lacks what is taken before the models see it: the short forms of a condition, empty rules
    and sections, `${…}` wherever a number, a boolean or a choice is expected, and the section `defaults`.
    """
    schema = Manifest.model_json_schema()
    definitions = {name: _tidied(definition) for name, definition in schema["$defs"].items()}
    definitions["Condition"] = _any_condition(definitions["Condition"])
    definitions["Connection"] = _either(definitions["Connection"], "url", "aws_secret")
    definitions["Connection"] |= {"if": {"required": ["aws_secret"]}, "else": _complete_bastion(definitions["Bastion"])}
    definitions["TableRule"]["type"] = ["object", "null"]
    definitions["TableRule"]["properties"]["transform"]["type"] = ["object", "null"]
    one, several = (definitions["Job"]["properties"][name] for name in ("target", "targets"))
    del several["default"], one["default"], one["anyOf"]
    one["$ref"] = several["items"]["$ref"]
    complete = {name: definitions[name].pop("required") for name in ("Job", "Source", "Target")}
    definitions["Defaults"] = _defaults(definitions["Job"])
    return {
        "$schema": DIALECT,
        "$id": ID,
        "title": "pg-xcopy manifest",
        "description": "Jobs that copy filtered and transformed tables between PostgreSQL databases.",
        "type": "object",
        "additionalProperties": False,
        "required": ["jobs"],
        "properties": _sections(_tidied(schema)["properties"]),
        "if": {"required": ["defaults"]},
        "else": {"properties": {"jobs": {"additionalProperties": _required(complete)}}},
        "$defs": definitions,
    }


def json_schema_text() -> str:
    """Write the schema as the file in schemas/ has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _sections(properties: Schema) -> Schema:
    defaults = {
        "anyOf": [{"$ref": "#/$defs/Defaults"}, NULL],
        "description": "What every job starts from: its mappings merge with a job's, all else is replaced.",
    }
    connections = {**properties["connections"], "type": ["object", "null"]}
    return {"connections": connections, "defaults": defaults, "jobs": properties["jobs"]}


def _either(model: Schema, *keys: str) -> Schema:
    """Say that one of the keys has to be there, and null in none of them."""
    for key in keys:
        model["properties"][key].pop("default")
    return {**model, "anyOf": [{"required": [key]} for key in keys]}


def _complete_bastion(bastion: Schema) -> Schema:
    """Say what a bastion must have where no secret may say the rest; two ways to say one thing are always too many."""
    complete = {key: bastion.pop(key) for key in ("required", "allOf")}
    pairs = ([key for way in pair["oneOf"] for key in way["required"]] for pair in complete["allOf"])
    bastion["allOf"] = [{"not": {"required": pair}} for pair in pairs]
    return {"properties": {"ssh": {"if": {"type": "object"}, "then": complete}}}


def _required(complete: dict[str, list[str]]) -> Schema:
    """Say what a job must have; where there are defaults, it may have it from them."""
    sides = {side: {"required": complete[side.capitalize()]} for side in ("source", "target")}
    targets = {"targets": {"items": sides["target"]}}
    somewhere = [{"required": ["target"]}, {"required": ["targets"]}]
    return {"required": complete["Job"], "oneOf": somewhere, "properties": {**sides, **targets}}


def _defaults(job: Schema) -> Schema:
    defaults = copy.deepcopy(job)
    defaults["description"] = "Any part of a job."
    defaults["properties"]["tables"].pop("minProperties")
    return defaults


def _any_condition(operators: Schema) -> Schema:
    for operator in operators["properties"].values():
        operator.pop("default")
    forms = [
        {"type": ["string", "number", "boolean"], "description": "Equals this value."},
        {"type": "null", "description": "IS NULL."},
        {**operators["properties"]["in"], "description": "One of these values."},
        {**operators, "minProperties": 1, "description": "Operators, all of which must hold."},
    ]
    return {"description": operators["description"], "anyOf": forms}


def _tidied(definition: Schema) -> Schema:
    """Drop what Pydantic adds for developers, and take `${…}` beside numbers, booleans and choices."""
    about = definition["description"].split("\n\n")[0].replace("\n", " ")
    properties = {name: _property(each) for name, each in definition["properties"].items()}
    untitled = {key: value for key, value in definition.items() if key != "title"}
    return {**untitled, "description": about, "properties": properties}


def _property(schema: Schema) -> Schema:
    about: Schema = {key: schema[key] for key in ("description", "default") if key in schema}
    rest: Schema = {key: value for key, value in schema.items() if key not in {*about, "title"}}
    if "anyOf" in rest:
        rest["anyOf"] = [{BOUNDS.get(key, key): value for key, value in each.items()} for each in rest["anyOf"]]
    if rest.get("type") in ("boolean", "integer") or {"enum", "const", "anyOf"} & set(rest):
        rest = {"anyOf": [*rest.get("anyOf", [rest]), INTERPOLATED]}
    return {**about, **rest}
