"""The manifest as frozen models: what every later stage of a job reads, what the JSON Schema is made from.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    SecretStr,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticKnownError

from pg_xcopy.connect.dsn import describe
from pg_xcopy.manifest.databases import checked_url, declared, same_database
from pg_xcopy.manifest.fields import (
    LISTS,
    NON_EMPTY,
    UNITS,
    ByteSize,
    Comparable,
    Count,
    Expression,
    Name,
    Names,
    OrNothing,
    Pair,
    Predicate,
    Rate,
    Scalar,
    Scalars,
    refusal,
)
from pg_xcopy.manifest.frozen import FrozenMapping
from pg_xcopy.sql.quoting import Value

CopyFormat = Literal["auto", "text", "binary"]
OnMissingColumn = Literal["error", "skip_table", "copy_all"]
MAX_WORKERS = 64
# Pydantic puts the branch it took into the path of an error; no key can be spelled like these.
SQL_BRANCH, COLUMNS_BRANCH = "\0sql", "\0columns"


class Declared(BaseModel):
    """What all models share: they can't change, they refuse unknown keys, their errors show no values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


def _not_written(name: object, info: ValidationInfo) -> object:
    if info.context is not None and info.context.get("written"):
        raise PydanticKnownError("extra_forbidden")
    return name


def _thawed(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


GivenName = Annotated[
    SkipJsonSchema[str],
    BeforeValidator(_not_written),
    Field(description="The key it is declared under; the loader fills it in."),
]
Frozen = AfterValidator(FrozenMapping)
Plain = PlainSerializer(_thawed)


class Connection(Declared):
    """How to reach one database, under a name that jobs use."""

    name: GivenName = ""
    url: Annotated[SecretStr, BeforeValidator(checked_url), WithJsonSchema(NON_EMPTY)] = Field(
        description="A postgresql:// URL or a libpq keyword/value string; best read from ${A_VARIABLE}.",
    )
    protected: bool = Field(
        default=False,
        description="Never write to this database, whichever job or connection leads to it.",
    )
    connect_timeout: Count = Field(default=10, gt=0, description="How long to wait for a server, seconds.")

    @property
    def dsn(self) -> str:
        """The connection string, secrets included: for the driver only."""
        return self.url.get_secret_value()

    @property
    def described(self) -> str:
        """What to call it in front of people: its name, or where it leads without anything secret."""
        return self.name or describe(self.dsn)


def _resolved(given: object, info: ValidationInfo) -> object:
    if isinstance(given, Connection):
        return given
    context = info.context or {}
    found = declared(given, context.get("connections", {}))
    return Connection(url=SecretStr(checked_url(found))) if isinstance(found, str) else found


def _writable(target: Connection, info: ValidationInfo) -> Connection:
    connections: Mapping[str, Connection] = (info.context or {}).get("connections", {})
    for guarded in (target, *connections.values()):
        if guarded.protected and guarded is target:
            raise refusal(f"connection {guarded.described!r} is protected: it is never written")
        if guarded.protected and same_database(guarded.dsn, target.dsn):
            raise refusal(f"this leads to the database of {guarded.described!r}, which is protected: never written")
    return target


DATABASE = "A connection's name, a postgresql:// URL or a libpq keyword/value string."
Database = Annotated[Connection, BeforeValidator(_resolved), WithJsonSchema(NON_EMPTY)]


class Source(Declared):
    """Where a job reads: a database and one of its schemas. It is never written."""

    database: Database = Field(description=DATABASE)
    schema_name: Name = Field(default="public", alias="schema", description="The schema to read.")


def _replaceable(schema: str) -> str:
    if schema.startswith(("pg_", "_xcopy_")) or schema == "information_schema":
        raise refusal("this schema belongs to the server or to pg-xcopy itself", "choose another target schema")
    return schema


class Target(Declared):
    """Where a job writes: a database and the schema that it replaces."""

    database: Annotated[Database, AfterValidator(_writable)] = Field(description=DATABASE)
    schema_name: Annotated[Name, AfterValidator(_replaceable)] = Field(
        default="public",
        alias="schema",
        description="The schema to replace, all of it; it is made if it does not exist.",
    )
    mode: Literal["replace"] = Field(
        default="replace",
        description="replace: build the schema anew beside the old one, then swap the two.",
    )


class Condition(Declared):
    """What one column must fulfil; the operators given combine with AND.

    A bare value means eq, a list means in, null means is_null: true. `eq: null` is IS NULL and `ne: null` is
    IS NOT NULL, so read `operators` (what was given), not the attributes (None when not given, too).
    """

    eq: Scalar = Field(default=None, description="Equals; null means IS NULL.")
    ne: Scalar = Field(default=None, description="Differs; null means IS NOT NULL.")
    gt: Comparable = Field(default=None, description="Greater than.")
    gte: Comparable = Field(default=None, description="Greater than or equal.")
    lt: Comparable = Field(default=None, description="Less than.")
    lte: Comparable = Field(default=None, description="Less than or equal.")
    in_: Scalars = Field(default=(), alias="in", description="One of these values; an empty list is no row.")
    not_in: Scalars = Field(default=(), description="None of these values; an empty list is every row.")
    like: Comparable = Field(default=None, description="LIKE: % is any text, _ any character.")
    ilike: Comparable = Field(default=None, description="LIKE, whatever the case.")
    between: Pair = Field(default=None, description="Lies between two values, both included.")
    is_null: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = Field(
        default=None,
        description="true: IS NULL; false: IS NOT NULL.",
    )

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, given: object) -> object:
        if given is None:
            return {"is_null": True}
        if isinstance(given, LISTS):
            return {"in": given}
        if not isinstance(given, Mapping):
            return {"eq": given}
        if not given:
            raise refusal("an empty mapping is no condition", "use an operator such as eq, gte or in")
        return given

    @field_validator("is_null", mode="before")
    @classmethod
    def _decided(cls, given: object) -> object:
        if given is None:
            raise refusal("expected true or false, found null")
        return given

    @property
    def operators(self) -> tuple[tuple[str, Value | tuple[Value, ...]], ...]:
        """The operators that were given and their operands, by their names in Python (`in_`)."""
        names = (name for name in type(self).model_fields if name in self.model_fields_set)
        return tuple((name, getattr(self, name)) for name in names)

    def __eq__(self, other: object) -> bool:
        # Pydantic compares values only: `eq: null` and `ne: null` would be the same.
        return isinstance(other, Condition) and self.operators == other.operators

    def __hash__(self) -> int:
        return hash(self.operators)

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        aliases = {"in_": "in"}
        return {aliases.get(name, name): operand for name, operand in self.operators}

    def __repr_args__(self) -> tuple[tuple[str, object], ...]:
        return self.operators


def _branch(given: object) -> str | None:
    if isinstance(given, str):
        return SQL_BRANCH
    return COLUMNS_BRANCH if isinstance(given, Mapping) else None


Conditions = Annotated[Mapping[Name, Condition], Frozen]
Where = Annotated[
    Annotated[Predicate, Tag(SQL_BRANCH)] | Annotated[Conditions, Tag(COLUMNS_BRANCH)],
    Discriminator(_branch),
    Plain,
]


class TableRule(Declared):
    """What is copied of a table; without anything, all of it as it is."""

    where: Where | None = Field(
        default=None,
        description="Which rows: conditions on columns, all of which must hold, or SQL as text.",
    )
    transform: Annotated[Mapping[Name, Expression], OrNothing, Frozen, Plain] = Field(
        default_factory=FrozenMapping,
        description="Per column: a SQL expression, evaluated on the source and cast to the column's type, or "
        "null to leave the column out of the target. Columns that are not named are copied as they are.",
    )
    on_missing_column: OnMissingColumn | None = Field(
        default=None,
        description="Overrides the job's on_missing_column for this name or pattern.",
    )
    format: CopyFormat | None = Field(default=None, description="Overrides the job's format.")

    @model_validator(mode="before")
    @classmethod
    def _rule(cls, given: object) -> object:
        return {} if given is None else given


class Job(Declared):
    """One copy: from a schema of one database to a schema of another, as the tables' rules say."""

    name: GivenName = ""
    source: Source = Field(description="Where the rows come from.")
    target: Target = Field(description="Where the rows go.")
    tables: Annotated[Mapping[Name, TableRule], Field(min_length=1), Frozen, Plain] = Field(
        description="The tables to copy, by name or glob pattern; '*' is all. An exact name goes before a "
        "pattern, a pattern before '*'.",
    )
    exclude: Names = Field(default=(), description="Names or glob patterns of tables to leave out.")
    on_missing_column: OnMissingColumn = Field(
        default="error",
        description="What to do with a table under a pattern that lacks a column of the filter: stop, skip "
        "the table, or copy all of its rows.",
    )
    strict: bool = Field(
        default=False,
        description="Fail the job, and leave the target as it was, if a constraint can't be replicated.",
    )
    cascade: bool = Field(
        default=False,
        description="Drop what depends on the old schema from outside it, such as a view elsewhere.",
    )
    create_missing: bool = Field(
        default=False,
        description="Create extensions, and types of other schemas, that the copied columns need and the target lacks.",
    )
    allow_row_security: bool = Field(
        default=False,
        description="Copy only the rows that row-level security lets the source's role see, instead of refusing.",
    )
    parallel: Count = Field(
        default_factory=lambda: min(4, os.cpu_count() or 1),
        ge=1,
        le=MAX_WORKERS,
        description="How many tables, or parts of large tables, to copy at once, and later indexes to build; by "
        "default the number of processors, at most 4.",
    )
    max_source_connections: Count | None = Field(
        default=None,
        ge=2,
        description="Never more connections to the source than this: one keeps the snapshot, the others read.",
    )
    max_target_connections: Count | None = Field(
        default=None,
        ge=2,
        description="Never more connections to the target than this: one keeps the lock, the others write.",
    )
    format: CopyFormat = Field(
        default="auto",
        description="How values travel. auto: in binary where every type of a table allows it, else as text.",
    )
    toast_compression: Literal["auto", "server"] = Field(
        default="auto",
        description="How the target compresses large values of columns that do not say it themselves. auto: with "
        "lz4 where its server knows it, which is several times faster; server: as the server is set.",
    )
    maintenance_work_mem: ByteSize = Field(
        default=512 * UNITS["MB"],
        description="Memory for building indexes on the target, shared by all that are built at once: 512MB.",
    )
    max_parallel_maintenance_workers: Count | None = Field(
        default=None,
        ge=0,
        le=MAX_WORKERS,
        description="How many more processes the target may use for one index; by default as its server is set.",
    )
    max_rate: Rate | None = Field(
        default=None,
        description="Read the source no faster than this, all tables together: 50MB/s.",
    )


class Manifest(Declared):
    """All connections and jobs of a file, in the order of their declaration."""

    connections: Annotated[Mapping[Name, Connection], Frozen, Plain] = Field(
        default_factory=FrozenMapping,
        description="Databases under the names that jobs use.",
    )
    jobs: Annotated[Mapping[Name, Job], Field(min_length=1), Frozen, Plain] = Field(
        description="The jobs, by name.",
    )
