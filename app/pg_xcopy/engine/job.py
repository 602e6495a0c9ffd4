"""One job from connecting to cleaning up: the order of the stages, and what is undone when one of them fails."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pg_xcopy.connect.session import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.checking import check, lock
from pg_xcopy.engine.existing import fill_existing
from pg_xcopy.engine.guard import refuse_same_schema
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.engine.reading import OwnReading
from pg_xcopy.engine.replacing import replace_schema
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.run import Run, Sides
from pg_xcopy.engine.source import Source, open_source
from pg_xcopy.engine.target import Target, open_target
from pg_xcopy.errors import XcopyError
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.events import (
    JobFailed,
    JobFinished,
    JobStarted,
    Observer,
    Planned,
    Stage,
    TableEstimate,
)
from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.existing.planner import make_existing_plan
from pg_xcopy.planning.plan import Plan, ReplacePlan
from pg_xcopy.planning.planner import make_plan
from pg_xcopy.results import JobResult, TableResult

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
    """Run a job; raises XcopyError, and then the target is as it was."""
    run = Run(job, run_id, sessions, Reporter(job.name, observer))
    source, target = job.source, job.target
    run.reporter.tell(
        JobStarted(
            job.name,
            run_id,
            f"{source.database.described} schema {source.schema_name}",
            f"{target.database.described} schema {target.schema_name}",
        )
    )
    try:
        result = _stages(run)
    except XcopyError as error:
        cause = sessions.stopped_by or error
        run.reporter.tell(JobFailed(job.name, str(cause)))
        if cause is error:
            raise
        raise cause from error
    run.reporter.tell(JobFinished(job.name, result))
    return result


def _stages(run: Run) -> JobResult:
    started = time.monotonic()
    reporter = run.reporter
    reporter.stage(Stage.CONNECT)
    with _both_sides(run) as sides:
        plan = _planned(run, sides)
        reporter.stage(Stage.CHECK)
        plan = check(plan, sides, run.sessions)
        lock(plan, sides.source)
        _announce(plan, reporter)
        tables = _done(plan, sides, run)
    return JobResult(run.job.name, run.run_id, tables, tuple(reporter.warnings), time.monotonic() - started)


def plan_only(job: Job, run_id: str, sessions: Sessions, observer: Observer) -> Plan:
    """Do everything up to the checked plan, and change nothing."""
    run = Run(job, run_id, sessions, Reporter(job.name, observer))
    with _both_sides(run, exclusive=False) as sides:
        return check(_planned(run, sides), sides, sessions)


@contextmanager
def _both_sides(run: Run, *, exclusive: bool = True) -> Iterator[Sides]:
    with _source_side(run) as source, _target_side(run, source, exclusive=exclusive) as target:
        yield Sides(source, target)


@contextmanager
def _source_side(run: Run) -> Iterator[Source]:
    source = run.job.source
    address = address_of("source", source.database, run.job.hidden)
    with open_source(address, source.schema_name, run.sessions) as side, kept_alive((side.session,), run.sessions):
        yield side


@contextmanager
def _target_side(run: Run, source: Source, *, exclusive: bool) -> Iterator[Target]:
    target = run.job.target
    address = address_of("target", target.database, run.job.hidden)
    with open_target(address, target.schema_name, run.sessions, exclusive=exclusive) as side:
        refuse_same_schema(source, side, protected=run.job.source.database.protected)
        yield side


def address_of(side: str, connection: Connection, hidden: frozenset[str] = frozenset()) -> Address:
    """Say where a side of a job is reached; the source's sessions are read only."""
    return Address(
        side=side,
        label=connection.described,
        dsn=connection.dsn,
        connect_timeout=connection.connect_timeout,
        read_only=side == "source",
        hidden=hidden,
        ssh=connection.ssh.login if connection.ssh else None,
    )


def _planned(run: Run, sides: Sides) -> Plan:
    run.reporter.stage(Stage.PLAN)
    source, target = sides.source, sides.target
    if run.job.target.fills_existing:
        return make_existing_plan(run.job, source.catalog, target.existing())
    return make_plan(run.job, source.catalog, target.catalog(), run.run_id)


def _done(plan: Plan, sides: Sides, run: Run) -> tuple[TableResult, ...]:
    target, reading = sides.target, OwnReading(sides.source, plan, run.sessions)
    if isinstance(plan, ReplacePlan):
        return replace_schema(plan, target, reading, run)
    if isinstance(plan, ExistingPlan):
        return fill_existing(plan, target, reading, run)
    raise TypeError(plan)


def _announce(plan: Plan, reporter: Reporter) -> None:
    estimates = (TableEstimate(str(each.source), each.estimated_rows, each.estimated_bytes) for each in plan.copies)
    reporter.tell(Planned(plan.job, tuple(estimates)))
    for notice in plan.notices:
        reporter.notice(notice)
