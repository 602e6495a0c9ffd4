"""The tables of a target that stay what they are and take rows: what reacts to a row, and what our role may do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field

from pg_xcopy.catalog.objects import ObjectId, Sequence, UserType
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.catalog.servers import Builtins, Extension, Server
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class UniqueKey(Struct, frozen=True):
    """A unique index of a table, be it a constraint's or not.

    `parts` are its columns and expressions as ON CONFLICT takes them, `columns` those parts that are plain columns;
    `needs` are all columns that it is computed from, its predicate's too. One that `excludes` is no B-tree. Where
    `nulls_differ`, rows with a NULL in it are never the same.
    """

    name: str
    parts: tuple[Sql, ...]
    columns: tuple[str, ...]
    needs: tuple[str, ...]
    predicate: Sql | None = None
    primary: bool = False
    deferrable: bool = False
    valid: bool = True
    excludes: bool = False
    nulls_differ: bool = True


class Reference(Struct, frozen=True):
    """A foreign key `from` a table (by OID, and by its name) `to` another."""

    name: str
    origin: int
    table: TableName
    to: int
    deferrable: bool = False
    enforced: bool = True


class Reaction(Struct, frozen=True):
    """A trigger or rule that acts when rows arrive; one `before_insert` may change a row, or let it fall."""

    name: str
    rule: bool = False
    before_insert: bool = False


class Rights(Struct, frozen=True):
    """What our role may do with a table, and with which of its columns."""

    inserts: frozenset[str] = frozenset()
    updates: frozenset[str] = frozenset()
    selects: frozenset[str] = frozenset()
    truncates: bool = False
    analyzes: bool = False


class ExistingCatalog(Struct, frozen=True, dict=True):
    """One schema of the target that is to be filled, not replaced.

    Our role may go into it if it is `usable`; `own_path` are the schemas in which its own sessions look names up. Of
    the sequences by OID, those in `advanced` may be advanced by our role, and those in `settable` set.
    """

    server: Server
    schema: str
    relations: tuple[Relation, ...]
    sequences: tuple[Sequence, ...] = ()
    types: tuple[UserType, ...] = ()
    extensions: tuple[Extension, ...] = ()
    members: Mapping[ObjectId, str] = field(default_factory=dict)
    builtins: Builtins = field(default_factory=Builtins)
    usable: bool = True
    may_make_temporary: bool = True
    own_path: tuple[str, ...] = ()
    keys: Mapping[int, tuple[UniqueKey, ...]] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    reactions: Mapping[int, tuple[Reaction, ...]] = field(default_factory=dict)
    rights: Mapping[int, Rights] = field(default_factory=dict)
    advanced: frozenset[int] = frozenset()
    settable: frozenset[int] = frozenset()

    @cached_property
    def by_name(self) -> Mapping[str, Relation]:
        """Relations by their name within the schema."""
        return {each.name.name: each for each in self.relations if each.name.schema == self.schema}

    @cached_property
    def by_oid(self) -> Mapping[int, Relation]:
        """Relations by OID."""
        return {each.oid: each for each in self.relations}

    def above(self, oid: int) -> Iterator[int]:
        """Give a table's OID, and those of the partitioned tables that it is a part of."""
        yield oid
        relation = self.by_oid.get(oid)
        if relation and relation.is_partition:
            for parent in relation.parents:
                yield from self.above(parent)

    def reacting(self, relation: Relation) -> tuple[Reaction, ...]:
        """Give what acts when rows arrive in a table, or in a partition of it; each once, as partitions have copies."""
        return tuple({each.name: each for each in self._reacting.get(relation.oid, ())}.values())

    @cached_property
    def _reacting(self) -> Mapping[int, list[Reaction]]:
        found: dict[int, list[Reaction]] = defaultdict(list)
        for oid, reactions in self.reactions.items():
            for above in self.above(oid):
                found[above] += reactions
        return found

    def sequences_of(self, relation: Relation) -> tuple[Sequence, ...]:
        """Give the sequences that columns of a table own."""
        return tuple(self._owned.get(relation.oid, ()))

    @cached_property
    def _owned(self) -> Mapping[int | None, list[Sequence]]:
        found: dict[int | None, list[Sequence]] = defaultdict(list)
        for each in self.sequences:
            found[each.owner].append(each)
        return found
