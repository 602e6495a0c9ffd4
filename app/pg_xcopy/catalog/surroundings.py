"""What stands around tables of the target that are about to be replaced, as frozen values: all of it is to stay."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct, field

from pg_xcopy.catalog.objects import ObjectId, SchemaObjects
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class StandingRelation(Struct, frozen=True):
    """Whatever has a name among the relations of the target schema; `kind` is pg_class's relkind.

    `home` is the OID of the table that an index, an owned sequence or a table itself belongs to. `columns` have their
    types, `constraints` are checks and foreign keys, `extension` is the one that it is a member of.
    """

    oid: int
    name: str
    kind: str
    home: int
    owner: str
    ours: bool = True
    is_partition: bool = False
    parents: tuple[int, ...] = ()
    parent_names: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    extension: str | None = None


class StandingView(Struct, frozen=True):
    """A view, in whatever schema, that reads tables of the target schema.

    `definition` names everything with its schema. `reads` are columns of tables, by OID and name; `rows_of` are tables
    whose rows are values of the view's own columns. A `temporary` one is another session's.
    """

    oid: int
    name: TableName
    definition: Sql
    owner: str
    ours: bool = True
    may_create: bool = True
    temporary: bool = False
    options: tuple[Sql, ...] = ()
    reads: tuple[tuple[int, str], ...] = ()
    rows_of: tuple[int, ...] = ()


class StandingKey(Struct, frozen=True):
    """A foreign key from or to a table of the target schema; `oids` are its own and its echoes' on partitions.

    `definition` names everything with its schema. One that is not `checked` is NOT VALID or NOT ENFORCED; one of
    periods is `temporal`; `partitioned` tells of the table that has it.
    """

    oids: tuple[int, ...]
    name: str
    table_oid: int
    table: TableName
    referenced_oid: int
    referenced: TableName
    definition: Sql
    columns: tuple[str, ...]
    referenced_columns: tuple[str, ...]
    owner: str
    ours: bool = True
    checked: bool = True
    temporal: bool = False
    partitioned: bool = False
    comment: str | None = None


class Dependence(Struct, frozen=True):
    """Something that depends on something else, both as pg_depend has them: an object, and a `part` of it, a column.

    `home` is the OID of the relation that it belongs to, None for what belongs to none. `kind` is view (a view's rule),
    publication, or empty. `whole` is the type that it is a part of: the domain of a check, the elements' of an
    array type.
    """

    id: ObjectId
    on: ObjectId
    description: str
    on_description: str
    part: int = 0
    on_part: int = 0
    home: int | None = None
    on_home: int | None = None
    kind: str = ""
    whole: ObjectId | None = None
    schema: str | None = None


class Surroundings(Struct, frozen=True, dict=True):
    """The target schema as what is in it concerns the tables that are replaced."""

    relations: tuple[StandingRelation, ...] = ()
    views: tuple[StandingView, ...] = ()
    keys: tuple[StandingKey, ...] = ()
    dependences: tuple[Dependence, ...] = ()
    objects: SchemaObjects = field(default_factory=SchemaObjects)

    @cached_property
    def by_name(self) -> Mapping[str, StandingRelation]:
        """Its relations by name."""
        return {each.name: each for each in self.relations}
