"""The schema in which rows land that the source's server pushes: made before them, dropped after them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.target import Target, open_writer
from pg_xcopy.engine.beside.cleanup import clean_up_after_dead_runs, drop_landing, has_landings
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.steps import batches, together
from pg_xcopy.errors import XcopyError
from pg_xcopy.observe.events import Stage
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.existing.plan import ExistingPlan, LandingSchema


@contextmanager
def landing_schema(plan: ExistingPlan, target: Target, run: Run) -> Iterator[None]:
    """Have it there, with its tables, for as long as this lasts; what dead runs left of the kind is dropped first."""
    _clean_up(target, run)
    if plan.landing_schema is None:
        yield
        return
    try:
        _prepare(plan, target, run)
        yield
    except BaseException:
        # What its transaction has locked would keep the schema from being dropped, and nothing of it will be kept.
        run.sessions.close(target.session)
        _drop(plan.landing_schema, target, run)
        raise
    run.reporter.stage(Stage.CLEAN)
    _drop(plan.landing_schema, target, run)


def _clean_up(target: Target, run: Run) -> None:
    if has_landings(target.session, target.schema):
        reporter = run.reporter.during(Phase.CLEAN)
        with reporter.working("dropping what dead runs left"), open_writer(target.address, run.sessions) as session:
            clean_up_after_dead_runs(session, target.schema, reporter, ["landing"])


def _prepare(plan: ExistingPlan, target: Target, run: Run) -> None:
    """Make all of it in transactions of its own, since a session that is not ours has to find it."""
    with open_writer(target.address, run.sessions) as session:
        for batch in batches(plan.preparing):
            together(batch, plan, session, run.reporter.during(Phase.BUILD))


def _drop(schema: LandingSchema, target: Target, run: Run) -> None:
    """Drop it over a session that no cancelling reaches; what goes wrong here fails no job, the next run cleans up."""
    reporter = run.reporter.during(Phase.CLEAN)
    try:
        with (
            reporter.working("dropping what pushed rows landed in"),
            Sessions("pg-xcopy cleaning up") as own,
            open_writer(target.address, own) as session,
        ):
            drop_landing(session, target.schema, schema.name, reporter)
    except XcopyError as error:
        reporter.unclean(schema.name, error)
