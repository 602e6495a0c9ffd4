"""What is in a secret: text, or a JSON document of which a part is meant. No message quotes a value of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pg_xcopy.connect.secrets_manager import UnreadableSecretError
from pg_xcopy.manifest.near import did_you_mean

Reader = Callable[[str, str], str]
"""Gives the text of a secret by its name or ARN and its region, which may be empty; raises UnreadableSecretError."""

_ABSENT = object()


def single(text: str, secret: str, key: str) -> str:
    """Pick a single value; without a key it is the whole text."""
    value = part(text, secret, key) if key else text
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str) or "\0" in value:
        raise UnreadableSecretError(f"{place(secret, key)} is no single value (text, number, true or false)")
    return value


def part(text: str, secret: str, key: str) -> Any:  # noqa: ANN401 - whatever JSON says
    """Pick a part of a JSON document; the dots of a key lead further down, unless a name has them itself.

    A number is given as text, with the digits it was written with.
    """
    document = _document(text, secret)
    if not key:
        return document
    found = _find(document, key)
    if found is _ABSENT:
        near = did_you_mean(key, _names(document))
        raise UnreadableSecretError(f"the secret {secret} has no {key}", near)
    return found


def fields(text: str, secret: str, key: str) -> Mapping[str, Any]:
    """Pick a mapping; one that is JSON within JSON, as the console of AWS makes them, is unfolded."""
    value = unfolded(part(text, secret, key))
    if not isinstance(value, Mapping):
        raise UnreadableSecretError(f"{place(secret, key)} is no JSON object with the fields of a connection")
    return value


def place(secret: str, key: str) -> str:
    """Call a part of a secret something."""
    return f"{key} of the secret {secret}" if key else f"the secret {secret}"


def _document(text: str, secret: str) -> Any:  # noqa: ANN401 - as above
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise UnreadableSecretError(f"the secret {secret} is not JSON", "without a key it is taken as it is") from None


def unfolded(value: object) -> object:
    """Read a text that is JSON within JSON; anything else stays what it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return value


def _find(value: object, key: str) -> object:
    value = unfolded(value)
    if not isinstance(value, Mapping):
        return _ABSENT
    if key in value:
        return value[key]
    dots = (index for index, character in enumerate(key) if character == ".")
    deeper = (_find(value[key[:dot]], key[dot + 1 :]) for dot in dots if key[:dot] in value)
    return next((found for found in deeper if found is not _ABSENT), _ABSENT)


def _names(value: object, before: str = "") -> list[str]:
    value = unfolded(value)
    if not isinstance(value, Mapping):
        return []
    return [name for key, item in value.items() for name in (before + key, *_names(item, f"{before}{key}."))]
