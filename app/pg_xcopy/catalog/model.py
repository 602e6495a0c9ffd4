"""The catalog of one schema as frozen values; names and definitions as PostgreSQL's own catalog gives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pg_xcopy.catalog.objects import Cast, Collation, ObjectId, TextSearch
from pg_xcopy.catalog.standing import StandingSchema
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

if TYPE_CHECKING:
    from pg_xcopy.catalog.surroundings import Surroundings


@dataclass(frozen=True)
class TypeName:
    """A type by its name in pg_type (`int4`, not `integer`); of an `array`, the type of its elements."""

    schema: str
    name: str
    array: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    `type` is as declared (`character varying(45)`), `bare_type` the same without its modifier; `identity` is 'a'
    (ALWAYS), 'd' (BY DEFAULT) or ''; `generated` is 's' (STORED), 'v' (VIRTUAL) or ''; `expression` is the default's or
    the generation's. `needs` is what the column needs, `expression_needs` what its expression does. `storage`,
    `compression`, `statistics` and `options` are None where they are the type's or the server's. Since PostgreSQL 18 a
    NOT NULL has a name, and is `not_null_local` where it does not only come from a parent.
    """

    name: str
    type: Sql
    bare_type: Sql
    type_name: TypeName
    not_null: bool = False
    identity: str = ""
    generated: str = ""
    local: bool = True
    expression: Sql | None = None
    collation: Sql | None = None
    depends_on: tuple[str, ...] = ()
    needs: tuple[ObjectId, ...] = ()
    expression_needs: tuple[ObjectId, ...] = ()
    storage: str | None = None
    compression: str | None = None
    statistics: int | None = None
    options: Sql | None = None
    not_null_name: str | None = None
    not_null_no_inherit: bool = False
    not_null_valid: bool = True
    not_null_local: bool = False


@dataclass(frozen=True)
class Constraint:
    """A constraint; `kind` is pg_constraint's contype: p, u, x, c or f.

    `part_of` is the index of a partitioned table that a key's own index is attached to. `excludes` tells what an
    index that is no B-tree holds up: EXCLUDE, and keys WITHOUT OVERLAPS.
    """

    name: str
    kind: str
    definition: Sql
    columns: tuple[str, ...]
    inherited: bool = False
    referenced: TableName | None = None
    referenced_columns: tuple[str, ...] = ()
    needs: tuple[ObjectId, ...] = ()
    part_of: str | None = None
    excludes: bool = False


@dataclass(frozen=True)
class Index:
    """An index that no constraint owns; `definition` begins with USING.

    `statistics` are ALTER INDEX actions for the statistics targets of its expressions. `part_of` is the index of a
    partitioned table that it is attached to; one `on_root_only` lacks such parts in some partitions of its table.
    """

    name: str
    is_unique: bool
    valid: bool
    definition: Sql
    columns: tuple[str, ...]
    needs: tuple[ObjectId, ...] = ()
    statistics: tuple[Sql, ...] = ()
    on_root_only: bool = False
    part_of: str | None = None


@dataclass(frozen=True)
class Statistics:
    """Extended statistics; `definition` is what stands between the name and FROM, `target` the statistics target."""

    name: str
    definition: Sql
    columns: tuple[str, ...]
    target: int | None = None
    needs: tuple[ObjectId, ...] = ()


@dataclass(frozen=True)
class Relation:
    """A relation with rows; `kind` is pg_class's relkind (r, p, v, m, f).

    `bytes` counts TOAST, not indexes, and `blocks` only what ctid counts. `of_type` is the composite type of a
    typed table; `options` are its storage parameters by name, those of its TOAST table included; `row_security` tells
    whether policies hide rows from our role, `policies` counts them where row-level security is enabled;
    `parent_names` are those of `parents`, wherever they live; `replica_identity` is pg_class's relreplident (d, n,
    f, i). `ids` are its own and those of its row type; `needs` is what it needs beside its columns.
    """

    oid: int
    name: TableName
    kind: str
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    persistence: str = "p"
    estimated_rows: int = 0
    bytes: int = 0
    blocks: int = 0
    is_partition: bool = False
    partition_key: Sql | None = None
    partition_bound: Sql | None = None
    partition_columns: tuple[str, ...] = ()
    partitioned_by_expression: bool = False
    parents: tuple[int, ...] = ()
    of_extension: bool = False
    of_type: Sql | None = None
    options: tuple[tuple[Sql, str], ...] = ()
    replica_identity: str = "d"
    replica_identity_index: str | None = None
    cluster_index: str | None = None
    statistics: tuple[Statistics, ...] = ()
    row_security: bool = False
    policies: int | None = None
    parent_names: tuple[str, ...] = ()
    ids: tuple[ObjectId, ...] = ()
    needs: tuple[ObjectId, ...] = ()

    @property
    def is_table(self) -> bool:
        """Tell tables, plain and partitioned, from views and foreign tables."""
        return self.kind in ("r", "p")

    @cached_property
    def column_names(self) -> frozenset[str]:
        """The names of its columns."""
        return frozenset(column.name for column in self.columns)


@dataclass(frozen=True)
class Sequence:
    """A sequence; `last_value` is None where the role may not read it. `owner` is the OID of the owning table."""

    oid: int
    id: ObjectId
    name: TableName
    type: Sql
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    persistence: str = "p"
    owner: int | None = None
    owner_column: str | None = None
    identity: bool = False
    readable: bool = True
    last_value: int | None = None
    is_called: bool = False


@dataclass(frozen=True)
class UserType:
    """An enum ('e'), domain ('d'), composite ('c') or range ('r') type.

    `parts` are the types that it is made of. `ids` are its own and those of the types that come with it: array and
    multirange types. `canonical` tells whether a range type has a CANONICAL function. `late_checks` are a domain's that
    are NOT VALID, by name.
    """

    ids: tuple[ObjectId, ...]
    name: TableName
    kind: str
    labels: tuple[str, ...] = ()
    base_type: Sql | None = None
    not_null: bool = False
    default_expression: Sql | None = None
    collation: Sql | None = None
    not_null_name: str | None = None
    checks: tuple[Sql, ...] = ()
    late_checks: tuple[tuple[str, Sql], ...] = ()
    attributes: tuple[Sql, ...] = ()
    operator_class: Sql | None = None
    subtype_diff: Sql | None = None
    parts: tuple[TypeName, ...] = ()
    multirange: str | None = None
    multirange_ids: tuple[ObjectId, ...] = ()
    canonical: bool = False
    needs: tuple[ObjectId, ...] = ()


@dataclass(frozen=True)
class Comment:
    """A comment. `kind` is the object's as COMMENT ON spells it, or DOMAIN CONSTRAINT, or TYPE COLUMN.

    `owner` is the relation or domain of a column, constraint or index. DOMAIN NOT NULL is a constraint too.
    """

    kind: str
    name: str
    owner: str | None
    text: str


@dataclass(frozen=True)
class Function:
    """A function of the schema; `definition` begins with its arguments, whose types alone are in `arguments`.

    No two functions of one name and schema have the same in `takes`: the types of what they are called with.
    An aggregate has no definition. `sql_body` tells a body that was parsed when it was created (BEGIN ATOMIC, RETURN)
    from one that is text, and `reads` are the columns that it names, each with the OID of its relation; `body` is the
    text, where it is SQL or PL/pgSQL. That it is `leakproof` is not in the
    definition, because only a superuser may say so. `comment` is what COMMENT ON says.
    """

    ids: tuple[ObjectId, ...]
    name: TableName
    definition: Sql | None
    arguments: Sql
    needs: tuple[ObjectId, ...] = ()
    sql_body: bool = False
    reads: tuple[tuple[int, str], ...] = ()
    body: str | None = None
    leakproof: bool = False
    comment: str | None = None
    takes: str = ""


@dataclass(frozen=True)
class Extension:
    """An installed extension; `ours` tells whether the role may alter it."""

    name: str
    schema: str
    version: str
    relocatable: bool
    ours: bool


@dataclass(frozen=True)
class AvailableExtension:
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


@dataclass(frozen=True)
class Server:
    """A server and what our role may do in its database; `version` as PostgreSQL numbers it (150004).

    `superuser` tells whether our role may alter what belongs to the server's first superuser; `compressions` are the
    methods for columns that it was built with, none before PostgreSQL 14; `large_objects` whether the database has any.
    `encoding` is the database's.
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


@dataclass(frozen=True)
class Builtins:
    """The names of the server's own types, functions and collations, those that can be used in the database."""

    types: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    collations: frozenset[str] = frozenset()

    def __sub__(self, other: Builtins) -> Builtins:
        """Give what another server lacks of these."""
        return Builtins(self.types - other.types, self.functions - other.functions, self.collations - other.collations)


@dataclass(frozen=True)
class SourceCatalog:
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
    builtins: Builtins = Builtins()
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


@dataclass(frozen=True)
class TargetCatalog:
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
    builtins: Builtins = Builtins()
    surroundings: Surroundings | None = None
