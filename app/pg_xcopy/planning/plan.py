"""The plan: everything that a run will do, as frozen data."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from pg_xcopy.catalog.objects import ObjectId
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class Topic(str, Enum):
    """What a notice is about. Those in `LOSSES` are things of the source that the target will not have."""

    CONSTRAINT = "constraint left out"
    INDEX = "index left out"
    COLUMN = "column left out"
    CONVERTED = "converted"
    DEFAULT = "default left out"
    NOT_NULL = "not null left out"
    PARTITIONING = "partitioning left out"
    PROPERTY = "property left out"
    OBJECT = "left out"
    TEXT = "text left as it is"
    SEQUENCE = "sequence position unknown"
    TABLE = "table skipped"
    FILTER = "filter not applied"
    PARTIAL = "partial"
    PATTERN = "pattern matches nothing"
    DROPPED = "dropped with the old schema"
    REPLACED = "dropped with the old table"
    CASCADE = "dropped by cascade"
    ACCESS = "privilege not carried over"
    CREATED = "created outside the schema"
    UNCHECKED = "left not valid"
    LEFTOVER = "left behind"
    KEY = "key"
    STATISTICS = "statistics"


LOSSES = frozenset(
    {
        Topic.CONSTRAINT,
        Topic.INDEX,
        Topic.NOT_NULL,
        Topic.DEFAULT,
        Topic.PARTITIONING,
        Topic.TEXT,
        Topic.UNCHECKED,
    }
)
"""What `strict: true` turns into a failure."""


class Notice(Struct, frozen=True):
    """Something that the user should know: a warning. `subject` names the table or object it is about.

    Where that is a foreign key, it `refers_to` a table, by its name on the target.
    """

    topic: Topic
    subject: str
    message: str
    refers_to: TableName | None = None

    def __str__(self) -> str:
        return f"{self.subject}: {self.topic.value}: {self.message}"


class Step(Struct, frozen=True):
    """One DDL statement; `doing` is a phrase for errors and `subject` the table it belongs to.

    A step with a `topic` is best-effort: when it fails, its failure is a notice on that topic, `what` says what is
    missing then, and `undo` takes away what an earlier step began. A step without one must work.
    """

    sql: Sql
    doing: str
    subject: str
    topic: Topic | None = None
    what: str = ""
    undo: Sql | None = None


class ColumnPlan(Struct, frozen=True):
    """A column of the target. `expression` is what is selected for it; None where it is generated there."""

    name: str
    type: Sql
    expression: Sql | None
    transformed: bool = False


class Conversion(Struct, frozen=True):
    """A column whose values are cast on the source; `trial` is a SELECT that fails where there is no such cast."""

    column: str
    given: Sql
    wanted: Sql
    trial: Sql


class CopyPlan(Struct, frozen=True):
    """The rows of one relation of the source on their way into one of the staging schema.

    `source` and `target` are the names a user knows; the statements name the staging schema. `guard` is a SELECT that
    fails where one of the user's expressions is more or less than one; None where there are none. `copy_to` has one
    statement for each part of the relation. `format` is text or binary, and `why_text` the reason for text.
    `truncate` begins a COPY that leaves its rows frozen; None where it can't. `parts` are the partitions of `source`
    that are read in its place. `rank` is its place in the order in which several targets are fed. Where the servers
    copy between themselves, `between` has a statement for each part, and `count` asks how many rows there were, where
    something on the target may let some fall; `trial` asks the target how much of a filter the source would evaluate.
    """

    source: TableName
    target: TableName
    columns: tuple[ColumnPlan, ...]
    left_out: tuple[str, ...]
    select: Sql
    copy_to: tuple[Sql, ...]
    copy_from: Sql
    condition: Sql | None
    guard: Sql | None
    estimated_rows: int
    estimated_bytes: int
    format: str = "text"
    why_text: str = ""
    truncate: Sql | None = None
    conversions: tuple[Conversion, ...] = ()
    parts: tuple[TableName, ...] = ()
    rank: int = 0
    between: tuple[Sql, ...] = ()
    count: Sql | None = None
    trial: Sql | None = None

    @property
    def read(self) -> tuple[TableName, ...]:
        """The relations that the rows are read from."""
        return self.parts or (self.source,)


class TableStart(Struct, frozen=True):
    """What makes one table that nothing else is made of, and its own sequences: at any time, beside others."""

    table: TableName
    steps: tuple[Step, ...]


class TableFinish(Struct, frozen=True):
    """What is done to one table when its rows are in: keys and checks, then indexes (in any order), then the rest.

    `parents` are the partitioned table that it belongs to, which adopts its keys, or those that it inherits from: they
    are finished later. `depth` counts the tables above it, `bytes` what it is made from.
    """

    table: TableName
    depth: int
    keys: tuple[Step, ...]
    indexes: tuple[Step, ...]
    rest: tuple[Step, ...]
    parents: tuple[TableName, ...] = ()
    bytes: int = 0

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them, in an order in which they can be done."""
        return (*self.keys, *self.indexes, *self.rest)


class ForeignKey(Struct, frozen=True):
    """A foreign key of `table`, made at once; or, where the table is large, first `add`ed and then `validate`d.

    The latter takes weaker locks, so that several tables are validated at once. It `refers_to` a table of the target.
    """

    table: TableName
    add: Step
    validate: Step | None = None
    bytes: int = 0
    refers_to: TableName | None = None


class SwapMethod(str, Enum):
    """How the staging schema takes the place of the old one."""

    RENAME = "rename the schemas"
    MOVE = "move the objects between the schemas"
    TABLES = "move the tables between the schemas"


class KeptKey(Struct, frozen=True):
    """A foreign key of a table that stays to one that is replaced, made again in the swap; `what` is its definition.

    `breaks` asks before the swap whether rows break it, None where only the server can tell. `validate` makes it hold
    for the rows that are there, after the swap; None where it does so at once.
    """

    subject: str
    what: str
    breaks: Sql | None
    validate: Step | None


class SwapPlan(Struct, frozen=True):
    """The short transaction at the end. `reason` says why it is not a rename, where it is not.

    Where only tables are replaced, views and foreign keys are made `again`, and what stands is `used`. `may_fall` are
    ids of what depends on the old tables and falls with them.
    """

    method: SwapMethod
    statements: tuple[Sql, ...]
    reason: str = ""
    again: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    kept_keys: tuple[KeptKey, ...] = ()
    may_fall: tuple[ObjectId, ...] = ()


Settings = tuple[tuple[str, str], ...]
"""Names of the server's settings, each with its value."""

HELPERS = "max_parallel_maintenance_workers"
"""The server's setting for how many further processes may build an index."""


class Endpoint(Struct, frozen=True):
    """One side of the job, as it may be shown; `server_version` as PostgreSQL numbers it."""

    label: str
    database: str
    schema: str
    server_version: int


class Resources(Struct, frozen=True):
    """What a run may use, and what its sessions on the target set.

    Each of the `workers` has a connection to the target, `readers` of them one to the source, too; `max_rate` is in
    bytes a second. An index may be built by as many further processes as workers have nothing to do, `helpers` at most;
    None where the settings say how many. To have the target's WAL writer write in time takes a connection more.
    """

    workers: int
    readers: int
    max_rate: int | None
    settings: Settings
    helpers: int | None = None
    wakes_wal_writer: bool = False

    @property
    def writers(self) -> int:
        """Count the connections to the target, but for the one that holds the lock."""
        return self.workers + self.wakes_wal_writer

    def building(self, idle: int) -> Settings:
        """Give the settings for building an index while `idle` workers have nothing to do."""
        if self.helpers is None:
            return self.settings
        return (*self.settings, (HELPERS, str(min(self.helpers, idle))))


class Transport(Struct, frozen=True):
    """How one server talks to the other: by the extension `name`, dblink's `functions` are in that schema.

    `connect`, `process` and `disconnect` are what it is told; `encoding` is in which dblink asks for values. It is the
    source's server that talks where it is to `push`.
    """

    name: str
    functions: str
    encoding: str
    connect: Sql
    process: Sql
    disconnect: Sql
    push: bool = False

    @property
    def at_once(self) -> bool:
        """Tell whether all rows of a job have to be read in one transaction, as no snapshot is handed over."""
        return self.name == "postgres_fdw" and not self.push

    @property
    def side(self) -> str:
        """Whose server talks to the other's."""
        return "source" if self.push else "target"


class Plan(Struct, frozen=True):
    """What every plan of a job has, whatever becomes of the rows on the target: what is read, and where it goes.

    `copies` are the streams of rows; `source_path` and `target_path` are the search paths of both sides. Where there is
    a `transport`, the servers copy between themselves.
    """

    job: str
    source: Endpoint
    target: Endpoint
    source_path: Sql
    target_path: Sql
    row_security: bool
    copies: tuple[CopyPlan, ...]
    transport: Transport | None
    resources: Resources
    notices: tuple[Notice, ...]

    @property
    def in_order(self) -> bool:
        """Tell whether the copies must come one after the other, as they stand here."""
        return False


class Position(Struct, frozen=True):
    """A sequence of the source, and its copy, which is set when the rows are in."""

    sequence: TableName
    copy: TableName


class ReplacePlan(Plan, frozen=True):
    """A whole schema is built beside the target's and takes its place.

    `staging` and `retired` are the schemas beside the target's: the one that is built and the one that was replaced.
    `prepare` and then `separate` build the structure, `copies` fill it; `finish`, `foreign_keys` and `settle` (checks
    of domains, sequences, owners, grants, comments) complete it, `swap` puts it in its place. `positions` are read
    again where rows are not of the snapshot that the plan is of, but of a later one.
    """

    staging: str
    retired: str
    prepare: tuple[Step, ...]
    separate: tuple[TableStart, ...]
    finish: tuple[TableFinish, ...]
    foreign_keys: tuple[ForeignKey, ...]
    settle: tuple[Step, ...]
    positions: tuple[Position, ...]
    swap: SwapPlan
    dropped: tuple[str, ...]
    cascades: bool
    strict: bool


class PlanProblem(Struct, frozen=True):
    """A reason why the job can't be run as it is declared. `subject` names the table or object."""

    subject: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.subject}: {self.message}{hint}"
