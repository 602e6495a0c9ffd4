"""The course of one target: what is planned for it, and how that is carried out."""

from __future__ import annotations

import time
from typing import TypeVar

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.engine.before.checking import check
from pg_xcopy.engine.before.locking import lock
from pg_xcopy.engine.before.sides import Sides
from pg_xcopy.engine.existing.fill import fill_existing
from pg_xcopy.engine.replacing.replace import replace_schema
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.sources.reading import Reading
from pg_xcopy.observe.events import Stage
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.existing.planner import make_existing_plan
from pg_xcopy.planning.plan import Plan, ReplacePlan
from pg_xcopy.planning.planner import make_plan
from pg_xcopy.planning.rows.shape import ALONE, Agreement
from pg_xcopy.results import JobResult

P = TypeVar("P", bound=Plan)


def planned(run: Run, sides: Sides, agreement: Agreement = ALONE) -> Plan:
    """Decide what will be done; `agreement` is what the job's other targets ask for."""
    run.reporter.stage(Stage.PLAN)
    with run.reporter.during(Phase.PLAN).working("planning"):
        if isinstance(sides.standing, ExistingCatalog):
            return make_existing_plan(run.job, sides.source.catalog, sides.standing, run.run_id, agreement)
        return make_plan(run.job, sides.source.catalog, sides.standing, run.run_id, agreement)


def _planned_again(run: Run, sides: Sides, agreement: Agreement) -> ReplacePlan:
    """Decide once more, from what stands there by now."""
    standing = sides.target.catalog(stays=run.job.only_target.mode == "replace_tables")
    return make_plan(run.job, sides.source.catalog, standing, run.run_id, agreement)


def checked(plan: P, sides: Sides, run: Run) -> P:
    """Have the source try every SELECT, and keep its tables as they are; tell what is to be known before it begins."""
    run.reporter.stage(Stage.CHECK)
    with run.reporter.during(Phase.CHECK).working("checking every statement"):
        plan = check(plan, sides, run.sessions)
        lock(plan, sides.source)
    run.reporter.announce(plan)
    return plan


def carried_out(plan: Plan, sides: Sides, reading: Reading, run: Run, agreement: Agreement = ALONE) -> JobResult:
    """Do what the plan says; raises XcopyError, and then the target is as it was."""
    started = time.monotonic()
    if isinstance(plan, ReplacePlan):
        tables = replace_schema(plan, sides.target, reading, run, lambda: _planned_again(run, sides, agreement))
    elif isinstance(plan, ExistingPlan):
        tables = fill_existing(plan, sides.target, reading, run)
    else:
        raise TypeError(plan)
    return JobResult(run.job.name, run.run_id, tables, tuple(run.reporter.warnings), time.monotonic() - started)
