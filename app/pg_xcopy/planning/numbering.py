"""Whether a sequence can continue beyond the values of the column that owns it."""

from __future__ import annotations

from collections.abc import Iterable

from pg_xcopy.catalog.objects import TypeName, UserType
from pg_xcopy.catalog.relations import Column

NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})


def holds_numbers(column: Column, types: Iterable[UserType]) -> bool:
    """Tell whether values can be compared with a sequence's; those of `'A' || nextval('s')` can't."""
    return _is_number(column.type_name, tuple(each for each in types if each.kind == "d"))


def _is_number(name: TypeName, domains: tuple[UserType, ...]) -> bool:
    if name.array:
        return False
    if name.schema == "pg_catalog":
        return name.name in NUMBERS
    made = (each for each in domains if (each.name.schema, each.name.name) == (name.schema, name.name))
    return any(_is_number(part, domains) for each in made for part in each.parts)
