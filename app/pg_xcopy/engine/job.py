"""One job from connecting to cleaning up: the order of the stages, and what is undone when one of them fails."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pg_xcopy.connect.pool import Pool
from pg_xcopy.connect.session import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.checking import check, lock
from pg_xcopy.engine.cleanup import clean_up_after_dead_runs, drop_after_swap, drop_staging
from pg_xcopy.engine.filling import fill
from pg_xcopy.engine.guard import refuse_same_schema
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.source import Source, open_source
from pg_xcopy.engine.staging import build
from pg_xcopy.engine.swap import swap
from pg_xcopy.engine.target import Target, open_target, open_writer
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
from pg_xcopy.planning.plan import Plan
from pg_xcopy.planning.planner import make_plan
from pg_xcopy.results import JobResult, TableResult

MAX_APPLICATION_NAME = 63
"""Bytes: PostgreSQL cuts application_name there (NAMEDATALEN - 1)."""


@dataclass(frozen=True)
class Run:
    """One execution of a job: its identity, its sessions, its voice."""

    job: Job
    run_id: str
    sessions: Sessions
    reporter: Reporter


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
        run.reporter.tell(JobFailed(job.name, str(error)))
        raise
    run.reporter.tell(JobFinished(job.name, result))
    return result


def _stages(run: Run) -> JobResult:
    started = time.monotonic()
    reporter, sessions = run.reporter, run.sessions
    reporter.stage(Stage.CONNECT)
    with ExitStack() as reading:
        source = reading.enter_context(_source_side(run))
        target = reading.enter_context(_target_side(run, source))
        plan = _planned(run, source, target)
        reporter.stage(Stage.CHECK)
        plan = check(plan, source, sessions)
        lock(plan, source)
        _announce(plan, reporter)
        writers = Pool(target.address, sessions, plan.resources.workers)
        with writers.session() as session:
            clean_up_after_dead_runs(session, target.schema, reporter)
        with _undone_on_failure(plan, target, reporter):
            with kept_alive((target.session,), sessions):
                tables = _filled(run, plan, source, writers)
            reporter.stage(Stage.SWAP)
            swap(plan, target, sessions)
        reporter.stage(Stage.CLEAN)
        _tidy(plan, writers, reporter)
    return JobResult(run.job.name, run.run_id, tables, tuple(reporter.warnings), time.monotonic() - started)


def _filled(run: Run, plan: Plan, source: Source, writers: Pool) -> tuple[TableResult, ...]:
    """Build, fill and complete the staging schema."""
    run.reporter.stage(Stage.BUILD)
    with writers.session() as session:
        build(plan, session, run.reporter)
    run.reporter.stage(Stage.COPY)
    return fill(plan, source, writers, run.sessions, run.reporter)


def _tidy(plan: Plan, writers: Pool, reporter: Reporter) -> None:
    """Drop what was replaced. The new schema is in place, so whatever goes wrong here fails no job any more."""
    try:
        with writers.session() as session:
            drop_after_swap(session, plan, reporter)
    except XcopyError as error:
        reporter.unclean(plan.retired, error)


def plan_only(job: Job, run_id: str, sessions: Sessions, observer: Observer) -> Plan:
    """Do everything up to the checked plan, and change nothing."""
    run = Run(job, run_id, sessions, Reporter(job.name, observer))
    with _source_side(run) as source, _target_side(run, source, exclusive=False) as target:
        return check(_planned(run, source, target), source, sessions)


@contextmanager
def _source_side(run: Run) -> Iterator[Source]:
    source = run.job.source
    address = address_of("source", source.database)
    with open_source(address, source.schema_name, run.sessions) as side, kept_alive((side.session,), run.sessions):
        yield side


@contextmanager
def _target_side(run: Run, source: Source, *, exclusive: bool = True) -> Iterator[Target]:
    target = run.job.target
    address = address_of("target", target.database)
    with open_target(address, target.schema_name, run.sessions, exclusive=exclusive) as side:
        refuse_same_schema(source, side, protected=run.job.source.database.protected)
        yield side


def address_of(side: str, connection: Connection) -> Address:
    """Say where a side of a job is reached; the source's sessions are read only."""
    return Address(
        side=side,
        label=connection.described,
        dsn=connection.dsn,
        connect_timeout=connection.connect_timeout,
        read_only=side == "source",
    )


def _planned(run: Run, source: Source, target: Target) -> Plan:
    run.reporter.stage(Stage.PLAN)
    return make_plan(run.job, source.catalog, target.catalog(), run.run_id)


def _announce(plan: Plan, reporter: Reporter) -> None:
    estimates = (TableEstimate(str(each.source), each.estimated_rows, each.estimated_bytes) for each in plan.copies)
    reporter.tell(Planned(plan.job, tuple(estimates)))
    for notice in plan.notices:
        reporter.notice(notice)


@contextmanager
def _undone_on_failure(plan: Plan, target: Target, reporter: Reporter) -> Iterator[None]:
    """Drop the staging schema when something fails, over a session that no cancelling reaches."""
    try:
        yield
    except BaseException:
        try:
            with Sessions("pg-xcopy cleaning up") as own, open_writer(target.address, own) as session:
                drop_staging(session, plan, reporter)
        except XcopyError as error:  # the first cause is what matters; the next run cleans up
            reporter.unclean(plan.staging, error)
        raise
