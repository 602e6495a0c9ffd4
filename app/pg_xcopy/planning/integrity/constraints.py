"""One constraint: what it would take to make it, and why it may not be."""

from __future__ import annotations

from msgspec import Struct, field

from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.catalog.relations import Constraint, Index
from pg_xcopy.catalog.servers import Builtins
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, Step, Topic
from pg_xcopy.planning.selecting.design import Design, Designs
from pg_xcopy.planning.structure.comments import Comments
from pg_xcopy.planning.versions import (
    PARTITIONED_EXCLUSION,
    PARTITIONED_NOT_VALID,
    missing_builtin,
    missing_feature,
    needs_version,
)
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.render import render

FOREIGN_KEY = "f"
KINDS = {
    "p": "primary key",
    "u": "unique constraint",
    "x": "exclusion constraint",
    "c": "check",
    "f": "foreign key",
}


class Means(Struct, frozen=True):
    """What the statements are made with: the comments to append, what the target has and allows.

    `lacking` is what the source's server has by itself and the target's has not; `kept` are tables of the target's
    schema that stay; `analyze` tells whether statistics are gathered.
    """

    needs: Needs
    comments: Comments
    target: TargetCatalog
    designs: Designs
    lacking: Builtins = field(default_factory=Builtins)
    kept: frozenset[TableName] = frozenset()
    analyze: bool = True

    @property
    def version(self) -> int:
        """The target's, as PostgreSQL numbers it."""
        return self.target.server.version


def lost_columns(part: Constraint | Index, design: Design) -> str:
    """Name the columns that it needs and that are left out; empty if all are there."""
    return ", ".join(name for name in part.columns if name in design.columns.left_out)


def why_not(part: Constraint | Index, design: Design, means: Means) -> str:
    """Say why a constraint or index can't be made; empty if nothing is known against it."""
    if lost := lost_columns(part, design):
        return f"it needs {lost}, which is left out"
    if lack := means.needs.lack(part.needs):
        return lack.reason
    if reason := missing_feature(part.definition, means.version) or missing_builtin(part.definition, means.lacking):
        return reason
    return _why_not_partitioned(part, means.version) if design.partition_key else ""


def _why_not_partitioned(part: Constraint | Index, version: int) -> str:
    kind = part.kind if isinstance(part, Constraint) else ""
    if kind == "x" and version < PARTITIONED_EXCLUSION:
        return needs_version("it is on a partitioned table, which", PARTITIONED_EXCLUSION, version)
    if kind == FOREIGN_KEY and version < PARTITIONED_NOT_VALID and part.definition.endswith(" NOT VALID"):
        return needs_version("NOT VALID on a partitioned table", PARTITIONED_NOT_VALID, version)
    return ""


def add_constraint(design: Design, constraint: Constraint, means: Means, *, only: bool = False) -> Step:
    """Give the statement that makes it, comments included; with `only`, not on the partitions."""
    sql = render(
        "staging/add_constraint.sql.j2",
        table=design.staged,
        only=only,
        constraint=constraint.name,
        definition=constraint.definition,
    )
    subject = f"{design.name}.{constraint.name}"
    table = design.relation.name.name
    commented = means.comments.after(sql, "CONSTRAINT", constraint.name, table)
    return Step(
        means.comments.after(commented, "INDEX", constraint.name, table),
        f"adding {KINDS[constraint.kind]} {subject}",
        subject,
        Topic.CONSTRAINT,
        " ".join(constraint.definition.split()),
    )


def left_out(design: Design, constraint: Constraint, reason: str) -> Notice:
    """Give the notice that it is not made."""
    return Notice(Topic.CONSTRAINT, f"{design.name}.{constraint.name}", f"{KINDS[constraint.kind]}: {reason}")
