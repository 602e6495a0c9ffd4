"""The short transaction at the end: the new schema takes the old one's place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from pg_xcopy.catalog.standing import Dependent
from pg_xcopy.catalog.target import read_dependents, read_objects
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.target import Target, lock_key, open_writer
from pg_xcopy.engine.beside.last_look import Permission, dependents_of, extensions_within, permission_of
from pg_xcopy.errors import DatabaseError, PlanError
from pg_xcopy.planning.plan import ReplacePlan, SwapMethod
from pg_xcopy.planning.schemas import is_ours
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path, set_search_path

PATIENCE, PAUSE, ATTEMPTS = "3s", 2.0, 20
"""How long a lock is waited for, the seconds between two attempts, and how many of them there are."""

IN_THE_WAY = frozenset({"55P03", "40P01"})
"""SQLSTATEs of a lock that did not come in time, and of two who waited for each other's."""


Replan = Callable[[], ReplacePlan]


def swap(plan: ReplacePlan, target: Target, sessions: Sessions, replan: Replan) -> None:
    """Swap in the transaction that has held the lock since the beginning, and commit it.

    Raises PlanError if, since the plan was made, something outside began to depend on what is to be replaced, or if
    what is left when all is in its place could not be dropped without breaking something. `replan` makes the plan anew.
    """
    if plan.swap.method is SwapMethod.TABLES:
        _refuse_what_changed(plan, replan())
    else:
        _refuse_what_appeared(plan, target)
    for attempt in range(ATTEMPTS, 0, -1):
        if _swapped(plan, target, last=attempt == 1):
            break
        time.sleep(PAUSE)
    try:
        target.session.commit()
    except DatabaseError as error:
        if not (error.connection_lost and _took_place(plan, target, sessions)):
            raise


def _swapped(plan: ReplacePlan, target: Target, *, last: bool) -> bool:
    """Try the swap; a lock that does not come soon is let go with all others, so that no reader waits for long."""
    doing = f"swapping schema {target.schema}"
    # On whatever the role's settings say: this COMMIT makes durable all that was loaded without waiting for the disk.
    settings = f"SAVEPOINT swap; SET LOCAL lock_timeout = '{PATIENCE}'; SET LOCAL synchronous_commit = on"
    target.session.run(Sql(settings), doing)
    try:
        target.session.run(Sql(";\n".join(plan.swap.statements)), doing)
        reasons = tuple(_what_would_fall(plan, target))
    except DatabaseError as error:
        if last or error.sqlstate not in IN_THE_WAY:
            raise
        target.session.run(Sql("ROLLBACK TO SAVEPOINT swap"), doing)
        return False
    if reasons:
        # Its locks would keep the staging schema from being dropped.
        target.session.run(Sql("ROLLBACK TO SAVEPOINT swap"), doing)
        raise PlanError(plan.job, reasons)
    return True


def _took_place(plan: ReplacePlan, target: Target, sessions: Sessions) -> bool:
    """Find out how a COMMIT ended whose answer was lost: the lock is free once the server is through with it."""
    doing = f"asking whether schema {target.schema} was swapped"
    with open_writer(target.address, sessions) as session:
        session.begin_writer(search_path([]))
        session.run(render("guard/wait_for_lock.sql.j2", key=lock_key(target.schema)), doing)
        return bool(session.value(render("swap/took_place.sql.j2", retired=plan.retired, staging=plan.staging), doing))


def _refuse_what_appeared(plan: ReplacePlan, target: Target) -> None:
    """Refuse to drop what others need, or what the plan did not know.

    What was just built must not need it even where the job says cascade.
    """
    doing = f"looking at schema {target.schema}"
    found = target.session.rows(render("introspect/schema.sql.j2", schema=target.schema), doing)
    for row in found:
        planned = set(plan.dropped)
        objects = [f"{each.kind} {each.identity}" for each in read_objects(target.session, int(row["oid"]))]
        if new := [each for each in objects if each not in planned]:
            raise PlanError(plan.job, tuple(f"{each} appeared while the job ran, and would be dropped" for each in new))
        dependents = read_dependents(target.session, int(row["oid"]))
        ours = [each for each in dependents if plan.staging == each.schema]
        others = [each for each in dependents if not (each.publication or is_ours(each.schema, plan.target.schema))]
        broken = ours if plan.cascades else [*ours, *others]
        if broken:
            raise PlanError(plan.job, tuple(_reason(each, plan) for each in broken))


def _refuse_what_changed(plan: ReplacePlan, now: ReplacePlan) -> None:
    """Refuse to carry out a plan that would be another now: tables, or what depends on them, are not what they were."""
    if now.swap == plan.swap and now.dropped == plan.dropped:
        return
    new = [
        f"{each} appeared while the job ran, and would be dropped" for each in now.dropped if each not in plan.dropped
    ]
    gone = [each for each in (*plan.dropped, *plan.swap.again) if each not in (*now.dropped, *now.swap.again)]
    late = [each for each in now.swap.again if each not in plan.swap.again]
    reasons = [*new, *(f"{each} came or went while the job ran" for each in (*gone, *late))]
    changed = f"what stays in schema {plan.target.schema} around the job's tables changed while the job ran"
    raise PlanError(plan.job, tuple(f"{each} (run it again)" for each in reasons or [changed]))


def _what_would_fall(plan: ReplacePlan, target: Target) -> Iterator[str]:
    """Look at what remains, inside the transaction: it will be dropped, and must take nothing along."""
    doing = f"looking at what remains of schema {target.schema}"
    target.session.run(set_search_path([]), doing)
    for schema in (plan.retired, plan.staging):
        for row in target.session.rows(render("introspect/schema.sql.j2", schema=schema), doing):
            oid = int(row["oid"])
            for name in extensions_within(target.session, oid):
                yield f"extension {name} appeared in schema {target.schema} while the job ran, and would be dropped"
            permission = permission_of(plan) if schema == plan.retired else Permission(target.schema)
            for each in dependents_of(target.session, oid, permission):
                yield _reason(each, plan)


def _reason(each: Dependent, plan: ReplacePlan) -> str:
    """Say what depends on what, in names that the user knows: not those of the schemas beside."""
    text = f"{each.description} depends on {each.on_object}, which would be dropped with the old schema"
    for beside in (plan.staging, plan.retired):
        text = text.replace(beside, plan.target.schema)
    return f"in the copy, {text}" if each.schema == plan.staging else text
