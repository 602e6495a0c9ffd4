"""Relations with rows and what they are made of, as frozen values; definitions as PostgreSQL itself deparses them."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import ObjectId, TypeName
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class Column(Struct, frozen=True):
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


class Constraint(Struct, frozen=True):
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


class Index(Struct, frozen=True):
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


class Statistics(Struct, frozen=True):
    """Extended statistics; `definition` is what stands between the name and FROM, `target` the statistics target."""

    name: str
    definition: Sql
    columns: tuple[str, ...]
    target: int | None = None
    needs: tuple[ObjectId, ...] = ()


class Relation(Struct, frozen=True, dict=True):
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
