"""What the types of one database are made of, so that those of two can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.objects import TypeName, UserType
from pg_xcopy.catalog.relations import Column
from pg_xcopy.sql.quoting import Sql

SYSTEM = "pg_catalog"

Parts = tuple[tuple[str, TypeName], ...]
"""What a type is made of, by the names of its fields; that of a domain or range has none ('')."""


class Identity(Struct, frozen=True):
    """A type as both sides know it: the server's own, an extension's, of the job's schema (''), of another's."""

    home: str
    name: str
    array: bool
    user_made: bool = False


class Makes(Struct, frozen=True, dict=True):
    """The types of one of the two databases."""

    catalog: SourceCatalog | ExistingCatalog

    def identity(self, column: Column) -> Identity:
        """Tell which type a column has."""
        name = column.type_name
        if name.schema == SYSTEM:
            return Identity(SYSTEM, name.name, name.array)
        types = (each for each in column.needs if each.startswith("pg_type "))
        extension = next((self.catalog.members[each] for each in types if each in self.catalog.members), None)
        return Identity(extension, name.name, name.array) if extension else self._identity(name)

    def named(self, identity: Identity) -> TypeName | None:
        """Find a type of somebody's own making."""
        return self._by_identity.get(identity)

    def own(self, name: TypeName) -> UserType | None:
        """Give a type, or that of an array's elements, if it is of somebody's own making; row types are none."""
        return self._types.get((name.schema, name.name))

    def parts(self, name: TypeName) -> Parts:
        """Give what a type of somebody's own making, or a row type, is made of; none of any other."""
        if made := self.own(name):
            return tuple(zip(made.fields or ("",) * len(made.parts), made.parts, strict=True))
        relation = self.catalog.by_name.get(name.name) if name.schema == self.catalog.schema else None
        return tuple((each.name, each.type_name) for each in relation.columns) if relation else ()

    def below(self, name: TypeName) -> TypeName:
        """Give what a domain is made of, all others as they are."""
        made = self.own(name)
        if made is None or made.kind != "d":
            return name
        (base,) = made.parts
        return self.below(replace(base, array=base.array or name.array))

    def plain(self, column: Column) -> Column:
        """Give the column as it would be without the domain that its type may be."""
        made = self.own(column.type_name)
        if made is None or made.kind != "d" or made.base_type is None:
            return column
        (base,) = made.parts
        array = column.type_name.array and not base.array
        type_name = replace(base, array=base.array or array)
        return self.plain(replace(column, type=Sql(made.base_type + "[]" * array), type_name=type_name))

    @cached_property
    def _types(self) -> Mapping[tuple[str, str], UserType]:
        return {(each.name.schema, each.name.name): each for each in self.catalog.types}

    @cached_property
    def _by_identity(self) -> Mapping[Identity, TypeName]:
        names = (TypeName(*name, array) for name in self._types for array in (False, True))
        return {self._identity(each): each for each in names}

    def _identity(self, name: TypeName) -> Identity:
        home = "" if name.schema == self.catalog.schema else name.schema
        return Identity(home, name.name, name.array, user_made=True)
