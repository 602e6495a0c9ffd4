"""One execution of a job, or of that of one of its targets: its identity, its sessions, its voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.errors import XcopyError
from pg_xcopy.manifest.ends import Source, Target
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.events import JobFailed, JobFinished, JobStarted
from pg_xcopy.results import JobResult


@dataclass(frozen=True)
class Run:
    """What all stages of one execution share."""

    job: Job
    run_id: str
    sessions: Sessions
    reporter: Reporter


def told(run: Run, work: Callable[[], JobResult]) -> JobResult:
    """Tell how a run begins and how it ends; raises what `work` raises, or why someone stopped it."""
    job, reporter = run.job, run.reporter
    reporter.tell(JobStarted(job.name, run.run_id, _described(job.source), _described(job.only_target), reporter.to))
    try:
        result = work()
    except XcopyError as error:
        cause = run.sessions.stopped_by or error
        reporter.tell(JobFailed(job.name, str(cause), reporter.to))
        if cause is error:
            raise
        raise cause from error
    reporter.tell(JobFinished(job.name, result, reporter.to))
    return result


def _described(end: Source | Target) -> str:
    return f"{end.database.described} schema {end.schema_name}"
