"""What a table loses because its kin is not copied with it: INHERITS, its place among partitions, an identity."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, Topic
from pg_xcopy.planning.selecting.design import Design, Designs


def kin_notices(designs: Designs, source: SourceCatalog, needs: Needs) -> Iterator[Notice]:
    """Name them. A job that names a child or a partition, and not what it hangs on, wants a plain table."""
    owned = {(each.owner, each.owner_column) for each in source.sequences if each.identity}
    for design in designs.tables:
        if not design.attached_to:
            yield from _parents(design, designs)
        yield from _identities(design, designs, needs, owned)


def _parents(design: Design, designs: Designs) -> Iterator[Notice]:
    relation = design.relation
    for oid, name in zip(relation.parents, relation.parent_names, strict=False):
        if oid in design.inherits or (oid not in designs.by_oid and design.selected.exact):
            continue
        why = "which keeps a column that is left out here" if oid in designs.by_oid else "which is not copied"
        what = "it is a partition of" if relation.is_partition else "it inherits from"
        yield Notice(Topic.PROPERTY, str(design.name), f"{what} {name}, {why}")


def _identities(
    design: Design, designs: Designs, needs: Needs, owned: set[tuple[int | None, str | None]]
) -> Iterator[Notice]:
    oid = design.relation.oid
    from_root = {
        column.name
        for root in designs.above(design)
        if design.attached_to
        for column in root.columns.kept
        if column.identity
    }
    for column in design.columns.kept:
        if not column.identity or (oid, column.name) in needs.identities:
            continue
        subject = f"{design.name}.{column.name}"
        if (oid, column.name) in owned:
            yield Notice(Topic.DEFAULT, subject, "from PostgreSQL 17 on a partition has no identity of its own")
        elif column.name not in from_root:
            yield Notice(Topic.DEFAULT, subject, "the sequence of its identity belongs to a table that is not copied")
