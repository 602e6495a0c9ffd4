"""Which tables of the target can't make room for those of the job, and what is lost with those that do."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.surroundings import StandingRelation
from pg_xcopy.planning.plan import Notice, PlanProblem, Topic
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.staying.setting import Setting

INDEXES = ("i", "I")
_PLURALS = {"trigger": "triggers", "policy": "policies", "rule": "rules"}


def leaving_problems(setting: Setting) -> Iterator[PlanProblem]:
    """Give the tables that can't be taken away."""
    for each in setting.leaving.values():
        yield from _of_others(each, setting)
        yield from _of_kin(each, setting)


def _of_others(table: StandingRelation, setting: Setting) -> Iterator[PlanProblem]:
    if not table.ours:  # to move a table takes its owner
        yield PlanProblem(
            str(setting.named(table)),
            f"it belongs to {table.owner}, so that the role {setting.target.server.role} can't replace it",
            f"run as a member of {table.owner}, or let the owner hand it over: ALTER TABLE … OWNER TO",
        )


def _of_kin(table: StandingRelation, setting: Setting) -> Iterator[PlanProblem]:
    """Give the tables that belong to others which stay, whose rows would be missing there."""
    for oid, name in zip(table.parents, table.parent_names, strict=True):
        if oid not in setting.leaving:
            what = "a partition" if table.is_partition else "a child"
            yield PlanProblem(
                str(setting.named(table)),
                f"in the target it is {what} of {name}, which stays and would lose its rows",
                "let the job bring that table too, or take this one from it first",
            )


def loss_notices(setting: Setting) -> Iterator[Notice]:
    """Say what the old tables have and the new ones will not: it is gone for good."""
    for table in setting.leaving.values():
        name = str(setting.named(table))
        if design := setting.coming.get(table.name):
            for what, part in _parts_lost(table, design, setting):
                yield _lost(f"{what} {name}.{part}", f"{name} has it in the target only")
        else:
            yield _lost(f"table {name}", f"it is a partition of {table.parent_names[0]} in the target only")
    for each in setting.target.standing.attachments if setting.target.standing else ():
        if each.table in setting.leaving:
            yield _lost(each.identity, f"the copy brings no {_PLURALS[each.kind]}")


def _lost(subject: str, reason: str) -> Notice:
    return Notice(Topic.REPLACED, subject, reason)


def _parts_lost(table: StandingRelation, design: Design, setting: Setting) -> Iterator[tuple[str, str]]:
    relation = design.relation
    kept = {column.name for column in design.columns.kept}
    yield from (("column", name) for name in table.columns if name not in kept)
    constraints = {each.name for each in relation.constraints}
    yield from (("constraint", name) for name in table.constraints if name not in constraints)
    indexes = constraints | {each.name for each in relation.indexes}
    for each in setting.surroundings.relations:
        if each.home == table.oid and each.kind in INDEXES and each.name not in indexes:
            yield "index", each.name
    statistics = {each.name for each in relation.statistics}
    yield from (("statistics object", name) for name in table.statistics if name not in statistics)
