"""Which rows: what `where` accepts.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)

from pg_xcopy.manifest.declared import Declared, Frozen, Plain
from pg_xcopy.manifest.fields import LISTS, Comparable, Name, Pair, Predicate, Scalar, Scalars, refusal
from pg_xcopy.sql.quoting import Value

# Pydantic puts the branch it took into the path of an error; no key can be spelled like these.
SQL_BRANCH, COLUMNS_BRANCH = "\0sql", "\0columns"


class Condition(Declared):
    """What one column must fulfil; the operators given combine with AND.

    A bare value means eq, a list means in, null means is_null: true. `eq: null` is IS NULL and `ne: null` is
    IS NOT NULL, so read `operators` (what was given), not the attributes (None when not given, too).
    """

    eq: Scalar = Field(default=None, description="Equals; null means IS NULL.")
    ne: Scalar = Field(default=None, description="Differs; null means IS NOT NULL.")
    gt: Comparable = Field(default=None, description="Greater than.")
    gte: Comparable = Field(default=None, description="Greater than or equal.")
    lt: Comparable = Field(default=None, description="Less than.")
    lte: Comparable = Field(default=None, description="Less than or equal.")
    in_: Scalars = Field(default=(), alias="in", description="One of these values; an empty list is no row.")
    not_in: Scalars = Field(default=(), description="None of these values; an empty list is every row.")
    like: Comparable = Field(default=None, description="LIKE: % is any text, _ any character.")
    ilike: Comparable = Field(default=None, description="LIKE, whatever the case.")
    between: Pair = Field(default=None, description="Lies between two values, both included.")
    is_null: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = Field(
        default=None,
        description="true: IS NULL; false: IS NOT NULL.",
    )

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, given: object) -> object:
        if given is None:
            return {"is_null": True}
        if isinstance(given, LISTS):
            return {"in": given}
        if not isinstance(given, Mapping):
            return {"eq": given}
        if not given:
            raise refusal("an empty mapping is no condition", "use an operator such as eq, gte or in")
        return given

    @field_validator("is_null", mode="before")
    @classmethod
    def _decided(cls, given: object) -> object:
        if given is None:
            raise refusal("expected true or false, found null")
        return given

    @property
    def operators(self) -> tuple[tuple[str, Value | tuple[Value, ...]], ...]:
        """The operators that were given and their operands, by their names in Python (`in_`)."""
        names = (name for name in type(self).model_fields if name in self.model_fields_set)
        return tuple((name, getattr(self, name)) for name in names)

    def __eq__(self, other: object) -> bool:
        # Pydantic compares values only: `eq: null` and `ne: null` would be the same.
        return isinstance(other, Condition) and self.operators == other.operators

    def __hash__(self) -> int:
        return hash(self.operators)

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        aliases = {"in_": "in"}
        return {aliases.get(name, name): operand for name, operand in self.operators}

    def __repr_args__(self) -> tuple[tuple[str, object], ...]:
        return self.operators


def _branch(given: object) -> str | None:
    if isinstance(given, str):
        return SQL_BRANCH
    return COLUMNS_BRANCH if isinstance(given, Mapping) else None


Conditions = Annotated[Mapping[Name, Condition], Frozen]
Where = Annotated[
    Annotated[Predicate, Tag(SQL_BRANCH)] | Annotated[Conditions, Tag(COLUMNS_BRANCH)],
    Discriminator(_branch),
    Plain,
]
