"""A job that fills tables that exist: emptied where the mode says so, filled, their sequences moved, committed."""

from __future__ import annotations

from pg_xcopy.connect.pool import Pool
from pg_xcopy.engine.before.target import Target
from pg_xcopy.engine.existing.committing import commit
from pg_xcopy.engine.existing.emptying import begin
from pg_xcopy.engine.existing.landing import Filling, check_deferred
from pg_xcopy.engine.existing.landing_schema import landing_schema
from pg_xcopy.engine.existing.separately import fill_separately
from pg_xcopy.engine.rows.loading import Hands
from pg_xcopy.engine.rows.waking import waking
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.sources.reading import Reading
from pg_xcopy.errors import XcopyError
from pg_xcopy.observe.events import Stage
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.plan import Topic
from pg_xcopy.results import TableResult
from pg_xcopy.sql.render import render


def fill_existing(plan: ExistingPlan, target: Target, reading: Reading, run: Run) -> tuple[TableResult, ...]:
    """Do all that the plan says; raises XcopyError, and then no table has changed.

    Where each table has a transaction of its own, PartlyDoneError says which have.
    """
    run.reporter.stage(Stage.COPY)
    writers = Pool(target.address, run.sessions, plan.resources.writers)
    with landing_schema(plan, target, run), waking(plan.resources, writers) as passed:
        filling = Filling(plan, run, passed)
        if plan.transaction == "job":
            _fill_together(filling, target, reading)
        else:
            fill_separately(filling, target, reading, writers)
    run.reporter.stage(Stage.ANALYZE)
    _analyze(plan, writers, run)
    return filling.loading.results


def _fill_together(filling: Filling, target: Target, reading: Reading) -> None:
    """Fill all tables in one transaction: the one that has held the lock on the schema since the beginning."""
    plan, run, session = filling.plan, filling.run, target.session
    session.run(
        render("existing/settings.sql.j2", search_path=plan.target_path, settings=plan.resources.settings),
        "filling existing tables",
    )
    hands = Hands(reading.feed(), session, run.reporter)
    if not plan.lands:
        begin(plan.opening, session, run.reporter.during(Phase.EMPTY))
    with filling.loading.ready(hands):
        landed = [(fill, copy, filling.land(fill, copy, hands)) for fill, copy in filling.tables]
    reading.verify(plan.copies)
    reading.done()
    if plan.lands:
        run.reporter.stage(Stage.MERGE)
        begin(plan.opening, session, run.reporter.during(Phase.EMPTY))
    for fill, copy, pumped in landed:
        filling.settle(fill, copy, pumped, hands)
    check_deferred(hands)
    for fill, copy in filling.tables:
        filling.close(fill, copy, hands)
    run.reporter.stage(Stage.COMMIT)
    with run.reporter.during(Phase.COMMIT).working("committing"):
        commit(session, target.address)


def _analyze(plan: ExistingPlan, writers: Pool, run: Run) -> None:
    """Gather statistics, each table by itself. The rows are in, so whatever goes wrong here fails no job any more."""
    steps = [(fill.analyze, copy.source) for fill, copy in zip(plan.fills, plan.copies, strict=True) if fill.analyze]
    if not steps:
        return
    try:
        with writers.session() as session:
            for step, table in steps:
                with run.reporter.during(Phase.ANALYZE, table).working(step.doing):
                    session.begin_writer(plan.target_path)
                    session.run(step.sql, step.doing)
                    session.commit()
    except XcopyError as error:
        run.reporter.warn(Topic.STATISTICS, plan.target.schema, f"not gathered ({error.sentence})")
