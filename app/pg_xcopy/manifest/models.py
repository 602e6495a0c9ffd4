"""The manifest as frozen models: what every later stage of a job reads, what the JSON Schema is made from.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from pg_xcopy.manifest.conditions import Where
from pg_xcopy.manifest.connections import DATABASE, Connection, Database, writable
from pg_xcopy.manifest.declared import Declared, Frozen, GivenName, Plain
from pg_xcopy.manifest.document import Document
from pg_xcopy.manifest.fields import UNITS, ByteSize, Count, Expression, Name, Names, OrNothing, Rate, Updates, refusal
from pg_xcopy.manifest.frozen import FrozenMapping
from pg_xcopy.manifest.modes import of_upsert, rules_of_upsert, unless_filling, when_filling
from pg_xcopy.manifest.secrets.masking import masked
from pg_xcopy.manifest.secrets.origin import Origin

CopyFormat = Literal["auto", "text", "binary"]
Mode = Literal["replace", "append", "truncate", "upsert"]
Transaction = Literal["job", "table"]
OnMissingColumn = Literal["error", "skip_table", "copy_all"]
MAX_WORKERS = 64


class Source(Declared):
    """Where a job reads: a database and one of its schemas. It is never written."""

    database: Database = Field(description=DATABASE)
    schema_name: Name = Field(default="public", alias="schema", description="The schema to read.")


def _replaceable(schema: str) -> str:
    if schema.startswith(("pg_", "_xcopy_")) or schema == "information_schema":
        raise refusal("this schema belongs to the server or to pg-xcopy itself", "choose another target schema")
    return schema


KEY = (
    "upsert: the name of the unique constraint or index that tells which rows are the same; by default the primary key."
)
UPDATE = (
    "upsert: what becomes of rows that are there already: all (every copied column but the key's is set, the default), "
    "a list of columns, or none (they are left as they are)."
)


class Target(Declared):
    """Where a job writes: a database, one of its schemas, and how."""

    database: Annotated[Database, AfterValidator(writable)] = Field(description=DATABASE)
    schema_name: Annotated[Name, AfterValidator(_replaceable)] = Field(
        default="public",
        alias="schema",
        description="The schema to write. With mode replace all of it, and it is made if it does not exist.",
    )
    mode: Mode = Field(
        default="replace",
        description="replace: build the schema anew beside the old one, then swap the two. The others fill tables that "
        "exist, with the columns that both sides have: append adds rows, truncate empties the tables and fills them, "
        "upsert adds the rows that are not there and updates those that are.",
    )
    key: Annotated[Name, AfterValidator(of_upsert)] | None = Field(default=None, description=KEY)
    update: Annotated[Updates, AfterValidator(of_upsert)] = Field(default=None, description=UPDATE)

    @property
    def fills_existing(self) -> bool:
        """Tell whether the target's tables stay what they are and only take rows."""
        return self.mode != "replace"


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
    key: Name | None = Field(default=None, description="Overrides the target's key for this name or pattern.")
    update: Updates = Field(default=None, description="Overrides the target's update for this name or pattern.")

    @model_validator(mode="before")
    @classmethod
    def _rule(cls, given: object) -> object:
        return {} if given is None else given


class Job(Declared):
    """One copy: from a schema of one database to a schema of another, as the tables' rules say."""

    name: GivenName = ""
    source: Source = Field(description="Where the rows come from.")
    target: Target = Field(description="Where the rows go.")
    tables: Annotated[Mapping[Name, TableRule], Field(min_length=1), Frozen, Plain, AfterValidator(rules_of_upsert)] = (
        Field(
            description="The tables to copy, by name or glob pattern; '*' is all. An exact name goes before a "
            "pattern, a pattern before '*'.",
        )
    )
    exclude: Names = Field(default=(), description="Names or glob patterns of tables to leave out.")
    on_missing_column: OnMissingColumn = Field(
        default="error",
        description="What to do with a table under a pattern that lacks a column of the filter: stop, skip "
        "the table, or copy all of its rows.",
    )
    transaction: Annotated[Transaction, AfterValidator(when_filling)] = Field(
        default="job",
        description="For modes that fill existing tables: all tables in one transaction, or each in one of its own, "
        "several at a time.",
    )
    strict: Annotated[bool, AfterValidator(unless_filling)] = Field(
        default=False,
        description="Fail the job, and leave the target as it was, if a constraint can't be replicated.",
    )
    cascade: Annotated[bool, AfterValidator(unless_filling)] = Field(
        default=False,
        description="Drop what depends on the old schema from outside it, such as a view elsewhere.",
    )
    create_missing: Annotated[bool, AfterValidator(unless_filling)] = Field(
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

    _origin: Origin | None = PrivateAttr(default=None)
    _hidden: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def origin(self) -> Origin | None:
        """Where it was declared, as long as secrets are to be read for it."""
        return self._origin

    @property
    def unread(self) -> bool:
        """Whether secrets are to be read before it can run."""
        return bool(self._origin) or self.source.database.unread or self.target.database.unread

    @property
    def hidden(self) -> frozenset[str]:
        """What came from secrets, outside of connection strings, and is to be masked wherever it is shown."""
        return self._hidden

    @model_serializer(mode="wrap")
    def _masked(self, serialize: SerializerFunctionWrapHandler) -> Any:  # noqa: ANN401 - Pydantic's plain data
        return masked(serialize(self), self._hidden) if self._hidden else serialize(self)

    def __repr__(self) -> str:
        return str(masked(super().__repr__(), self._hidden))

    __str__ = __repr__

    def declared_in(self, document: Document, connections: Mapping[str, Connection]) -> "Job":
        """Remember where it was declared."""
        copy = self.model_copy()
        copy._origin = Origin(document, connections, self)
        return copy

    def hiding(self, hidden: frozenset[str]) -> "Job":
        """Mask these texts."""
        copy = self.model_copy()
        copy._hidden = hidden
        return copy


class Manifest(Declared):
    """All connections and jobs of a file, in the order of their declaration."""

    connections: Annotated[Mapping[Name, Connection], Frozen, Plain] = Field(
        default_factory=FrozenMapping,
        description="Databases under the names that jobs use.",
    )
    jobs: Annotated[Mapping[Name, Job], Field(min_length=1), Frozen, Plain] = Field(
        description="The jobs, by name.",
    )
