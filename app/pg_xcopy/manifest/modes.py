"""Keys that mean something in some modes only: elsewhere they are mistakes, as nothing is silently ignored."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails

from pg_xcopy.manifest.fields import refusal

Given = TypeVar("Given")

UPSERT_ONLY = "this says something with `mode: upsert` only"
_WITHOUT_MEANING = {
    "strict": "a constraint of the target that does not hold fails the job anyway",
    "cascade": "nothing is dropped",
    "create_missing": "nothing is created",
}
"""Why these say nothing where existing tables are filled."""


def of_upsert(value: Given, info: ValidationInfo) -> Given:
    """Refuse a key of the target that says how to upsert, in another mode."""
    if info.data.get("mode", "upsert") != "upsert":
        raise refusal(UPSERT_ONLY, f"the mode is {info.data['mode']}")
    return value


def rules_of_upsert(tables: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
    """Refuse the same keys in the rules of tables."""
    targets = _targets(info)
    if not targets or any(target.mode == "upsert" for target in targets):
        return tables
    refused = refusal(UPSERT_ONLY, f"the target's mode is {targets[0].mode}")
    wrong = [
        InitErrorDetails(type=refused, loc=(name, key), input=getattr(rule, key))
        for name, rule in tables.items()
        for key in ("key", "update")
        if getattr(rule, key) is not None
    ]
    if wrong:
        raise ValidationError.from_exception_data("tables", wrong)
    return tables


def unless_filling(value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - a validator's signature
    """Refuse what would be done to structure, where structure stays as it is."""
    targets = _targets(info)
    if value and targets and all(target.fills_existing for target in targets):
        why = _WITHOUT_MEANING[info.field_name or ""]
        raise refusal(f"this says nothing with `mode: {targets[0].mode}`: {why}", "leave it out, or set it to false")
    return value


def when_filling(value: str, info: ValidationInfo) -> str:
    """Refuse transactions for each table, where a whole schema is swapped at once."""
    targets = _targets(info)
    if value == "table" and targets and not any(target.fills_existing for target in targets):
        said = "a schema is replaced as a whole, so its tables can't be done each by itself"
        raise refusal(said, "it goes with the modes append, truncate and upsert")
    return value


def _targets(info: ValidationInfo) -> tuple[Any, ...]:
    """Give those of the job's targets that are right."""
    return info.data.get("targets") or tuple(filter(None, [info.data.get("target")]))
