"""What a whole run did, as one frozen value: what --json prints, what --summary writes and what metrics are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from pg_xcopy.errors import PartlyDoneError, TargetsFailedError, XcopyError, sqlstate_of
from pg_xcopy.observe.events import Event, JobStarted, Warned
from pg_xcopy.results import JobResult, TableResult, WarningResult

DONE, FAILED, STOPPED, NOT_RUN = "done", "failed", "stopped", "not run"
"""How a job can end. One that is `stopped` was broken off by a signal; one that is `not run` never began."""


class Failure(Struct, frozen=True):
    """An error: `type` is its class, `code` the same for machines, `sqlstate` the server's name for it, if any.

    `done` are the tables that are filled all the same, each having had a transaction of its own.
    """

    type: str
    code: str
    sqlstate: str
    message: str
    done: tuple[TableResult, ...] = ()

    @classmethod
    def of(cls, error: XcopyError) -> Failure:
        """Describe one of our errors, none of which says a secret."""
        done = error.done if isinstance(error, PartlyDoneError) else ()
        return cls(type(error).__name__, error.code, sqlstate_of(error), str(error), done)

    def as_data(self) -> dict[str, Any]:
        """Give it as plain data, without what is empty."""
        data = {key: value for key, value in asdict(self).items() if value not in ("", ())}
        return data if not self.done else {**data, "done": [asdict(each) for each in self.done]}


class JobSummary(Struct, frozen=True):
    """One job: how it ended, what was copied, what is to be known. `failures` are those of its targets, if several."""

    job: str
    status: str
    run_id: str = ""
    started: datetime | None = None
    seconds: float = 0.0
    tables: tuple[TableResult, ...] = ()
    warnings: tuple[WarningResult, ...] = ()
    error: Failure | None = None
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(each.rows for each in self.tables)

    @property
    def bytes(self) -> int:
        """Bytes of COPY data of all tables."""
        return sum(each.bytes for each in self.tables)

    def as_data(self) -> dict[str, Any]:
        """Give it as plain data, for JSON."""
        data: dict[str, Any] = {
            "job": self.job,
            "status": self.status,
            "rows": self.rows,
            "bytes": self.bytes,
            "run_id": self.run_id,
            "tables": [asdict(each) for each in self.tables],
            "warnings": [asdict(each) for each in self.warnings],
            "started": time_text(self.started),
            "seconds": self.seconds,
        }
        if self.error:
            data["error"] = self.error.as_data()
        if self.failures:
            data["failures"] = {target: failure.as_data() for target, failure in self.failures.items()}
        return data


class RunSummary(Struct, frozen=True):
    """A run of the command: its jobs in their order, what failed outside of them, what observers could not do."""

    version: str
    exit_code: int
    started: datetime
    seconds: float
    jobs: tuple[JobSummary, ...]
    warnings: tuple[WarningResult, ...] = ()
    error: Failure | None = None

    @property
    def outcome(self) -> str:
        """Say in a word, or in three, how it ended."""
        states = {each.status for each in self.jobs}
        if STOPPED in states:
            return STOPPED
        if self.error or FAILED in states:
            return FAILED
        return "done with warnings" if self.all_warnings else DONE

    @property
    def all_warnings(self) -> tuple[WarningResult, ...]:
        """Those of all jobs, and those that are about the run itself."""
        return (*(warning for job in self.jobs for warning in job.warnings), *self.warnings)

    def as_data(self) -> dict[str, Any]:
        """Give it as plain data, for JSON: schemas/summary.schema.json says which."""
        return {
            "version": self.version,
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "started": time_text(self.started),
            "seconds": self.seconds,
            "rows": sum(each.rows for each in self.jobs),
            "bytes": sum(each.bytes for each in self.jobs),
            "jobs": [each.as_data() for each in self.jobs],
            "warnings": [asdict(each) for each in self.warnings],
            "error": self.error.as_data() if self.error else None,
        }


class Notes:
    """What must be known of a job that fails, when its error is all that is left of it; an observer."""

    def __init__(self) -> None:
        self.run_id = ""
        self.warnings: list[WarningResult] = []

    def __call__(self, event: Event) -> None:
        """Keep what will be asked for."""
        if isinstance(event, JobStarted):
            self.run_id = event.run_id
        elif isinstance(event, Warned):
            self.warnings.append(event.warning)


def done(result: JobResult, started: datetime) -> JobSummary:
    """Sum up a job that is done."""
    return JobSummary(result.job, DONE, result.run_id, started, result.seconds, result.tables, result.warnings)


def failed(job: str, error: XcopyError, notes: Notes, started: datetime, seconds: float) -> JobSummary:
    """Sum up a job that failed, for all of its targets or for some."""
    several = error if isinstance(error, TargetsFailedError) else None
    result = several.result if several else JobResult(job, notes.run_id, (), (), 0.0)
    tables = error.done if isinstance(error, PartlyDoneError) else result.tables
    return JobSummary(
        job=job,
        status=FAILED,
        run_id=notes.run_id or result.run_id,
        started=started,
        seconds=seconds,
        tables=tables,
        warnings=tuple(dict.fromkeys((*result.warnings, *notes.warnings))),
        error=Failure.of(error),
        failures={target: Failure.of(each) for target, each in several.failures.items()} if several else {},
    )


def time_text(at: datetime | None) -> str | None:
    """Write a time in UTC as logs do: 2025-03-01T02:00:41.123Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
