"""Foreign keys: made last, when all keys are there; which of them can't be is often known before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pg_xcopy.catalog.model import Constraint, TargetCatalog
from pg_xcopy.planning.constraints import FOREIGN_KEY, Means, add_constraint, left_out, why_not
from pg_xcopy.planning.design import Design
from pg_xcopy.planning.plan import Notice, Step
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import identifier


def foreign_key_steps(
    design: Design, by_source: Mapping[TableName, Design], means: Means, notices: list[Notice]
) -> Iterator[Step]:
    """Give a table's foreign keys; what can't be made becomes a notice. Partitions inherit theirs."""
    for constraint in design.relation.constraints:
        if constraint.kind != FOREIGN_KEY or (constraint.inherited and design.attached_to):
            continue
        if reason := _reason(constraint, design, by_source, means):
            notices.append(left_out(design, constraint, reason))
        else:
            yield add_constraint(design, constraint, means)


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
        return f"it refers to {referenced.name}, which is not copied"
    if referenced.schema == design.schemas.target:
        return f"it refers to {referenced}, which the copy replaces"
    return _why_not_elsewhere(referenced, means.target)


def _why_not_elsewhere(referenced: TableName, target: TargetCatalog) -> str:
    if referenced not in target.tables_elsewhere:
        return f"it refers to {referenced}, which the target lacks"
    if referenced not in target.tables_denied:
        return ""
    usage = (f"USAGE ON SCHEMA {identifier(referenced.schema)}",) if referenced.schema in target.schemas_closed else ()
    role = identifier(target.server.role)
    asked = "; ".join(f"GRANT {each} TO {role}" for each in (*usage, f"REFERENCES ON {referenced.sql}"))
    return f"the target's role may not refer to {referenced} (ask for: {asked})"
