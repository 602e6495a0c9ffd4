"""Foreign keys of tables that stay: whether the rows that stay find what they refer to among those that came."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.steps import alone
from pg_xcopy.errors import DatabaseError, PlanError
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.plan import KeptKey, ReplacePlan, Topic

WHY = "rows refer to others that were not copied"


def check_kept_keys(plan: ReplacePlan, session: Session, reporter: Reporter) -> None:
    """Find out before the swap, where it is too late afterwards: for a strict job, and for keys that hold at once.

    Raises PlanError for the latter.
    """
    asked = [key for key in plan.swap.kept_keys if plan.strict or key.validate is None]
    broken = list(_broken(asked, plan, session, reporter.during(Phase.FOREIGN_KEYS)))
    at_once = [key for key in broken if key.validate is None]
    if at_once:
        raise PlanError(plan.job, tuple(f"foreign key {key.subject}, which stays: {WHY}" for key in at_once))
    for key in broken:
        reporter.warn(Topic.UNCHECKED, key.subject, f"{key.what}: {WHY}")


def _broken(keys: list[KeptKey], plan: ReplacePlan, session: Session, reporter: Reporter) -> Iterator[KeptKey]:
    for key in keys:
        if key.breaks is not None:
            doing = f"looking for rows that break foreign key {key.subject}"
            with reporter.working(doing):
                session.begin_writer(plan.target_path, settings=plan.resources.settings)
                broken = bool(session.value(key.breaks, doing))
                session.commit()
            if broken:
                yield key


def validate_kept_keys(plan: ReplacePlan, session: Session, reporter: Reporter) -> None:
    """Make them hold for the rows that are there; one that can't becomes a warning, and holds for new rows."""
    for key in plan.swap.kept_keys:
        if key.validate is None:
            continue
        try:
            alone(key.validate, plan, session, reporter.during(Phase.FOREIGN_KEYS))
        except DatabaseError as error:
            if error.connection_lost:
                raise
            session.rollback()
            reporter.lost(key.validate, error)
