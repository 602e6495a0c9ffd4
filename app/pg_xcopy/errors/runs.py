"""What goes wrong while a job runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pg_xcopy.errors.root import XcopyError

if TYPE_CHECKING:
    from pg_xcopy.results import JobResult, TableResult


UNDONE = "; the target is as it was"


@dataclass(eq=False)
class CancelledError(XcopyError):
    """The run was asked to stop; what it had begun is undone. `effect` says what that leaves behind."""

    effect: str = UNDONE

    @property
    def sentence(self) -> str:
        """Say that it stopped on request."""
        return f"stopped on request{self.effect}."


@dataclass(eq=False)
class TimeUpError(XcopyError):
    """A job was not done within its time, in seconds; one that was not `begun` had none left.

    `effect` says what it leaves behind.
    """

    job: str
    seconds: float
    begun: bool = True
    effect: str = UNDONE

    @property
    def sentence(self) -> str:
        """Which job, how long it had."""
        if not self.begun:
            return f"job {self.job} was not begun: the time for the run, {self.seconds:.3g} s, was up."
        return f"job {self.job} was stopped: its time, {self.seconds:.3g} s, was up{self.effect}."


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
class RowCountMismatchError(XcopyError):
    """The two ends of a stream disagree on its number of rows; `droppers` are triggers that may let rows fall."""

    table: str
    sent: int
    received: int
    droppers: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Both counts."""
        return f"copying {self.table}: the source sent {self.sent} rows and the target took {self.received}."

    @property
    def hint(self) -> str:
        """What to look for on the target."""
        if self.droppers:
            return f"What fires before a row of it is inserted may let it fall: {', '.join(self.droppers)}."
        return "Look for something on the target that swallows rows, and report it: the old target is untouched."


@dataclass(eq=False)
class DuplicateRowsError(XcopyError):
    """Rows of the source have the same key, and an upsert can keep only one of them."""

    table: str
    key: str

    @property
    def sentence(self) -> str:
        """Which table, which key."""
        return f"upserting into {self.table}: several rows of the source are one and the same by the key {self.key}."

    @property
    def hint(self) -> str:
        """Tell them apart."""
        return "Leave some out with `where`, or name a `key` that tells them apart."


@dataclass(eq=False)
class SourceReplacedError(XcopyError):
    """Tables of the source lost their names to others while they were read, so nobody knows whose rows came."""

    tables: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Which tables."""
        listed = ", ".join(self.tables)
        return f"tables of the source were replaced by others of their names while they were read: {listed}."

    @property
    def hint(self) -> str:
        """When to run."""
        return "Run it again, and not while the source's schema changes places with another."


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
class PartlyDoneError(XcopyError):
    """A job failed whose tables each have a transaction of their own: those in `done`, of `total`, are filled."""

    job: str
    cause: XcopyError
    done: tuple[TableResult, ...]
    total: int

    @property
    def sentence(self) -> str:
        """What went wrong, and which tables stay filled."""
        cause = self.cause
        if isinstance(cause, CancelledError | TimeUpError):
            cause = replace(cause, effect="")
        tables = ", ".join(each.table for each in self.done)
        return f"{cause.sentence} {len(self.done)} of the job's {self.total} tables are filled and stay so: {tables}."

    @property
    def hint(self) -> str:
        """That of the cause."""
        return self.cause.hint


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
class StalledTargetError(XcopyError):
    """One of several targets took no rows for so long that the others went on without it."""

    target: str
    table: str
    seconds: float

    @property
    def sentence(self) -> str:
        """Which target, which table."""
        return f"copying {self.table}: {self.target} took no rows for {self.seconds:.0f} s, and others waited for it."

    @property
    def hint(self) -> str:
        """What to look for there."""
        return "Look for locks, a full disk or a frozen server there, then run the job again."


@dataclass(eq=False)
class TargetsFailedError(XcopyError):
    """Some of a job's targets failed; `failures` maps them to their errors, `result` is what the others took."""

    job: str
    failures: Mapping[str, XcopyError]
    result: JobResult

    @property
    def sentence(self) -> str:
        """Each failed target with its error."""
        return "\n".join(f"job {self.job}, target {target} failed: {error}" for target, error in self.failures.items())
