"""The short transaction at the end: the new schema takes the old one's place."""

from __future__ import annotations

from pg_xcopy.catalog.target import read_dependents
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.target import Target, lock_key, open_writer
from pg_xcopy.errors import DatabaseError, PlanError
from pg_xcopy.planning.plan import Plan
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path


def swap(plan: Plan, target: Target, sessions: Sessions) -> None:
    """Swap in the transaction that has held the lock since the beginning, and commit it.

    Raises PlanError if, since the plan was made, something outside began to depend on what is to be replaced.
    """
    _refuse_new_dependents(plan, target)
    for statement in plan.swap.statements:
        target.session.run(statement, f"swapping schema {target.schema}")
    try:
        target.session.commit()
    except DatabaseError as error:
        if not (error.connection_lost and _took_place(plan, target, sessions)):
            raise


def _took_place(plan: Plan, target: Target, sessions: Sessions) -> bool:
    """Find out how a COMMIT ended whose answer was lost: the lock is free once the server is through with it."""
    doing = f"asking whether schema {target.schema} was swapped"
    with open_writer(target.address, sessions) as session:
        session.begin_writer(search_path([]))
        session.run(render("guard/wait_for_lock.sql.j2", key=lock_key(target.schema)), doing)
        return bool(session.value(render("swap/took_place.sql.j2", retired=plan.retired, staging=plan.staging), doing))


def _refuse_new_dependents(plan: Plan, target: Target) -> None:
    """Refuse to drop what others need; what was just built must not need it even where the job says cascade."""
    doing = f"looking at schema {target.schema}"
    found = target.session.rows(render("introspect/schema.sql.j2", schema=target.schema), doing)
    for row in found:
        dependents = read_dependents(target.session, int(row["oid"]))
        ours = [each for each in dependents if plan.staging in each.description]
        broken = ours if plan.cascades else [each for each in dependents if not each.publication]
        if broken:
            reasons = (f"{each.description} depends on {each.on_object}, which would be dropped" for each in broken)
            raise PlanError(plan.job, tuple(reasons))
