"""What stands in the target schema before a run, as frozen values: a replace drops it, or carries it over."""

from __future__ import annotations

from msgspec import Struct


class StandingObject(Struct, frozen=True):
    """Something that stands in the target schema and that a replace will drop; `kind` as pg_identify_object says it.

    `table` is the OID of the one that a trigger, policy or rule is on.
    """

    kind: str
    name: str
    identity: str
    owner: str | None = None
    is_partition: bool = False
    row_security: bool = False
    ours: bool = True
    table: int | None = None


class Dependent(Struct, frozen=True):
    """An object outside the target schema that depends on one inside it, both as pg_describe_object says them.

    It may do so by way of another that is outside; `on_object` is then that. `schema` is None for what has none. Its
    `id` in pg_depend stays the same whatever it is called.
    """

    description: str
    on_object: str
    publication: bool = False
    schema: str | None = None
    id: str = ""


class Grant(Struct, frozen=True):
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


class StandingSchema(Struct, frozen=True):
    """The target schema as it stands before the run; `ours` tells whether our role may rename it.

    `attachments` are triggers, policies and rules on its tables; `parts` are those of its types that ALTER TYPE … SET
    SCHEMA leaves behind.
    """

    oid: int
    owner: str
    ours: bool
    may_create: bool = True
    comment: str | None = None
    objects: tuple[StandingObject, ...] = ()
    attachments: tuple[StandingObject, ...] = ()
    parts: tuple[StandingObject, ...] = ()
    dependents: tuple[Dependent, ...] = ()
    grants: tuple[Grant, ...] = ()
