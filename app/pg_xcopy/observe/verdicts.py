"""What became of each table: known only when its job has ended, since a job that fails undoes what it had copied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from enum import Enum

from msgspec import Struct, field

from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Planned,
    Stage,
    StageStarted,
    TableCopied,
    TableKept,
    TableProgress,
    TableStarted,
    title,
)
from pg_xcopy.results import TableResult, WarningResult

UNFINISHED = "the run ended before the job did"
_REMAINS = {
    Stage.CLEAN: ("left behind", "the next one drops what is left"),
    Stage.ANALYZE: ("statistics", "not all tables were analyzed"),
}
"""What remains to be done in the stages after a job's rows are in."""


class Outcome(str, Enum):
    """How it ended."""

    DONE = "done"
    WARNED = "done with warnings"
    FAILED = "failed"


class Verdict(Struct, frozen=True):
    """What became of a table, at a time in UTC; without a `table` it is about its job as a whole.

    `result` is what was copied; where `outcome` is FAILED it was undone. `cause` says why it failed, or what the
    warnings are.
    """

    at: datetime
    outcome: Outcome
    job: str
    run_id: str
    target: str
    result: TableResult
    cause: str

    @property
    def table(self) -> str:
        """Which table; empty for the job as a whole."""
        return self.result.table


class Verdicts:
    """Gives each table's verdict to `tell` when its job ends; `close` gives those of jobs that never came to an end."""

    def __init__(self, tell: Callable[[Verdict], object]) -> None:
        self._tell = tell
        self._courses: dict[str, _Course] = {}

    def __call__(self, event: Event) -> None:
        """Follow a job, and judge it at its end."""
        if isinstance(event, JobStarted):
            self._courses[title(event)] = _Course(event)
        elif course := self._courses.get(title(event)):
            if isinstance(event, JobFinished):
                self._judge(title(event), course.done(event.result.tables, event.result.warnings))
            elif isinstance(event, JobFailed):
                self._judge(title(event), course.failed(event.message))
            else:
                course.follow(event)

    def close(self) -> None:
        """Judge the jobs that are still open: something that is no error of ours ended the run."""
        for job, course in tuple(self._courses.items()):
            self._judge(job, course.abandoned())

    def _judge(self, job: str, verdicts: Iterable[Verdict]) -> None:
        del self._courses[job]
        for verdict in verdicts:
            self._tell(verdict)


class _Course(Struct):
    """How far a job has come."""

    began: JobStarted
    stage: Stage = Stage.CONNECT
    tables: tuple[str, ...] = ()
    started: dict[str, float] = field(default_factory=dict)
    copied: dict[str, TableResult] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def follow(self, event: Event) -> None:
        if isinstance(event, StageStarted):
            self.stage = event.stage
        elif isinstance(event, Planned):
            self.tables = tuple(each.table for each in event.tables)
        elif isinstance(event, TableStarted):
            self.started[event.table] = time.monotonic()
        elif isinstance(event, TableProgress):
            seconds = time.monotonic() - self.started.get(event.table, time.monotonic())
            self.copied[event.table] = TableResult(event.table, event.rows, event.bytes, seconds)
        elif isinstance(event, TableCopied):
            self.copied[event.result.table] = event.result
        elif isinstance(event, TableKept):
            self.kept.add(event.table)

    def done(self, tables: Iterable[TableResult], warnings: Iterable[WarningResult]) -> Iterator[Verdict]:
        results = {each.table: each for each in tables}
        told: dict[str, list[str]] = {name: [] for name in results}
        others: list[str] = []
        for warning in warnings:
            if table := _table_of(warning, told):
                told[table].append(_within(table, warning))
            else:
                others.append(str(warning))
        for name, result in results.items():
            outcome = Outcome.WARNED if told[name] else Outcome.DONE
            yield self._verdict(outcome, result, "\n".join(told[name]))
        for other in others:
            yield self._verdict(Outcome.WARNED, _NOTHING, other)

    def failed(self, cause: str) -> Iterator[Verdict]:
        nothing = (TableResult(name, 0, 0, 0.0) for name in self.tables)
        for result in [self.copied.get(each.table, each) for each in nothing] or [_NOTHING]:
            if result.table in self.kept:
                yield self._verdict(Outcome.DONE, result, "")
            else:
                yield self._verdict(Outcome.FAILED, result, cause)

    def abandoned(self) -> Iterator[Verdict]:
        if self.stage not in _REMAINS:
            return self.failed(UNFINISHED)
        topic, what = _REMAINS[self.stage]
        return self.done(self.copied.values(), [WarningResult(topic, self.began.target, f"{UNFINISHED}; {what}")])

    def _verdict(self, outcome: Outcome, of: TableResult, cause: str) -> Verdict:
        began = self.began
        return Verdict(datetime.now(timezone.utc), outcome, began.job, began.run_id, began.target, of, cause)


_NOTHING = TableResult("", 0, 0, 0.0)


def _table_of(warning: WarningResult, tables: Iterable[str]) -> str:
    """Find the table that a warning is about: its subject is the table, or something in it such as a column."""
    subject = warning.subject
    return max((each for each in tables if subject == each or subject.startswith(f"{each}.")), key=len, default="")


def _within(table: str, warning: WarningResult) -> str:
    """Say a warning where the table is named already."""
    return str(warning).removeprefix(table).removeprefix(".").removeprefix(": ")
