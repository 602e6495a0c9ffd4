"""Which existing tables can be filled at the same time, each in a transaction of its own."""

from __future__ import annotations

from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.schedule import Load, Work


def make_fill_schedule(plan: ExistingPlan) -> tuple[Work, ...]:
    """Give a work for each table, in the order of the plan: it waits for the tables that its rows refer to."""
    places = {fill.table: place for place, fill in enumerate(plan.fills)}
    return tuple(
        Work(Load(((copy, 0),)), frozenset(places[table] for table in fill.waits_for), copy.estimated_bytes)
        for fill, copy in zip(plan.fills, plan.copies, strict=True)
    )
