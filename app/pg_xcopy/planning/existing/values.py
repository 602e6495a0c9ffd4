"""How the values of one column travel into a column that exists: as they are, cast on the source, or as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import inf

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.objects import TypeName, UserType
from pg_xcopy.catalog.relations import Column
from pg_xcopy.sql.quoting import Sql

SYSTEM = "pg_catalog"
TEXT = Sql("text")
ANY_TEXT = frozenset({"text", "varchar", "citext"})

_WITHOUT_LOSS = {
    "int2": {"int4", "int8", "numeric", "float4", "float8"},
    "int4": {"int8", "numeric", "float8"},
    "int8": {"numeric"},
    "float4": {"float8"},
    "bpchar": {"text", "varchar"},
    "date": {"timestamp"},
    "jsonb": {"json"},
    "cidr": {"inet"},
    "macaddr": {"macaddr8"},
    "text": {"varchar", "bpchar"},
    "varchar": {"bpchar"},
}
"""Casts of the server's own types that keep each value, or raise an error; what becomes text keeps it as well."""

_WITH_SCALE = re.compile(r"numeric\((\d+),(-?\d+)\)")
_WITH_PRECISION = re.compile(r"(?:time|interval).*\((\d)\)")
_MICROSECONDS = 6


@dataclass(frozen=True)
class Wire:
    """What travels: values of `type_name`, into which the source `cast`s them unless that is None.

    `why_text` says why it must be text, where it must; `loss` what the way costs.
    """

    cast: Sql | None
    type_name: TypeName
    why_text: str = ""
    loss: str = ""


@dataclass(frozen=True)
class _Identity:
    """A type as both sides know it: the server's own, an extension's, of the job's schema (''), of another's."""

    home: str
    name: str
    array: bool
    user_made: bool = False


@dataclass(frozen=True)
class Values:
    """Compares the types of two databases."""

    source: SourceCatalog
    target: ExistingCatalog

    def wire(self, column: Column | None, into: Column) -> Wire:
        """Decide for a column of the source; None stands for the result of an expression, of a type unknown."""
        wanted = self._identity(into, self.target)
        if column is not None and self._identity(column, self.source) == wanted and self._alike(wanted):
            return Wire(None, column.type_name, loss=_rounding(column, into))
        if self._has(wanted):
            loss = self._loss(column, into) if column is not None else ""
            return Wire(into.bare_type, into.type_name, loss=loss)
        return Wire(TEXT, TypeName(SYSTEM, "text"), f"the source has no type {into.bare_type} like the target's")

    def missing_labels(self, column: Column, into: Column) -> tuple[str, ...]:
        """Name the labels of an enum that the target's enum lacks."""
        one, other = self._own_types(column, into)
        if one is None or other is None or (one.kind, other.kind) != ("e", "e"):
            return ()
        return tuple(label for label in one.labels if label not in other.labels)

    def _loss(self, column: Column, into: Column) -> str:
        one, other = column.type_name, into.type_name
        kept = one.array == other.array and other.name in _WITHOUT_LOSS.get(one.name, ())
        if kept or (other.name in ANY_TEXT and not other.array):
            return ""
        if any(each and each.base_type in (column.bare_type, into.bare_type) for each in self._own_types(column, into)):
            return ""
        return f"{column.type} becomes {into.type}, as PostgreSQL casts it"

    def _has(self, wanted: _Identity) -> bool:
        """Tell whether the source can cast to a type of the target."""
        if wanted.user_made:
            return self._alike(wanted)
        if wanted.home == SYSTEM:
            # Of the server's own types the names of those that only exist as arrays are not read; there are none.
            return wanted.name in self.source.builtins.types
        return any(each.name == wanted.home for each in self.source.extensions)

    def _alike(self, wanted: _Identity) -> bool:
        """Tell whether both sides mean the same by a type of somebody's own making."""
        if not wanted.user_made:
            return True
        one, other = self._source_types.get(wanted), self._target_types.get(wanted)
        if one is None or other is None:
            return False
        return (one.kind, _made_of(one), one.attributes) == (other.kind, _made_of(other), other.attributes)

    def _own_types(self, column: Column, into: Column) -> tuple[UserType | None, UserType | None]:
        """Give the types of both columns, where they are of somebody's own making."""
        one, other = self._identity(column, self.source), self._identity(into, self.target)
        return self._source_types.get(one), self._target_types.get(other)

    @cached_property
    def _source_types(self) -> dict[_Identity, UserType]:
        return dict(self._by_identity(self.source))

    @cached_property
    def _target_types(self) -> dict[_Identity, UserType]:
        return dict(self._by_identity(self.target))

    @staticmethod
    def _by_identity(catalog: SourceCatalog | ExistingCatalog) -> Iterator[tuple[_Identity, UserType]]:
        for each in catalog.types:
            for array in (False, True):
                yield _identity_of_own(TypeName(each.name.schema, each.name.name, array), catalog.schema), each

    @staticmethod
    def _identity(column: Column, catalog: SourceCatalog | ExistingCatalog) -> _Identity:
        name = column.type_name
        if name.schema == SYSTEM:
            return _Identity(SYSTEM, name.name, name.array)
        types = (each for each in column.needs if each.startswith("pg_type "))
        extension = next((catalog.members[each] for each in types if each in catalog.members), None)
        return _Identity(extension, name.name, name.array) if extension else _identity_of_own(name, catalog.schema)


def _identity_of_own(name: TypeName, schema: str) -> _Identity:
    return _Identity("" if name.schema == schema else name.schema, name.name, name.array, user_made=True)


def _made_of(one: UserType) -> tuple[tuple[str, bool], ...]:
    return tuple((part.name, part.array) for part in one.parts)


def _rounding(column: Column, into: Column) -> str:
    if _digits(into.type) < _digits(column.type):
        return f"{column.type} becomes {into.type}: digits are rounded off"
    return ""


def _digits(type_: str) -> float:
    """Count the digits that a type keeps behind the point."""
    if found := _WITH_SCALE.match(type_):
        return int(found[2])
    if found := _WITH_PRECISION.match(type_):
        return int(found[1])
    return _MICROSECONDS if type_.startswith(("time", "interval")) else inf
