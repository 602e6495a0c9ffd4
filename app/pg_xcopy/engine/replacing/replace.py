"""A job that replaces a schema: built beside the old one, filled, completed, swapped, the old one dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pg_xcopy.connect.pool import Pool
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.target import Target, open_writer
from pg_xcopy.engine.beside.cleanup import clean_up_after_dead_runs, drop_after_swap, drop_staging
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.engine.replacing.filling import fill
from pg_xcopy.engine.replacing.kept_keys import validate_kept_keys
from pg_xcopy.engine.replacing.staging import build, make_durable
from pg_xcopy.engine.replacing.swap import Replan, swap
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.sources.reading import Reading
from pg_xcopy.errors import XcopyError
from pg_xcopy.observe.events import Stage
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.plan import ReplacePlan, SwapMethod
from pg_xcopy.results import TableResult


def replace_schema(
    plan: ReplacePlan, target: Target, reading: Reading, run: Run, replan: Replan
) -> tuple[TableResult, ...]:
    """Do all that the plan says; raises XcopyError, and then the old schema, or its tables, are in their place.

    `replan` makes the plan again, from the target as it is then.
    """
    reporter = run.reporter
    writers = Pool(target.address, run.sessions, plan.resources.writers)
    with reporter.during(Phase.CLEAN).working("looking for what dead runs left"), writers.session() as session:
        clean_up_after_dead_runs(session, target.schema, reporter)
    with _undone_on_failure(plan, target, reporter):
        with kept_alive((target.session,), run.sessions):
            tables = _filled(run, plan, reading, writers)
        reporter.stage(Stage.SWAP)
        if plan.swap.method is not SwapMethod.RENAME:  # a rename holds no lock that a reader waits for
            with reporter.during(Phase.SWAP).working("waiting for the disk"), writers.session() as session:
                make_durable(plan, session)
        with reporter.during(Phase.SWAP).working(f"swapping schema {target.schema}"):
            swap(plan, target, run.sessions, replan)
    reporter.stage(Stage.CLEAN)
    _tidy(plan, writers, reporter)
    return tables


def _filled(run: Run, plan: ReplacePlan, reading: Reading, writers: Pool) -> tuple[TableResult, ...]:
    """Build, fill and complete the staging schema."""
    run.reporter.stage(Stage.BUILD)
    with writers.session() as session:
        build(plan, session, run.reporter)
    run.reporter.stage(Stage.COPY)
    return fill(plan, reading, writers, run)


def _tidy(plan: ReplacePlan, writers: Pool, reporter: Reporter) -> None:
    """Drop what was replaced. The new one is in place, so whatever goes wrong here fails no job any more."""
    try:
        with writers.session() as session:
            validate_kept_keys(plan, session, reporter)
            with reporter.during(Phase.CLEAN).working("dropping what was replaced"):
                drop_after_swap(session, plan, reporter)
    except XcopyError as error:
        reporter.unclean(plan.retired, error)


@contextmanager
def _undone_on_failure(plan: ReplacePlan, target: Target, reporter: Reporter) -> Iterator[None]:
    """Drop the staging schema when something fails, over a session that no cancelling reaches."""
    try:
        yield
    except BaseException:
        try:
            with (
                reporter.during(Phase.CLEAN).working("dropping the staging schema"),
                Sessions("pg-xcopy cleaning up") as own,
                open_writer(target.address, own) as session,
            ):
                drop_staging(session, plan, reporter)
        except XcopyError as error:  # the first cause is what matters; the next run cleans up
            reporter.unclean(plan.staging, error)
        raise
