"""How an upsert tells that a row is there already, and what becomes of that row."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog, UniqueKey
from pg_xcopy.manifest.models import Job
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.planning.existing.overlap import ALWAYS, Overlap
from pg_xcopy.planning.plan import Notice, PlanProblem, Topic
from pg_xcopy.planning.selecting.columns import near_columns


class Upsert(Struct, frozen=True):
    """The key by which rows are the same, and the columns that are set in those that are there; none: left alone."""

    key: UniqueKey
    updated: tuple[str, ...]


class Resolved(Struct, frozen=True):
    """What was found for one table; without an `upsert` there are `problems`."""

    upsert: Upsert | None
    problems: tuple[PlanProblem, ...] = ()
    notices: tuple[Notice, ...] = ()


def resolve(one: Overlap, job: Job, existing: ExistingCatalog) -> Resolved:
    """Find the key and the columns to update: as the table's rule says, or the target, or by themselves."""
    rule = one.match.selected.rule
    found = _key(one, rule.key or job.only_target.key, existing.keys.get(one.table.oid, ()))
    if isinstance(found, PlanProblem):
        return Resolved(None, (found,))
    wanted = rule.update or job.only_target.update or "all"
    problems = (*_key_problems(one, found), *_update_problems(one, found, wanted), *_rule_problems(one, existing))
    upsert = Upsert(found, _updated(one, found, wanted))
    return Resolved(upsert, problems, tuple(_notices(one, found)))


def _key(one: Overlap, name: str | None, keys: tuple[UniqueKey, ...]) -> UniqueKey | PlanProblem:
    table, names = str(one.table.name), [each.name for each in keys]
    known = f"it has {', '.join(names)}" if names else "it has none"
    if name is None:
        primary = next((each for each in keys if each.primary), None)
        message = "it has no primary key, by which `mode: upsert` could tell which rows are there already"
        return primary or PlanProblem(table, message, f"name a unique constraint or index of it with `key`; {known}")
    found = next((each for each in keys if each.name == name), None)
    message = f"it has no unique constraint or index {name}, which `key` names"
    return found or PlanProblem(
        table, message, did_you_mean(name, names) or f"{known}; rules of tables have a `key` too"
    )


def _key_problems(one: Overlap, key: UniqueKey) -> Iterator[PlanProblem]:
    reasons = (
        (key.deferrable, "it is deferrable"),
        (key.excludes, "it is no plain unique index"),
        (not key.valid, "its index is not valid"),
    )
    for applies, reason in reasons:
        if applies:
            message = f"by its key {key.name} PostgreSQL can't tell which rows are there already: {reason}"
            yield PlanProblem(str(one.table.name), message, "name another one with `key`")
    missing = [name for name in key.needs if name not in one.names]
    if missing:
        listed = ", ".join(missing)
        message = f"its key {key.name} needs {listed}, into which nothing is copied"
        yield PlanProblem(str(one.table.name), message, "copy it, or name another `key`")


def _update_problems(one: Overlap, key: UniqueKey, wanted: str | tuple[str, ...]) -> Iterator[PlanProblem]:
    for name in wanted if isinstance(wanted, tuple) else ():
        column = next((each for each in one.table.columns if each.name == name), None)
        hint = "take it out of the list"
        if column is None:
            reason, hint = "which it does not have", near_columns(one.table, name)
        elif name not in one.names:
            reason = "into which nothing is copied"
        elif name in key.columns:
            reason = f"which belongs to the key {key.name}"
        elif column.identity == ALWAYS:
            reason = "which is GENERATED ALWAYS AS IDENTITY and can't be updated"
        else:
            continue
        yield PlanProblem(str(one.table.name), f"`update` names a column {name}, {reason}", hint)


def _rule_problems(one: Overlap, existing: ExistingCatalog) -> Iterator[PlanProblem]:
    for each in existing.reactions.get(one.table.oid, ()):
        if each.rule:
            message = f"it has the rule {each.name}, and INSERT … ON CONFLICT does not work with rules"
            yield PlanProblem(str(one.table.name), message, "drop the rule, or use another mode")


def _updated(one: Overlap, key: UniqueKey, wanted: str | tuple[str, ...]) -> tuple[str, ...]:
    if wanted == "none":
        return ()
    able = (each.name for each in one.filled if each.into.identity != ALWAYS and each.name not in key.columns)
    return tuple(name for name in able if wanted == "all" or name in wanted)


def _notices(one: Overlap, key: UniqueKey) -> Iterator[Notice]:
    """Say where rows may have no key: those are added again by every run."""
    again = f"is never there already, by the key {key.name}: each run adds it again"
    if key.predicate:
        yield Notice(Topic.KEY, str(one.table.name), f"a row that is not among those WHERE {key.predicate} {again}")
    for each in one.filled if key.nulls_differ else ():
        never_null = each.into.not_null or (each.column is not None and each.column.not_null)
        if each.name in key.columns and not never_null:
            yield Notice(Topic.KEY, f"{one.table.name}.{each.name}", f"a row in which it is NULL {again}")
