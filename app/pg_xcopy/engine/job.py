"""One job from connecting to cleaning up: the order of the stages."""

from __future__ import annotations

import os
import secrets
import socket
import time

from msgspec.structs import replace

from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.checking import check
from pg_xcopy.engine.before.sides import both_sides
from pg_xcopy.engine.course import carried_out, checked, planned
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.run import Run, told
from pg_xcopy.engine.several import feed_all, plan_all
from pg_xcopy.engine.sources.reading import alone
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.events import Observer, Stage
from pg_xcopy.planning.plan import Plan
from pg_xcopy.results import JobResult

MAX_APPLICATION_NAME = 63
"""Bytes: PostgreSQL cuts application_name there (NAMEDATALEN - 1)."""


def new_run_id() -> str:
    """Make up a name for a run, short enough to be part of a schema's."""
    return secrets.token_hex(4)


def sessions_of(job: Job) -> Sessions:
    """Make the registry of a run's sessions; their name in pg_stat_activity says which job, where and which process."""
    name = f"pg-xcopy {job.name} on {socket.gethostname()}:{os.getpid()}"
    return Sessions(name.encode()[:MAX_APPLICATION_NAME].decode(errors="ignore"))


def execute(job: Job, run_id: str, sessions: Sessions, observer: Observer) -> JobResult:
    """Run a job; raises XcopyError, and then the target is as it was, unless it is a PartlyDoneError."""
    run = Run(job, run_id, sessions, Reporter(job.name, observer))
    return feed_all(run) if len(job.all_targets) > 1 else told(run, lambda: _stages(run))


def _stages(run: Run) -> JobResult:
    started = time.monotonic()
    run.reporter.stage(Stage.CONNECT)
    with both_sides(run) as sides:
        plan = checked(planned(run, sides), sides, run)
        snapshot = sides.source.session
        reading = alone(sides.source, plan, run.sessions, lambda: run.sessions.close(snapshot), sides.target.pusher)
        result = carried_out(plan, sides, reading, run)
    return replace(result, seconds=time.monotonic() - started)


def plans_only(job: Job, run_id: str, sessions: Sessions, observer: Observer) -> tuple[Plan, ...]:
    """Do everything up to the checked plan of each target, and change nothing."""
    run = Run(job, run_id, sessions, Reporter(job.name, observer))
    if len(job.all_targets) > 1:
        return plan_all(run)
    with both_sides(run, exclusive=False) as sides:
        return (check(planned(run, sides), sides, sessions),)
