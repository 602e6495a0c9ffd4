"""The catalog of one schema as frozen values; names and definitions as PostgreSQL's own catalog gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NewType

from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

ObjectId = NewType("ObjectId", str)
"""An object of a catalog: the catalog's name and the object's OID there, `pg_proc 16412`."""


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
    type_schema: str
    type_name: str
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
    """A relation with rows; `kind` is pg_class's relkind (r, p, v, m, f); `bytes` counts TOAST, not indexes.

    `of_type` is the composite type of a typed table; `options` are its storage parameters, those of its TOAST table
    included; `row_security` tells whether policies hide rows from our role, `policies` counts them where row-level
    security is enabled; `parent_names` are those of `parents`, wherever they live; `replica_identity` is pg_class's
    relreplident (d, n, f, i). `ids` are its own and those of its row type; `needs` is what it needs beside its columns.
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
    is_partition: bool = False
    partition_key: Sql | None = None
    partition_bound: Sql | None = None
    partition_columns: tuple[str, ...] = ()
    partitioned_by_expression: bool = False
    parents: tuple[int, ...] = ()
    of_extension: bool = False
    of_type: Sql | None = None
    options: Sql | None = None
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

    `ids` are its own and those of the types that come with it: array and multirange types. `canonical` tells
    whether a range type has a CANONICAL function.
    """

    ids: tuple[ObjectId, ...]
    name: TableName
    kind: str
    labels: tuple[str, ...] = ()
    base_type: Sql | None = None
    not_null: bool = False
    default_expression: Sql | None = None
    collation: Sql | None = None
    checks: tuple[Sql, ...] = ()
    attributes: tuple[Sql, ...] = ()
    operator_class: Sql | None = None
    subtype_diff: Sql | None = None
    multirange: str | None = None
    multirange_ids: tuple[ObjectId, ...] = ()
    canonical: bool = False
    needs: tuple[ObjectId, ...] = ()


@dataclass(frozen=True)
class Collation:
    """A collation; `provider` is libc, icu or builtin, `ctype` is libc's LC_CTYPE."""

    ids: tuple[ObjectId, ...]
    name: TableName
    provider: str
    locale: str
    ctype: str | None
    deterministic: bool
    rules: str | None = None


@dataclass(frozen=True)
class Comment:
    """A comment. `kind` is the object's as COMMENT ON spells it, or DOMAIN CONSTRAINT, or TYPE COLUMN.

    `owner` is the relation or domain of a column or constraint.
    """

    kind: str
    name: str
    owner: str | None
    text: str


@dataclass(frozen=True)
class Function:
    """A function of the schema; `definition` begins with its arguments, whose types alone are in `arguments`.

    An aggregate has no definition. `sql_body` tells a body that was parsed when it was created (BEGIN ATOMIC, RETURN)
    from one that is text; `body` is that text, where it is SQL or PL/pgSQL.
    """

    ids: tuple[ObjectId, ...]
    name: TableName
    definition: Sql | None
    arguments: Sql
    needs: tuple[ObjectId, ...] = ()
    sql_body: bool = False
    body: str | None = None


@dataclass(frozen=True)
class Extension:
    """An installed extension; `ours` tells whether the role may alter it."""

    name: str
    schema: str
    version: str
    relocatable: bool
    ours: bool


@dataclass(frozen=True)
class Server:
    """A server and what our role may do in its database; `version` as PostgreSQL numbers it (150004).

    `compressions` are the methods for columns that it was built with; none before PostgreSQL 14.
    """

    version: int
    database: str
    role: str
    in_recovery: bool
    encoding: str
    may_create_schemas: bool
    compressions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SourceCatalog:
    """One schema of the source, all from one snapshot. `members` gives the extension that an object belongs to."""

    server: Server
    schema: str
    relations: tuple[Relation, ...]
    sequences: tuple[Sequence, ...] = ()
    types: tuple[UserType, ...] = ()
    functions: tuple[Function, ...] = ()
    extensions: tuple[Extension, ...] = ()
    collations: tuple[Collation, ...] = ()
    comments: tuple[Comment, ...] = ()
    members: Mapping[ObjectId, str] = field(default_factory=dict)

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
        return (each for each in self.relations if each.is_partition and relation.oid in each.parents)


@dataclass(frozen=True)
class StandingObject:
    """Something that stands in the target schema and that a replace will drop; `kind` as pg_identify_object says it."""

    kind: str
    name: str
    identity: str
    owner: str | None = None
    is_partition: bool = False
    row_security: bool = False
    ours: bool = True


@dataclass(frozen=True)
class Dependent:
    """An object outside the target schema that depends on one inside it, both as pg_describe_object says them."""

    description: str
    on_object: str
    publication: bool = False


@dataclass(frozen=True)
class Grant:
    """A privilege of the old schema, or of something in it. `grantee` is None for PUBLIC.

    `scope` is schema, table, column, sequence, default or global default. `for_role`, `object_kind` belong to default
    privileges, of which the global ones are not bound to the schema.
    """

    scope: str
    name: str | None
    column: str | None
    grantee: str | None
    privilege: str
    grantable: bool
    for_role: str | None = None
    object_kind: str | None = None


@dataclass(frozen=True)
class StandingSchema:
    """The target schema as it stands before the run; `ours` tells whether our role may rename it.

    `attachments` are triggers, policies and rules on its tables.
    """

    oid: int
    owner: str
    ours: bool
    may_create: bool = True
    comment: str | None = None
    objects: tuple[StandingObject, ...] = ()
    attachments: tuple[StandingObject, ...] = ()
    dependents: tuple[Dependent, ...] = ()
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True)
class TargetCatalog:
    """The target database as far as a plan needs it; `standing` is None where the schema does not exist yet.

    `types_elsewhere` and `tables_elsewhere` are those of its other schemas.
    """

    server: Server
    schema: str
    standing: StandingSchema | None = None
    extensions: tuple[Extension, ...] = ()
    types_elsewhere: frozenset[TableName] = frozenset()
    tables_elsewhere: frozenset[TableName] = frozenset()
    schemas: frozenset[str] = frozenset()
    available_extensions: frozenset[str] = frozenset()
