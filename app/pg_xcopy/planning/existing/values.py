"""How the values of one column travel into a column that exists: as they are, cast on the source, or as text."""

from __future__ import annotations

import re
from functools import cached_property
from math import inf

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.objects import TypeName, UserType
from pg_xcopy.catalog.relations import Column
from pg_xcopy.planning.existing.makes import SYSTEM, Identity, Makes, Parts
from pg_xcopy.sql.quoting import Sql

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
_INTERVAL_FIELDS = ("year", "month", "day", "hour", "minute", "second")


class Wire(Struct, frozen=True):
    """What travels: values of `type_name`, into which the source `cast`s them unless that is None.

    `why_text` says why it must be text, where it must; `loss` what the way costs; `problem` why there is no way.
    """

    cast: Sql | None
    type_name: TypeName
    why_text: str = ""
    loss: str = ""
    problem: str = ""


class Values(Struct, frozen=True, dict=True):
    """Compares the types of two databases."""

    source: SourceCatalog
    target: ExistingCatalog

    def wire(self, column: Column | None, into: Column) -> Wire:
        """Decide for a column of the source; None stands for the result of an expression, of a type unknown."""
        wanted = self._there.identity(into)
        loss = self._loss(column, into) if column is not None else ""
        if column is not None and self._here.identity(column) == wanted and self._alike(wanted):
            return Wire(None, column.type_name, loss=loss)
        if self._has(wanted):
            return Wire(into.bare_type, into.type_name, loss=loss)
        why_text = f"the source has no type {into.bare_type} like the target's"
        problem = self._misplaced(column.type_name, into.type_name) if column is not None else ""
        return Wire(TEXT, TypeName(SYSTEM, "text"), why_text, loss, problem)

    def missing_labels(self, column: Column, into: Column) -> tuple[str, ...]:
        """Name the labels of an enum that the target's enum lacks."""
        one, other = self._own(column, into)
        if one is None or other is None or (one.kind, other.kind) != ("e", "e"):
            return ()
        return tuple(label for label in one.labels if label not in other.labels)

    def _loss(self, column: Column, into: Column) -> str:
        """Say what values may lose; a domain is what it is made of, and an enum refuses what is none of its labels."""
        here, there = self._here.plain(column), self._there.plain(into)
        one, other, (_, wanted) = here.type_name, there.type_name, self._own(here, there)
        whose = "the target's " if column.type == into.type else ""
        becomes = f"{column.type} becomes {whose}{into.type}" + ("" if there is into else f" ({there.type})")
        if self._here.identity(here) == self._there.identity(there) and self._same(one, other):
            cut = _cut(here.type, there.type)
            return f"{becomes}: {cut}" if cut else ""
        kept = one.array == other.array and other.name in _WITHOUT_LOSS.get(one.name, ())
        text = other.name in ANY_TEXT and not other.array
        return "" if kept or text or (wanted and wanted.kind == "e") else f"{becomes}, as PostgreSQL casts it"

    def _has(self, wanted: Identity) -> bool:
        """Tell whether the source can cast to a type of the target."""
        if wanted.user_made:
            return self._alike(wanted)
        if wanted.home == SYSTEM:
            # Of the server's own types the names of those that only exist as arrays are not read; there are none.
            return wanted.name in self.source.builtins.types
        return any(each.name == wanted.home for each in self.source.extensions)

    def _alike(self, wanted: Identity) -> bool:
        """Tell whether both sides mean the same by a type of somebody's own making."""
        if not wanted.user_made:
            return True
        one, other = self._here.named(wanted), self._there.named(wanted)
        return one is not None and other is not None and self._same(one, other)

    def _same(self, one: TypeName, other: TypeName) -> bool:
        here, there = self._here.own(one), self._there.own(other)
        if (one.name, one.array, _made(here)) != (other.name, other.array, _made(there)):
            return False
        parts, others = self._here.parts(one), self._there.parts(other)
        return _fields(parts) == _fields(others) and all(
            self._same(part, another) for (_, part), (_, another) in zip(parts, others, strict=True)
        )

    def _misplaced(self, one: TypeName, other: TypeName) -> str:
        """Say which fields would get the values of others, since those of composite types go by their places."""
        parts, others = self._here.parts(self._here.below(one)), self._there.parts(self._there.below(other))
        given, wanted = _fields(parts), _fields(others)
        if any(given) and any(wanted) and given != wanted:
            return f"its type has the fields {', '.join(wanted)}, the source's {', '.join(given)}"
        pairs = zip(parts, others, strict=False)
        return next((found for (_, a), (_, b) in pairs if (found := self._misplaced(a, b))), "")

    def _own(self, column: Column, into: Column) -> tuple[UserType | None, UserType | None]:
        """Give the types of both columns, where they are of somebody's own making."""
        return self._here.own(column.type_name), self._there.own(into.type_name)

    @cached_property
    def _here(self) -> Makes:
        return Makes(self.source)

    @cached_property
    def _there(self) -> Makes:
        return Makes(self.target)


def _made(one: UserType | None) -> tuple[str, tuple[Sql, ...]] | None:
    return (one.kind, one.attributes) if one else None


def _fields(parts: Parts) -> tuple[str, ...]:
    return tuple(name for name, _ in parts)


def _cut(given: str, wanted: str) -> str:
    """Say what values of one type lose in another of the same name, of other modifiers."""
    if _last_field(wanted) < _last_field(given):
        return f"what is smaller than {_INTERVAL_FIELDS[_last_field(wanted)]}s is cut off"
    return "digits are rounded off" if _digits(wanted) < _digits(given) else ""


def _last_field(type_: str) -> int:
    """Find the smallest field that an interval keeps; all that are larger are kept, too."""
    named = [place for place, field in enumerate(_INTERVAL_FIELDS) if f" {field}" in type_]
    return max(named, default=len(_INTERVAL_FIELDS) - 1)


def _digits(type_: str) -> float:
    """Count the digits that a type keeps behind the point."""
    if found := _WITH_SCALE.match(type_):
        return int(found[2])
    if found := _WITH_PRECISION.match(type_):
        return int(found[1])
    if _last_field(type_) < _last_field("interval"):
        return 0
    return _MICROSECONDS if type_.startswith(("time", "interval")) else inf
