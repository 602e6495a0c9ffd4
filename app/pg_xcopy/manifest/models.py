"""The manifest as frozen models: what every later stage of a job reads, what the JSON Schema is made from.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

import os
from collections.abc import Mapping
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from pg_xcopy.manifest.conditions import Where
from pg_xcopy.manifest.connections import Connection, lead_to_one_database
from pg_xcopy.manifest.declared import MISSING, Declared, Frozen, GivenName, Plain, not_missing
from pg_xcopy.manifest.document import Document
from pg_xcopy.manifest.ends import Source, Target
from pg_xcopy.manifest.fields import (
    UNITS,
    ByteSize,
    Count,
    Expression,
    Label,
    Name,
    Names,
    OrNothing,
    Rate,
    Updates,
    refusal,
)
from pg_xcopy.manifest.frozen import FrozenMapping
from pg_xcopy.manifest.modes import rules_of_upsert, unless_filling, when_filling
from pg_xcopy.manifest.secrets.masking import masked
from pg_xcopy.manifest.secrets.origin import Origin
from pg_xcopy.manifest.transports import (
    PUSH,
    TRANSPORT,
    Route,
    Transport,
    of_foreign_tables,
    of_servers,
    of_stream,
    rules_of_stream,
)

CopyFormat = Literal["auto", "text", "binary"]
Transaction = Literal["job", "table"]
OnMissingColumn = Literal["error", "skip_table", "copy_all"]
MAX_WORKERS = 64


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
    target: Annotated[Target | None, BeforeValidator(not_missing)] = Field(
        default=None, description="Where the rows go."
    )
    targets: Annotated[tuple[Target, ...], Field(json_schema_extra={"minItems": 1})] = Field(
        default=(),
        description="Where the rows go, if to several places: each row is read once, and sent to all of them.",
    )
    transport: Transport = Field(default="stream", description=TRANSPORT)
    push: Annotated[bool, AfterValidator(of_foreign_tables)] = Field(default=False, description=PUSH)
    route: Annotated[Route | None, AfterValidator(of_servers)] = Field(
        default=None,
        description="Where the server that connects finds the other, if that is not where pg-xcopy finds it.",
    )
    tables: Annotated[
        Mapping[Name, TableRule],
        Field(min_length=1),
        Frozen,
        Plain,
        AfterValidator(rules_of_upsert),
        AfterValidator(rules_of_stream),
    ] = Field(
        description="The tables to copy, by name or glob pattern; '*' is all. An exact name goes before a "
        "pattern, a pattern before '*'.",
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
        description="Never more connections to the target than this: one keeps the lock, the others write; where one "
        "is left, it has the server write its WAL beside the rows.",
    )
    format: Annotated[CopyFormat, AfterValidator(of_stream)] = Field(
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
        description="How many more processes the target may use for one index; by default as many as workers have "
        "nothing to do, at most what its server is set to.",
    )
    analyze: bool = Field(
        default=True,
        description="Gather the statistics of each table when its rows are in; false leaves that to autovacuum.",
    )
    max_rate: Annotated[Rate | None, AfterValidator(of_stream)] = Field(
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
        return bool(self._origin) or any(
            database.unread for database in (self.source.database, *(each.database for each in self.all_targets))
        )

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

    @model_validator(mode="before")
    @classmethod
    def _either(cls, given: object) -> object:
        if isinstance(given, Mapping) and not given.keys() & {"target", "targets"}:
            return {**given, "target": MISSING}
        return given

    @model_validator(mode="after")
    def _somewhere(self) -> "Job":
        if not self.all_targets:
            raise refusal("it has no target", "give a `target`, or `targets`, a list of them")
        if self.target and self.targets:
            raise refusal("it has both `target` and `targets`", "put all of them into `targets`")
        for one, other in combinations(self.targets, 2):
            if one.schema_name == other.schema_name and lead_to_one_database(one.database, other.database):
                raise refusal(
                    f"two of its targets are schema {one.schema_name} of the same database", "merge their `tables`"
                )
        return self

    @model_validator(mode="after")
    def _of_one_instant(self) -> "Job":
        if self.transport == "postgres_fdw" and not self.push and len(self.targets) > 1:
            raise refusal(
                "by foreign tables each target would read the source at an instant of its own",
                "take `transport: dblink`, or `push: true`",
            )
        return self

    @property
    def all_targets(self) -> tuple[Target, ...]:
        """Where the rows go, however it was declared."""
        return self.targets or tuple(filter(None, [self.target]))

    @property
    def only_target(self) -> Target:
        """The target of a job that has one; see `apart`."""
        (target,) = self.all_targets
        return target

    def apart(self) -> tuple["Job", ...]:
        """Give a job for each target, as if there were no other."""
        return tuple(self.model_copy(update={"target": target, "targets": ()}) for target in self.all_targets)


class Manifest(Declared):
    """All connections and jobs of a file, in the order of their declaration."""

    connections: Annotated[Mapping[Label, Connection], Frozen, Plain] = Field(
        default_factory=FrozenMapping,
        description="Databases under the names that jobs use.",
    )
    jobs: Annotated[Mapping[Label, Job], Field(min_length=1), Frozen, Plain] = Field(
        description="The jobs, by name.",
    )
