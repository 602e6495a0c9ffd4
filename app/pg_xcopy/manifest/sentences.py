"""What is said of each kind of mistake, without ever showing a value that may be secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pg_xcopy.manifest.bastions import Bastion
from pg_xcopy.manifest.conditions import Condition
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.ends import Source, Target
from pg_xcopy.manifest.models import Job, TableRule
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.manifest.paths import looks_secret
from pg_xcopy.manifest.secrets.database import AwsSecret

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from pg_xcopy.manifest.document import Path

SECRET_KEYS = frozenset({"url", "database"})
LONGEST_SHOWN = 60
FIRST_KEYS = ("connections", "defaults", "jobs")

# The path of a model, with * for the names that users give.
_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    ("connections", "*"): Connection,
    ("connections", "*", "aws_secret"): AwsSecret,
    ("connections", "*", "ssh"): Bastion,
    ("jobs", "*"): Job,
    ("jobs", "*", "source"): Source,
    ("jobs", "*", "target"): Target,
    ("jobs", "*", "targets", "*"): Target,
    ("jobs", "*", "tables", "*"): TableRule,
    ("jobs", "*", "tables", "*", "where", "*"): Condition,
}
_GIVEN_NAMES = (1, 3, 5)

# Pydantic's type of an error -> what we say; {found} is described below, the rest is the error's context.
_MESSAGES = {
    "refused": "{said}",
    "missing": "this key is missing",
    "extra_forbidden": "unknown key",
    "unknown_connection": "no connection is called {found}",
    "literal_error": "expected {expected}, found {found}",
    "too_short": "expected at least one entry",
    "greater_than": "expected a number greater than {gt}, found {found}",
    "greater_than_equal": "expected a number of at least {ge}, found {found}",
    "less_than_equal": "expected a number of at most {le}, found {found}",
    "string_unicode": "the text is not valid Unicode",
    "union_tag_not_found": "expected conditions on columns, or a SQL condition as text, found {found}",
}
_EXPECTED = {
    "string": "text",
    "int": "a whole number",
    "finite": "a whole number",
    "bool": "true or false",
    "model": "a mapping",
    "mapping": "a mapping",
    "dict": "a mapping",
    "tuple": "a list",
}


def sentence(details: ErrorDetails, path: Path, variables: str | None) -> tuple[str, str]:
    """Say what is wrong with the value at a path and how to mend it; `variables` says where it came from."""
    kind, context = details["type"], details.get("ctx", {})
    family = kind.partition("_")[0]
    template = _MESSAGES.get(kind) or f"expected {_EXPECTED.get(family, 'something else')}, found {{found}}"
    found = described(details["input"], path, variables)
    hint = _HINTS.get(kind, _no_hint)(details, path)
    return template.format_map({**context, "found": found}), hint


def described(value: Any, path: Path, variables: str | None) -> str:  # noqa: ANN401 - whatever was found
    """Describe a value; show it only if it is short, written in the manifest, and no connection string."""
    if variables:
        return f"the value of {variables}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float | Decimal):
        return f"the number {value}"
    if isinstance(value, str):
        return _text(value, path)
    return "a mapping" if isinstance(value, Mapping) else _other(value)


def _text(value: str, path: Path) -> str:
    secret = looks_secret(value) or (SECRET_KEYS & set(path) and not re.fullmatch(r"[\w.:-]{1,40}", value))
    return "text" if secret or len(value) > LONGEST_SHOWN else repr(value)


def _other(value: object) -> str:
    return "a list" if isinstance(value, list | tuple) else f"a Python {type(value).__name__}"


def _near_key(_: ErrorDetails, path: Path) -> str:
    known = _known_keys(path[:-1])
    return did_you_mean(str(path[-1]), known) or f"known keys: {', '.join(known)}"


def _known_keys(path: Path) -> tuple[str, ...]:
    pattern = tuple("*" if index in _GIVEN_NAMES else str(part) for index, part in enumerate(path))
    if pattern not in _MODELS:
        return FIRST_KEYS
    fields = _MODELS[pattern].model_fields
    return tuple(field.alias or name for name, field in fields.items() if name != "name")


def _near_choice(details: ErrorDetails, _: Path) -> str:
    return did_you_mean(str(details["input"]), re.findall(r"'([^']+)'", str(details.get("ctx"))))


def _near_connection(details: ErrorDetails, _: Path) -> str:
    known: tuple[str, ...] = details["ctx"]["known"]
    declared = f"declared are: {', '.join(known)}" if known else "declare it under connections"
    return did_you_mean(details["input"], known) or declared


def _instead(_: ErrorDetails, path: Path) -> str:
    instead = {"tables": "\"'*': {}\" copies every table", "url": "aws_secret may take its place"}
    return instead.get(str(path[-1]), "")


def _quotes(details: ErrorDetails, _: Path) -> str:
    return "put it in quotes" if isinstance(details["input"], int | float | Decimal) else ""


def _own(details: ErrorDetails, _: Path) -> str:
    return str(details["ctx"]["hint"])


def _no_hint(_: ErrorDetails, __: Path) -> str:
    return ""


_HINTS: dict[str, Callable[[ErrorDetails, Path], str]] = {
    "refused": _own,
    "extra_forbidden": _near_key,
    "literal_error": _near_choice,
    "unknown_connection": _near_connection,
    "missing": _instead,
    "too_short": _instead,
    "string_type": _quotes,
}
