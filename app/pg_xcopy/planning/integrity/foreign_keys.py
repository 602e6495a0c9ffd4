"""Foreign keys: made last, when all keys are there; which of them can't be is often known before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.catalog.relations import Constraint
from pg_xcopy.planning.integrity.constraints import FOREIGN_KEY, Means, add_constraint, left_out, why_not
from pg_xcopy.planning.plan import ForeignKey, Notice, Step
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render

_UNCHECKED = re.compile(r" NOT (VALID|ENFORCED)$")
LARGE = 32 * 1024 * 1024
"""Bytes of a table from which on its foreign keys are validated apart, beside those of other tables."""


def plan_foreign_keys(
    design: Design, by_source: Mapping[TableName, Design], means: Means, notices: list[Notice], size: int
) -> Iterator[ForeignKey]:
    """Give a table's foreign keys; what can't be made becomes a notice. Partitions inherit theirs."""
    for constraint in design.relation.constraints:
        if constraint.kind != FOREIGN_KEY or (constraint.inherited and design.attached_to):
            continue
        refers_to = _refers_to(constraint, design, by_source)
        if reason := _reason(constraint, design, by_source, means):
            notices.append(replace(left_out(design, constraint, reason), refers_to=refers_to))
        else:
            add = add_constraint(design, constraint, means)
            # Partitioned tables take no NOT VALID keys before PostgreSQL 18; one that is not enforced is not checked.
            apart = size >= LARGE and design.partition_key is None and not _UNCHECKED.search(constraint.definition)
            made = _in_two_steps(design, constraint, add, size) if apart else ForeignKey(design.name, add, bytes=size)
            yield replace(made, refers_to=refers_to)


def _refers_to(constraint: Constraint, design: Design, by_source: Mapping[TableName, Design]) -> TableName | None:
    referenced = constraint.referenced
    if referenced is None:
        return None
    if found := by_source.get(referenced):
        return found.name
    inside = referenced.schema == design.relation.name.schema
    return referenced.within(design.schemas.target) if inside else referenced


def _in_two_steps(design: Design, constraint: Constraint, add: Step, size: int) -> ForeignKey:
    validate, drop = (
        render(f"staging/{name}.sql.j2", table=design.staged, constraint=constraint.name)
        for name in ("validate_constraint", "drop_constraint")
    )
    sql = Sql(add.sql.replace(constraint.definition, f"{constraint.definition} NOT VALID", 1))
    return ForeignKey(
        design.name,
        replace(add, sql=sql),
        replace(add, sql=validate, doing=f"validating {add.doing.removeprefix('adding ')}", undo=drop),
        bytes=size,
    )


def _reason(constraint: Constraint, design: Design, by_source: Mapping[TableName, Design], means: Means) -> str:
    if reason := why_not(constraint, design, means):
        return reason
    referenced = constraint.referenced
    if referenced is None:
        return ""
    if found := by_source.get(referenced):
        gone = ", ".join(name for name in constraint.referenced_columns if name in found.columns.left_out)
        return f"it refers to {referenced.name} ({gone}), which is left out" if gone else ""
    if referenced.schema == design.relation.name.schema:
        # One that stays in the target's schema serves; its name is deparsed so that it is looked up there.
        twin = referenced.within(design.schemas.target)
        return _why_not_elsewhere(twin, means.target) if twin in means.kept else _not_copied(referenced, means)
    if referenced.schema == design.schemas.target and referenced not in means.kept:
        return f"it refers to {referenced}, which the copy replaces"
    return _why_not_elsewhere(referenced, means.target)


def _not_copied(referenced: TableName, means: Means) -> str:
    lacks = ", and which the target lacks" if means.target.surroundings else ""
    return f"it refers to {referenced.name}, which is not copied{lacks}"


def _why_not_elsewhere(referenced: TableName, target: TargetCatalog) -> str:
    if referenced not in target.tables_elsewhere:
        return f"it refers to {referenced}, which the target lacks"
    if referenced not in target.tables_denied:
        return ""
    usage = (f"USAGE ON SCHEMA {identifier(referenced.schema)}",) if referenced.schema in target.schemas_closed else ()
    asked = grant(target.server.role, *usage, f"REFERENCES ON {referenced.sql}")
    return f"the target's role may not refer to {referenced} (ask for: {asked})"
