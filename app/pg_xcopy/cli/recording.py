"""What a run did is kept for those who are told at its end: a summary, metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone

from pg_xcopy import __version__
from pg_xcopy.cli.exporting import Export, exports_of
from pg_xcopy.cli.failing import exit_code_of
from pg_xcopy.cli.manner import Manner
from pg_xcopy.cli.signals import StoppedBySignal
from pg_xcopy.cli.talking import Talk
from pg_xcopy.errors import XcopyError
from pg_xcopy.observe.events import Observer, all_of
from pg_xcopy.observe.summary import DONE, NOT_RUN, Failure, JobSummary, RunSummary
from pg_xcopy.results import WarningResult

DONE_WITH_WARNINGS = 3
FAILED = 1


class Record:
    """Takes note of each job, and of what observers could not do."""

    def __init__(self, manner: Manner, talk: Talk) -> None:
        self._manner, self._talk = manner, talk
        self._started, self._origin = datetime.now(timezone.utc), time.monotonic()
        self._jobs: list[JobSummary] = []
        self._expected: tuple[str, ...] = ()
        self._warnings: list[WarningResult] = []

    def expect(self, jobs: tuple[str, ...]) -> None:
        """Know which jobs are to run."""
        self._expected = jobs

    def add(self, job: JobSummary) -> None:
        """Keep how a job ended."""
        self._jobs.append(job)

    def warn(self, topic: str, subject: str, message: str) -> None:
        """Say, and keep, what an observer could not do: it breaks no job, but is a warning."""
        warning = WarningResult(topic, subject, message)
        self._warnings.append(warning)
        self._talk.warn(warning)

    @property
    def jobs(self) -> tuple[JobSummary, ...]:
        """How each job ended that was begun."""
        return tuple(self._jobs)

    @property
    def exit_code(self) -> int:
        """The code of a run that came to its end."""
        if any(each.status != DONE for each in self._jobs):
            return FAILED
        warned = self._warnings or any(each.warnings for each in self._jobs)
        return DONE_WITH_WARNINGS if self._manner.fail_on_warnings and warned else 0

    def summary(self, broken: BaseException | None = None) -> RunSummary:
        """Sum up; `broken` is what ended the run before its time."""
        begun = {each.job for each in self._jobs}
        others = tuple(JobSummary(name, NOT_RUN) for name in self._expected if name not in begun)
        return RunSummary(
            version=__version__,
            exit_code=exit_code_of(broken) if broken else self.exit_code,
            started=self._started,
            seconds=time.monotonic() - self._origin,
            jobs=(*self._jobs, *others),
            warnings=tuple(self._warnings),
            error=failure_of(broken) if broken else None,
        )

    def export(self, exports: Sequence[Export], broken: BaseException | None = None) -> None:
        """Tell all who are told at the end; what can't be told is a warning."""
        for each in exports:
            if problem := each.problem(self.summary(broken)):
                self.warn(each.topic, each.where, problem)
        self._talk.ended(self.summary(broken))


@contextmanager
def recorded(record: Record, talk: Talk, manner: Manner) -> Iterator[Observer]:
    """Have all be told at the end, whatever the end is; give who has to see what happens until then."""
    exports: tuple[Export, ...] = ()
    try:
        exports = exports_of(manner)
        yield all_of(*(each.observer for each in exports))
    except BaseException as error:
        talk.broken(error)
        record.export(exports, error)
        raise
    record.export(exports)


def failure_of(error: BaseException) -> Failure:
    """Describe whatever ended a run; of errors that are not ours only the kind, as their texts may quote a secret."""
    if isinstance(error, XcopyError):
        return Failure.of(error)
    if isinstance(error, StoppedBySignal):
        return Failure(error.name, "stopped", "", f"stopped by {error.name}; {error.effect}")
    return Failure(type(error).__name__, "unexpected", "", f"unexpected {type(error).__name__}")
