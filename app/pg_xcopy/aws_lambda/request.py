"""What an event asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from pg_xcopy.errors import UsageError
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.manifest.paths import shown_path

FORM = 'An event looks like this: {"manifest": "jobs.yaml", "jobs": ["tenant:*"], "overrides": {"parallel": 2}}.'


class Request(Struct, frozen=True):
    """`manifest` is where one is, or one itself; no `jobs` are all; `overrides` are laid over each of them."""

    manifest: str | Mapping[str, Any] | None = None
    jobs: tuple[str, ...] = ()
    overrides: Mapping[str, Any] | None = None


KEYS = tuple(field.name for field in fields(Request))


def request_of(event: object) -> Request:
    """Check an event; raises UsageError. Of one that EventBridge sent, what counts is its `detail`."""
    given = {} if event is None else event
    if isinstance(given, Mapping) and {"detail-type", "detail"} <= given.keys():
        given = _detail(given["detail"])
    if not isinstance(given, Mapping):
        raise UsageError(f"the event is {_kind(given)}, not an object.", FORM)
    unknown = [str(key) for key in given if key not in KEYS]
    if unknown:
        raise UsageError(
            f"the event has an unknown key {shown_path((unknown[0],))}.", did_you_mean(unknown[0], KEYS) or FORM
        )
    return Request(_manifest(given.get("manifest")), _jobs(given.get("jobs")), _overrides(given.get("overrides")))


def _detail(given: object) -> object:
    """Read what EventBridge's scheduler sends as JSON in a text, and its rules as it is."""
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return given


def _manifest(given: object) -> str | Mapping[str, Any] | None:
    if given is None or (isinstance(given, str) and given) or isinstance(given, Mapping):
        return given
    expected = "a file of the function, s3://bucket/key, a mapping, or YAML as text"
    raise UsageError(f"the event's manifest is {_kind(given)}; expected {expected}.", FORM)


def _jobs(given: object) -> tuple[str, ...]:
    """Take names and patterns. An empty list is nobody's wish for all jobs."""
    names = [given] if isinstance(given, str) else given
    if names is None:
        return ()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise UsageError("the event's jobs are neither a name or pattern nor a list of such.", FORM)
    if not names:
        raise UsageError("the event's jobs are an empty list.", "Leave the key out to run all jobs.")
    return tuple(names)


def _overrides(given: object) -> Mapping[str, Any] | None:
    if given is None or isinstance(given, Mapping):
        return given
    raise UsageError(f"the event's overrides are {_kind(given)}; expected a mapping of a job's keys.", FORM)


def _kind(value: object) -> str:
    """Say what something is, and not what it says: an event may hold secrets."""
    kinds = {str: "text", list: "a list", dict: "an object", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number" if isinstance(value, int | float) else f"a Python {type(value).__name__}")
