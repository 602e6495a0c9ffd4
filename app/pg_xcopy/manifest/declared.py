"""What all models of the manifest share.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticKnownError

from pg_xcopy.manifest.frozen import FrozenMapping


class Declared(BaseModel):
    """What all models share: they can't change, they refuse unknown keys, their errors show no values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


MISSING = object()
"""Stands for a key where one of two must be given and neither is; what checks it raises `missing`."""


def not_missing(given: object) -> object:
    """Refuse MISSING, in the words that a required key has."""
    if given is MISSING:
        raise PydanticKnownError("missing")
    return given


def _not_written(name: object, info: ValidationInfo) -> object:
    if info.context is not None and info.context.get("written"):
        raise PydanticKnownError("extra_forbidden")
    return name


def _thawed(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


GivenName = Annotated[
    SkipJsonSchema[str],
    BeforeValidator(_not_written),
    Field(description="The key it is declared under; the loader fills it in."),
]
Frozen = AfterValidator(FrozenMapping)
Plain = PlainSerializer(_thawed)
