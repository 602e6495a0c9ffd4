"""All that was read of a schema of the source, and of the target database as far as a plan needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct, field

from pg_xcopy.catalog.objects import Cast, Collation, Comment, Function, ObjectId, Sequence, TextSearch, UserType
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.catalog.servers import AvailableExtension, Builtins, Extension, Server
from pg_xcopy.catalog.standing import StandingSchema
from pg_xcopy.catalog.surroundings import Surroundings
from pg_xcopy.sql.names import TableName


class SourceCatalog(Struct, frozen=True, dict=True):
    """One schema of the source, all from one snapshot.

    `members` gives the extension that an object belongs to; `unmakeable` describes what of the schema is never made;
    `functions_elsewhere` are those of other schemas.
    """

    server: Server
    schema: str
    relations: tuple[Relation, ...]
    sequences: tuple[Sequence, ...] = ()
    types: tuple[UserType, ...] = ()
    functions: tuple[Function, ...] = ()
    extensions: tuple[Extension, ...] = ()
    collations: tuple[Collation, ...] = ()
    comments: tuple[Comment, ...] = ()
    builtins: Builtins = field(default_factory=Builtins)
    members: Mapping[ObjectId, str] = field(default_factory=dict)
    text_searches: tuple[TextSearch, ...] = ()
    casts: tuple[Cast, ...] = ()
    unmakeable: Mapping[ObjectId, str] = field(default_factory=dict)
    functions_elsewhere: Mapping[ObjectId, TableName] = field(default_factory=dict)

    @cached_property
    def by_oid(self) -> Mapping[int, Relation]:
        """Relations by OID."""
        return {relation.oid: relation for relation in self.relations}

    @cached_property
    def by_name(self) -> Mapping[str, Relation]:
        """Relations by their name within the schema; partitions that live elsewhere go with their roots only."""
        return {each.name.name: each for each in self.relations if each.name.schema == self.schema}

    def partitions_of(self, relation: Relation) -> Iterable[Relation]:
        """Give the direct partitions of a partitioned table, in the order of their names."""
        return self._partitions.get(relation.oid, ())

    @cached_property
    def _partitions(self) -> Mapping[int, list[Relation]]:
        found: dict[int, list[Relation]] = defaultdict(list)
        for each in self.relations:
            for parent in each.parents if each.is_partition else ():
                found[parent].append(each)
        return found


class TargetCatalog(Struct, frozen=True):
    """The target database as far as a plan needs it; `standing` is None where the schema does not exist yet.

    `types_elsewhere`, `tables_elsewhere` and `functions_elsewhere` are those of its other schemas. Our role may not use
    `types_denied`, nor refer to `tables_denied`, nor go into `schemas_closed`, nor create anything in `schemas_sealed`.
    Where the schema stays and only tables of it are replaced, it counts among the others, and `surroundings` say what
    is in it; they are None where there is nothing to stay.
    """

    server: Server
    schema: str
    standing: StandingSchema | None = None
    extensions: tuple[Extension, ...] = ()
    types_elsewhere: frozenset[TableName] = frozenset()
    types_denied: frozenset[TableName] = frozenset()
    tables_elsewhere: frozenset[TableName] = frozenset()
    tables_denied: frozenset[TableName] = frozenset()
    functions_elsewhere: frozenset[TableName] = frozenset()
    schemas: frozenset[str] = frozenset()
    schemas_closed: frozenset[str] = frozenset()
    schemas_sealed: frozenset[str] = frozenset()
    available_extensions: Mapping[str, AvailableExtension] = field(default_factory=dict)
    builtins: Builtins = field(default_factory=Builtins)
    surroundings: Surroundings | None = None
