"""Names that the copy brings and that something which stays has already."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pg_xcopy.catalog.objects import UserType
from pg_xcopy.catalog.surroundings import StandingRelation
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import PlanProblem
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.staying.setting import Setting
from pg_xcopy.sql.names import TableName

_KINDS = {
    "r": "a table",
    "p": "a partitioned table",
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "i": "an index",
    "I": "an index",
    "S": "a sequence",
    "c": "a composite type",
}
_WITH_ROWS = ("r", "p", "v", "m", "f", "c")
"""Kinds of relations whose rows are a type, which has their name."""


def name_problems(setting: Setting, needs: Needs, told: Collection[TableName]) -> Iterator[PlanProblem]:
    """Give them: relations share one space of names with indexes and sequences, their rows one with types.

    Of those `told` it has been said already that they can't come, and why.
    """
    staying = {each.name: each for each in setting.surroundings.relations if each.home not in setting.leaving}
    types = {each.name.name for each in setting.surroundings.objects.types if each.kind != "c"}
    for what, name in _brought(setting, needs):
        if TableName(setting.target.schema, name) in told:
            continue
        if other := staying.get(name):
            yield _taken(what, name, _described(other, setting), setting)
        elif name in types and name in setting.coming:
            yield _taken(what, name, "a type", setting)
    for each in needs.objects:
        if isinstance(each, UserType) and each.name.schema == setting.schemas.staging:
            row_type = staying.get(each.name.name)
            if row_type and row_type.kind in _WITH_ROWS and row_type.kind != each.kind:
                yield _taken(
                    "type, which the copied columns need", each.name.name, _described(row_type, setting), setting
                )
    yield from _statistics(setting)


def _brought(setting: Setting, needs: Needs) -> Iterator[tuple[str, str]]:
    """Give the relations that come: what each is, and its name."""
    for design in setting.designs.tables:
        yield "table", design.name.name
        yield from ((f"index of {design.name}", name) for name in _indexes(design))
    for sequence in (*needs.sequences, *needs.identities.values()):
        yield "sequence", sequence.name.name


def _indexes(design: Design) -> Iterator[str]:
    yield from (each.name for each in design.relation.constraints if each.kind in ("p", "u", "x"))
    yield from (each.name for each in design.relation.indexes)


def _statistics(setting: Setting) -> Iterator[PlanProblem]:
    staying = {
        name: each
        for each in setting.surroundings.relations
        if each.oid not in setting.leaving
        for name in each.statistics
    }
    for design in setting.designs.tables:
        for each in design.relation.statistics:
            if other := staying.get(each.name):
                there = f"statistics of {setting.named(other)}"
                yield _taken(f"statistics object of {design.name}", each.name, there, setting)


def _described(other: StandingRelation, setting: Setting) -> str:
    table = next((each for each in setting.surroundings.relations if each.oid == other.home != other.oid), None)
    of_table = f" of {setting.named(table)}" if table else ""
    of_extension = f" of extension {other.extension}" if other.extension else ""
    return f"{_KINDS.get(other.kind, 'a relation')}{of_table}{of_extension}"


def _taken(what: str, name: str, by: str, setting: Setting) -> PlanProblem:
    return PlanProblem(
        f"{setting.target.schema}.{name}",
        f"the copy brings this {what}, and in the target the name is that of {by}, which stays",
        "rename one of them, or exclude the table" if what == "table" else "rename one of them",
    )
