"""The short transaction at the end: the new schema takes the old one's place."""

from __future__ import annotations

from pg_xcopy.catalog.target import read_dependents
from pg_xcopy.engine.target import Target
from pg_xcopy.errors import PlanError
from pg_xcopy.planning.plan import Plan
from pg_xcopy.sql.render import render


def swap(plan: Plan, target: Target) -> None:
    """Swap in the transaction that has held the lock since the beginning, and commit it.

    Raises PlanError if, since the plan was made, something outside began to depend on what is to be replaced.
    """
    _refuse_new_dependents(plan, target)
    for statement in plan.swap.statements:
        target.session.run(statement, f"swapping schema {target.schema}")
    target.session.commit()


def _refuse_new_dependents(plan: Plan, target: Target) -> None:
    if plan.cascades:
        return
    doing = f"looking at schema {target.schema}"
    found = target.session.rows(render("introspect/schema.sql.j2", schema=target.schema), doing)
    for row in found:
        broken = [each for each in read_dependents(target.session, int(row["oid"])) if not each.publication]
        if broken:
            reasons = (f"{each.description} depends on {each.on_object}, which would be dropped" for each in broken)
            raise PlanError(plan.job, tuple(reasons))
