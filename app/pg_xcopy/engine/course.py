"""The course of one target: what is planned for it, and how that is carried out."""

from __future__ import annotations

import time
from typing import TypeVar

from pg_xcopy.engine.checking import check, lock
from pg_xcopy.engine.existing import fill_existing
from pg_xcopy.engine.reading import Reading
from pg_xcopy.engine.replacing import replace_schema
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.sides import Sides
from pg_xcopy.engine.target import Target
from pg_xcopy.observe.events import Stage
from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.existing.planner import make_existing_plan
from pg_xcopy.planning.plan import Plan, ReplacePlan
from pg_xcopy.planning.planner import make_plan
from pg_xcopy.planning.rows.shape import ALONE, Agreement
from pg_xcopy.results import JobResult, TableResult

P = TypeVar("P", bound=Plan)


def planned(run: Run, sides: Sides, agreement: Agreement = ALONE) -> Plan:
    """Decide what will be done; `agreement` is what the job's other targets ask for."""
    run.reporter.stage(Stage.PLAN)
    source, target = sides.source.catalog, sides.target
    if run.job.only_target.fills_existing:
        return make_existing_plan(run.job, source, target.existing(), agreement)
    return make_plan(run.job, source, target.catalog(), run.run_id, agreement)


def checked(plan: P, sides: Sides, run: Run) -> P:
    """Have the source try every SELECT, and keep its tables as they are; tell what is to be known before it begins."""
    run.reporter.stage(Stage.CHECK)
    plan = check(plan, sides, run.sessions)
    lock(plan, sides.source)
    run.reporter.announce(plan)
    return plan


def carried_out(plan: Plan, target: Target, reading: Reading, run: Run) -> JobResult:
    """Do what the plan says; raises XcopyError, and then the target is as it was."""
    started = time.monotonic()
    tables = _done(plan, target, reading, run)
    return JobResult(run.job.name, run.run_id, tables, tuple(run.reporter.warnings), time.monotonic() - started)


def _done(plan: Plan, target: Target, reading: Reading, run: Run) -> tuple[TableResult, ...]:
    if isinstance(plan, ReplacePlan):
        return replace_schema(plan, target, reading, run)
    if isinstance(plan, ExistingPlan):
        return fill_existing(plan, target, reading, run)
    raise TypeError(plan)
