"""All that can be observed of a run, as one sum type; whoever shows, logs or counts is a function of these.

A job with several targets is told once for each of them: `to` is the one that an event is about, and empty where a job
has only one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timezone
from enum import Enum

from msgspec import Struct, field

from pg_xcopy.observe.spans import Span
from pg_xcopy.results import JobResult, TableResult, WarningResult


class Stage(str, Enum):
    """The stages of a job, in their order."""

    CONNECT = "connect"
    PLAN = "plan"
    CHECK = "check"
    BUILD = "build structure"
    COPY = "copy rows"
    FINISH = "keys and indexes"
    SWAP = "swap"
    CLEAN = "clean up"
    MERGE = "merge rows"
    COMMIT = "commit"
    ANALYZE = "analyze"


class TableEstimate(Struct, frozen=True):
    """What the server expects of one table: rows, and bytes on its disk."""

    table: str
    rows: int
    bytes: int


class JobStarted(Struct, frozen=True):
    """A job began; `source` and `target` are where it reads and writes, without secrets.

    `began` is when its run did, in UTC: from then on spans are counted, and for all targets of a job it is the same.
    """

    job: str
    run_id: str
    source: str
    target: str
    to: str = ""
    began: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


class StageStarted(Struct, frozen=True):
    """A stage of a job began."""

    job: str
    stage: Stage
    to: str = ""


class Planned(Struct, frozen=True):
    """The tables that will be copied are known.

    `plan` is the whole plan, a `pg_xcopy.planning.plan.Plan`, for observers that know more than this package does.
    """

    job: str
    tables: tuple[TableEstimate, ...]
    to: str = ""
    plan: object = None

    def __repr__(self) -> str:
        """Not the plan: it is long, and whoever logs an event logs no definitions."""
        return f"Planned({self.job!r}, {self.tables!r}, {self.to!r})"


class TableStarted(Struct, frozen=True):
    """The rows of a table began to flow."""

    job: str
    table: str
    to: str = ""


class TableProgress(Struct, frozen=True):
    """Rows and bytes of a table that have passed so far; sent a few times a second at most.

    Binary data is not taken apart to count: until all of it has passed, its rows are estimated from its bytes.
    """

    job: str
    table: str
    rows: int
    bytes: int
    to: str = ""


class TableCopied(Struct, frozen=True):
    """All rows of a table are in; both ends agree on their number."""

    job: str
    result: TableResult
    to: str = ""


class TableKept(Struct, frozen=True):
    """A table's own transaction was committed: its rows are there, whatever becomes of the job."""

    job: str
    table: str
    to: str = ""


class Worked(Struct, frozen=True):
    """A worker is through with a piece of work: a part of a table's rows, a key, an index, a batch of statements."""

    job: str
    span: Span
    to: str = ""


class Warned(Struct, frozen=True):
    """Something that the user should know."""

    job: str
    warning: WarningResult
    to: str = ""


class JobFinished(Struct, frozen=True):
    """A job is done and its schema is in place."""

    job: str
    result: JobResult
    to: str = ""


class JobFailed(Struct, frozen=True):
    """A job ended without effect. `message` is the error's sentence and hint, the latter also by itself.

    `code` says for machines what kind of error it was, and `sqlstate` what the server called it, if it was one of its.
    """

    job: str
    message: str
    to: str = ""
    hint: str = ""
    code: str = ""
    sqlstate: str = ""
    seconds: float = 0.0


Event = (
    JobStarted
    | StageStarted
    | Planned
    | TableStarted
    | TableProgress
    | TableCopied
    | TableKept
    | Worked
    | Warned
    | JobFinished
    | JobFailed
)
Observer = Callable[[Event], None]


def title(event: Event) -> str:
    """Name the job, and which of its targets, for people."""
    return f"{event.job} → {event.to}" if event.to else event.job


def ignore(_event: Event) -> None:
    """Observe nothing."""


def all_of(*observers: Observer) -> Observer:
    """Have several watch the same run, one after the other."""

    def observe(event: Event) -> None:
        for observer in observers:
            observer(event)

    return observe


def harmless(observer: Observer, broken: Callable[[Exception], object]) -> Observer:
    """Have one watch that must not break what it watches: after its first error it is told nothing more.

    `broken` is called with that error. KeyboardInterrupt and what a signal raises pass.
    """
    watching = [observer]

    def observe(event: Event) -> None:
        for each in watching:
            try:
                each(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the job goes on
                watching.clear()
                broken(error)

    return observe


def one_at_a_time(observer: Observer) -> Observer:
    """Let workers of several threads share an observer that knows nothing of threads."""
    lock = threading.Lock()

    def observe(event: Event) -> None:
        with lock:
            observer(event)

    return observe
