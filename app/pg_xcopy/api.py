"""The library: jobs as models or plain dicts in, typed results out; nothing here prints or exits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import combinations, product
from pathlib import Path
from typing import Any

from pg_xcopy.connect.secrets_manager import SecretsManager
from pg_xcopy.engine.job import execute, new_run_id, plans_only, sessions_of
from pg_xcopy.engine.supervision import Deadline, supervised
from pg_xcopy.errors import JobsFailedError, TimeUpError, UsageError, XcopyError
from pg_xcopy.manifest import loader
from pg_xcopy.manifest.connections import lead_to_one_database
from pg_xcopy.manifest.ends import Target
from pg_xcopy.manifest.models import Job, Manifest
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.manifest.overlap import shared_table
from pg_xcopy.manifest.secrets.revealing import revealed
from pg_xcopy.observe.events import Observer, ignore, one_at_a_time
from pg_xcopy.observe.log import log_events
from pg_xcopy.planning.plan import Plan
from pg_xcopy.results import JobResult

Jobs = Manifest | Mapping[str, Job | Mapping[str, Any]]


def load_manifest(path: str | Path) -> Manifest:
    """Read a YAML or Python manifest; raises ManifestError with every mistake in it. Opens no connection.

    Secrets of AWS are read when a job of it runs or is planned, and so is checked what depends on them.
    """
    return loader.load_manifest(path)


def read_secrets(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Complete jobs with what they take from AWS Secrets Manager; each secret is read once for all of them.

    `run_job`, `run_jobs` and `plan_job` do that themselves. Raises ManifestError with every mistake found, SecretsError
    where AWS gave no secret. Jobs that refer to none are handed back as they are, and nothing is asked.
    """
    return revealed(jobs, SecretsManager())


def run_job(
    job: Job | Mapping[str, Any],
    *,
    name: str = "job",
    observer: Observer = ignore,
    verbose: bool = False,
    timeout: float | None = None,
) -> JobResult:
    """Run one job; raises XcopyError, and then the target is as it was before, unless it is a PartlyDoneError.

    `job` is a model or the dictionary of one; `name` is what to call the latter. `observer` is called with each
    Event, one at a time, from the job's threads. `verbose` logs the events to the logger `pg_xcopy`. After `timeout`
    seconds the job is stopped, which takes a few more, and TimeUpError raised.
    A KeyboardInterrupt, or any exception that a signal handler raises in the calling thread, ends the job cleanly.
    """
    deadline = _deadlines(timeout)
    (checked,) = read_secrets([_checked_job(job, name)])
    return _run(checked, _shared(observer, verbose=verbose), deadline(checked))


def run_jobs(
    pattern: str | Iterable[str],
    jobs: Jobs,
    *,
    observer: Observer = ignore,
    verbose: bool = False,
    timeout: float | None = None,
) -> tuple[JobResult, ...]:
    """Run the jobs whose names match, one after the other, in the order of their declaration.

    A job that fails does not keep the next from running. Raises UsageError where no name matches, the job's own
    error where the only one failed, and JobsFailedError (with the results of the others) where one of several did.
    `timeout` is the time for all of them together, in seconds; a job that has none left is not begun.
    """
    observe, deadline = _shared(observer, verbose=verbose), _deadlines(timeout)
    chosen = read_secrets(select_jobs(pattern, jobs))
    refuse_clashes(chosen)
    results: list[JobResult] = []
    failures: dict[str, XcopyError] = {}
    for job in chosen:
        try:
            results.append(_run(job, observe, deadline(job)))
        except XcopyError as error:
            failures[job.name] = error
    if failures and len(chosen) == 1:
        raise failures[chosen[0].name]
    if failures:
        raise JobsFailedError(failures, tuple(results))
    return tuple(results)


def _run(job: Job, observer: Observer, deadline: Deadline | None) -> JobResult:
    with sessions_of(job) as sessions:
        return supervised(lambda: execute(job, new_run_id(), sessions, observer), sessions, deadline)


def _shared(observer: Observer, *, verbose: bool) -> Observer:
    return one_at_a_time(log_events(observer) if verbose else observer)


def _deadlines(timeout: float | None) -> Callable[[Job], Deadline | None]:
    """Let the time begin to run; what is returned raises TimeUpError for a job that has none left."""
    end = time.monotonic() + (timeout or 0)

    def deadline(job: Job) -> Deadline | None:
        if timeout is None:
            return None
        if time.monotonic() >= end:
            raise TimeUpError(job.name, timeout, begun=False)
        return Deadline(end, TimeUpError(job.name, timeout))

    return deadline


def plan_job(job: Job | Mapping[str, Any], *, name: str = "job", observer: Observer = ignore) -> Plan:
    """Return everything that a run of a job with one target would do, checked on the source; changes nothing.

    Raises XcopyError, as run_job would before it touches the target, and UsageError for a job with several targets.
    """
    checked = _checked_job(job, name)
    if len(checked.all_targets) > 1:
        raise UsageError(f"job {checked.name} has {len(checked.all_targets)} targets.", "Use plan_targets.")
    return plan_targets(checked, observer=observer)[0]


def plan_targets(job: Job | Mapping[str, Any], *, name: str = "job", observer: Observer = ignore) -> tuple[Plan, ...]:
    """Return what plan_job does for each of a job's targets, in their order; changes nothing.

    Raises XcopyError, and TargetsFailedError where some of several targets can't be planned.
    """
    (checked,) = read_secrets([_checked_job(job, name)])
    with sessions_of(checked) as sessions:
        return supervised(lambda: plans_only(checked, new_run_id(), sessions, observer), sessions)


def select_jobs(pattern: str | Iterable[str], jobs: Jobs) -> tuple[Job, ...]:
    """Pick jobs by exact name or glob; no pattern at all means every job. Raises UsageError for one without a match."""
    known = _checked(jobs)
    patterns = [pattern] if isinstance(pattern, str) else list(pattern)
    for each in patterns:
        if not any(_matches(name, each) for name in known):
            near = did_you_mean(each, known)
            raise UsageError(f"no job matches {each!r}.", near or f"the manifest has: {', '.join(known)}")
    return tuple(job for name, job in known.items() if not patterns or any(_matches(name, each) for each in patterns))


def refuse_clashes(jobs: Iterable[Job]) -> None:
    """Raise UsageError if a later job replaces or empties what an earlier one copied."""
    for one, other in combinations(jobs, 2):
        for first, second in product(one.all_targets, other.all_targets):
            if first.schema_name == second.schema_name and lead_to_one_database(first.database, second.database):
                _refuse_clash((one, first), (other, second))


def _refuse_clash(earlier: tuple[Job, Target], later: tuple[Job, Target]) -> None:
    (one, first), (other, second) = earlier, later
    if second.mode == "replace":
        first_does = "replace tables of" if first.mode == "replace_tables" else f"{first.mode} into"
        both = "both replace" if first.mode == "replace" else f"{first_does} and then replace"
        raise UsageError(
            f"jobs {one.name} and {other.name} {both} schema {first.schema_name} of the same database.",
            "Run one of them by its name, or give each a schema of its own.",
        )
    effect = {"truncate": "empty", "replace_tables": "replace"}.get(second.mode)
    if effect and (shared := shared_table(earlier, later)):
        raise UsageError(
            f"job {other.name} would {effect} {shared} in schema {first.schema_name},"
            f" which job {one.name} has filled just before.",
            "Run one of them by its name, or let the names and patterns of both tell their tables apart."
            if first.mode == second.mode == "replace_tables"
            else f"Run one of them by its name, or declare {other.name} first.",
        )


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _checked_job(job: Job | Mapping[str, Any], name: str) -> Job:
    return job if isinstance(job, Job) else loader.parse_job(job, name)


def _checked(jobs: Jobs) -> Mapping[str, Job]:
    if isinstance(jobs, Manifest):
        return jobs.jobs
    return loader.parse_manifest({"jobs": dict(jobs)}).jobs
