"""One execution of a job, or of that of one of its targets: its identity, its sessions, its voice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from msgspec import Struct

from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.errors import PartlyDoneError, XcopyError, sqlstate_of
from pg_xcopy.manifest.ends import Source, Target
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.events import JobFailed, JobFinished, JobStarted
from pg_xcopy.results import JobResult


class Run(Struct, frozen=True):
    """What all stages of one execution share."""

    job: Job
    run_id: str
    sessions: Sessions
    reporter: Reporter


def told(run: Run, work: Callable[[], JobResult]) -> JobResult:
    """Tell how a run begins and how it ends; raises what `work` raises, or why someone stopped it."""
    job, reporter = run.job, run.reporter
    ends = _described(job.source), _described(job.only_target)
    reporter.tell(JobStarted(job.name, run.run_id, *ends, reporter.to, reporter.clock.began))
    try:
        result = work()
    except XcopyError as error:
        cause = _cause(error, run.sessions.stopped_by)
        known = cause.hint, cause.code, sqlstate_of(cause), reporter.clock.seconds()
        reporter.tell(JobFailed(job.name, str(cause), reporter.to, *known))
        if cause is error:
            raise
        raise cause from error
    reporter.tell(JobFinished(job.name, result, reporter.to))
    return result


def _cause(error: XcopyError, stopped_by: XcopyError | None) -> XcopyError:
    """Say why a job ended; where someone stopped it, what failed then is an echo of that."""
    if stopped_by and isinstance(error, PartlyDoneError):
        return dataclasses.replace(error, cause=stopped_by)
    return stopped_by or error


def _described(end: Source | Target) -> str:
    return f"{end.database.described} schema {end.schema_name}"
