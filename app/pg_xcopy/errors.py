"""Everything that can go wrong, as small classes: data in fields, one sentence, a hint, an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pg_xcopy.results import JobResult


@dataclass(eq=False)
class XcopyError(Exception):
    """The root of all errors that the library raises; nothing else leaves it on purpose."""

    exit_code: ClassVar[int] = 1

    @property
    def sentence(self) -> str:
        """What happened and where, in one sentence."""
        raise AttributeError(f"{type(self).__name__} has no sentence")

    @property
    def hint(self) -> str:
        """How to mend it; empty where there is nothing to add."""
        return ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in what the user wrote: where it is, what it is, how to mend it."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and terminals make it clickable; a line of 0 means "the whole file"."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def __str__(self) -> str:
        path = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {path}{self.message}{hint}"


@dataclass(eq=False)
class ManifestError(XcopyError):
    """The manifest is wrong; every mistake found is in `problems`."""

    problems: tuple[Problem, ...]
    exit_code: ClassVar[int] = 2

    @property
    def sentence(self) -> str:
        """One problem a line, in the order of the file."""
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(eq=False)
class UsageError(XcopyError):
    """The command or the call can't be carried out as it was given."""

    message: str
    advice: str = ""
    exit_code: ClassVar[int] = 2

    @property
    def sentence(self) -> str:
        """What is wrong with the call."""
        return self.message

    @property
    def hint(self) -> str:
        """What to call instead."""
        return self.advice


@dataclass(eq=False)
class ConnectionFailedError(XcopyError):
    """A server could not be reached or did not let us in."""

    side: str
    label: str
    reason: str
    advice: str = ""

    @property
    def sentence(self) -> str:
        """Which side, where, and what the server or the network said."""
        return f"can't connect to the {self.side} {self.label}: {self.reason}."

    @property
    def hint(self) -> str:
        """What usually mends it."""
        return self.advice


@dataclass(eq=False)
class DatabaseError(XcopyError):
    """A server refused or broke off a statement.

    `doing` is a phrase such as "copying shop.users"; `reason` is the server's primary message without the values of
    rows; `sqlstate` is its five-character code, empty where the connection was lost.
    """

    side: str
    label: str
    doing: str
    reason: str
    sqlstate: str = ""

    @property
    def sentence(self) -> str:
        """What was being done, on which side, and what the server said."""
        code = f" (SQLSTATE {self.sqlstate})" if self.sqlstate else ""
        return f"{self.doing}: the {self.side} {self.label} said: {self.reason}{code}."

    @property
    def hint(self) -> str:
        """What to look at, where the code tells."""
        hints = {**_SQLSTATE_HINTS, **self._hints_of_place}
        return hints.get(self.sqlstate) or hints.get(self.sqlstate[:2], "")

    @property
    def _hints_of_place(self) -> Mapping[str, str]:
        """The user's own SQL runs on the source, values arrive on the target; what else runs there is ours."""
        if self.side == "source":
            return _HINTS_OF_QUERIES
        return _HINTS_OF_VALUES if self.doing.startswith("copying ") else {}

    @property
    def connection_lost(self) -> bool:
        """Tell whether the session is gone, rather than a statement refused."""
        return not self.sqlstate or self.sqlstate[:2] in {"08", "57"}


_SQLSTATE_HINTS = {
    "22021": "It is no UTF-8 text. In a SQL_ASCII database `transform` can say what it is, here LATIN1: "
    "\"convert_from(convert(convert_to(body, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII')\".",
    "22P05": "That database's encoding has no such character: replace it with `transform`, or use a database in UTF8.",
    "42501": "Ask the owner for the privilege it names.",
    "53100": "The disk of that server is full.",
    "53200": "That server ran out of memory, or of locks: see max_locks_per_transaction.",
    "53300": "Lower `parallel`, or raise max_connections.",
    "55P03": "Another session holds a lock on it; try again later.",
    "57P01": "Its administrator, a restart or a failover ended the session; run the job again.",
    "23": "The rows break a rule of the target table: see `where` and `transform`.",
    "40001": "Run the job again: it will take a new snapshot.",
}
_HINTS_OF_QUERIES = {
    "42883": "Check the types; the difference of two dates is a number of days: times interval '1 day' it can be added "
    "to a timestamp.",
    "42P01": "Check the table's name and the schema's.",
    "42601": "Check the SQL in `where` and `transform`.",
    "42703": "Check the column names in `where` and `transform`.",
    "22": "A value does not fit its column: see `where` and `transform`.",
}
_HINTS_OF_VALUES = {
    "42": "A value is the name of something that is not copied, as those of regclass and its like are, or a function "
    "that generates a column needs what is not: leave out the column with `transform`, or the rows with `where`.",
    "22": "A value does not fit its column: see `where` and `transform`.",
}


@dataclass(eq=False)
class CancelledError(XcopyError):
    """The run was asked to stop; what it had begun is undone."""

    @property
    def sentence(self) -> str:
        """Say that it stopped on request."""
        return "stopped on request; the target is as it was."


@dataclass(eq=False)
class SchemaNotFoundError(XcopyError):
    """The source schema does not exist, or may not be looked into; `unreadable` in it are tables and sequences."""

    label: str
    schema: str
    near: str = ""
    role_without_usage: str = ""
    unreadable: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Which schema, where."""
        if self.role_without_usage:
            return f"the source {self.label} does not let the role {self.role_without_usage} into schema {self.schema}."
        return f"the source {self.label} has no schema {self.schema}."

    @property
    def hint(self) -> str:
        """A near name, or the missing GRANTs."""
        if not self.role_without_usage:
            return f"Did you mean {self.near}?" if self.near else ""
        usage = f'Ask for: GRANT USAGE ON SCHEMA "{self.schema}" TO "{self.role_without_usage}".'
        if not self.unreadable:
            return usage
        names = ", ".join(f'"{self.schema}"."{name}"' for name in self.unreadable)
        return f'{usage} And for what the job copies of these: GRANT SELECT ON {names} TO "{self.role_without_usage}".'


@dataclass(eq=False)
class ServerTooOldError(XcopyError):
    """A server is older than what is supported. Versions as PostgreSQL numbers them."""

    side: str
    label: str
    version: int
    oldest: int

    @property
    def sentence(self) -> str:
        """Which server, how old."""
        found = f"{self.version // 10000}.{self.version % 10000}"
        return f"the {self.side} {self.label} is PostgreSQL {found}; the oldest supported is {self.oldest // 10000}."


@dataclass(eq=False)
class PlanError(XcopyError):
    """The job does not fit the databases; every reason found is in `reasons`, and nothing has been changed."""

    job: str
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """One reason a line."""
        count = f"{len(self.reasons)} problems" if len(self.reasons) > 1 else "1 problem"
        return "\n".join(
            [
                f"job {self.job} can't run, {count}; nothing was changed:",
                *(f"  {each}" for each in self.reasons),
            ]
        )


@dataclass(eq=False)
class TargetLockedError(XcopyError):
    """Another run writes the same target schema. `holder` says who, as far as the server tells."""

    label: str
    schema: str
    holder: str

    @property
    def sentence(self) -> str:
        """Which schema, who holds it."""
        return f"schema {self.schema} of the target {self.label} is being written by another run: {self.holder}."

    @property
    def hint(self) -> str:
        """Wait."""
        return "Wait until it has ended, then run again."


@dataclass(eq=False)
class SameSchemaError(XcopyError):
    """Source and target are the same schema of the same database."""

    label: str
    schema: str

    @property
    def sentence(self) -> str:
        """Which schema."""
        return f"source and target are both schema {self.schema} of {self.label}: a copy would replace what it reads."

    @property
    def hint(self) -> str:
        """Use another schema."""
        return "Choose another target schema or database."


@dataclass(eq=False)
class ReadOnlyTargetError(XcopyError):
    """The target takes no writes."""

    label: str

    @property
    def sentence(self) -> str:
        """Which target."""
        return f"the target {self.label} is a hot standby, which can't be written."

    @property
    def hint(self) -> str:
        """Connect elsewhere."""
        return "Connect to its primary."


@dataclass(eq=False)
class RowCountMismatchError(XcopyError):
    """The two ends of a stream disagree on its number of rows."""

    table: str
    sent: int
    received: int

    @property
    def sentence(self) -> str:
        """Both counts."""
        return f"copying {self.table}: the source sent {self.sent} rows and the target took {self.received}."

    @property
    def hint(self) -> str:
        """What to look for on the target."""
        return "Look for something on the target that swallows rows, and report it: the old target is untouched."


@dataclass(eq=False)
class CopyFailedError(XcopyError):
    """Something other than a server broke a stream off; its cause is chained."""

    table: str
    reason: str

    @property
    def sentence(self) -> str:
        """Which table, what happened."""
        return f"copying {self.table} broke off on this machine: {self.reason}."


@dataclass(eq=False)
class StrictError(XcopyError):
    """Something could not be replicated, and `strict: true` makes that a failure."""

    job: str
    losses: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """One loss a line."""
        count = len(self.losses)
        losses = f"{count} thing{'s' * (count > 1)}"
        head = f"job {self.job} is strict and {losses} can't be replicated; the target is as it was:"
        return "\n".join([head, *(f"  {each}" for each in self.losses)])


@dataclass(eq=False)
class JobsFailedError(XcopyError):
    """Some of several jobs failed; `failures` maps a job's name to its error, the others were done."""

    failures: Mapping[str, XcopyError]
    results: tuple[JobResult, ...]

    @property
    def sentence(self) -> str:
        """Each failed job with its error."""
        return "\n".join(f"job {name} failed: {error}" for name, error in self.failures.items())


@dataclass(eq=False)
class ProtectedTargetError(XcopyError):
    """The target is a protected database under another spelling. `protected` is the connection's label."""

    label: str
    protected: str

    @property
    def sentence(self) -> str:
        """Which connection it is."""
        return f"the target {self.label} is the database of connection {self.protected}, which is protected."

    @property
    def hint(self) -> str:
        """Use another one."""
        return "It is never written; choose another target."
