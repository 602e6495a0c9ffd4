"""A server, what it brings itself and what was added to it, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct


class Server(Struct, frozen=True):
    """A server and what our role may do in its database; `version` as PostgreSQL numbers it (150004).

    `superuser` tells whether our role may alter what belongs to the server's first superuser; `compressions` are the
    methods for columns that it was built with, none before PostgreSQL 14; `large_objects` whether the database has any.
    `encoding` is the database's; `helpers` are the further processes that may build an index. `instance` is the moment
    at which the server was started, which no two have in common.
    """

    version: int
    database: str
    role: str
    in_recovery: bool
    may_create_schemas: bool
    compressions: frozenset[str] = frozenset()
    superuser: bool = False
    large_objects: bool = False
    encoding: str = "UTF8"
    helpers: int = 0
    instance: str = ""


class Extension(Struct, frozen=True):
    """An installed extension; `ours` tells whether the role may alter it."""

    name: str
    schema: str
    version: str
    relocatable: bool
    ours: bool


def schemas_of(extensions: Iterable[Extension]) -> tuple[str, ...]:
    """Give the schemas that extensions live in, each once, in the order of their names."""
    return tuple(sorted({each.schema for each in extensions}))


class AvailableExtension(Struct, frozen=True):
    """An extension that could be created; `schema` is where it must live, None where that is ours to choose.

    `requires` are others that it needs; `relocatable` and `ours` are what they will be of the Extension. A `restricted`
    one takes a superuser.
    """

    name: str
    schema: str | None = None
    relocatable: bool = True
    ours: bool = True
    requires: tuple[str, ...] = ()
    restricted: bool = False


class Builtins(Struct, frozen=True):
    """The names of the server's own types, functions and collations, those that can be used in the database."""

    types: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    collations: frozenset[str] = frozenset()

    def __sub__(self, other: Builtins) -> Builtins:
        """Give what another server lacks of these."""
        return Builtins(self.types - other.types, self.functions - other.functions, self.collations - other.collations)
