"""How the indexes and keys of partitions become parts of those of their root: as in the source, whichever would fit."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.relations import Constraint, Index
from pg_xcopy.planning.integrity.constraints import Means, add_constraint, why_not
from pg_xcopy.planning.plan import Step
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


class Part(Struct, frozen=True):
    """An index of a partition, and the index of the partitioned table that it is a part of."""

    whole: TableName
    design: Design
    index: Constraint | Index

    @property
    def name(self) -> TableName:
        """The name under which the index is built."""
        return TableName(self.design.schemas.staging, self.index.name)


def add_key(design: Design, constraint: Constraint, means: Means) -> Step:
    """Give the statements that make a key, and of a partitioned table all of it.

    It is made on the partitioned table alone, and the keys of the partitions, which are there already, are attached.
    No server can attach an index that excludes (CompareIndexInfo in src/backend/catalog/index.c), so the partitions get
    those from their root, and the names that they have in the source.
    """
    if not design.partition_key:
        return add_constraint(design, constraint, means)
    parts = _parts(design, constraint, means)
    if parts and constraint.excludes:
        step, below = add_constraint(design, constraint, means), list(_below(design, constraint, means))
        sql = Sql(f"{step.sql};\n{_renaming(below)}")
        for part in below:
            table = part.design.relation.name.name
            sql = means.comments.after(sql, "CONSTRAINT", part.index.name, table)
            sql = means.comments.after(sql, "INDEX", part.index.name, table)
        return replace(step, sql=sql)
    return _attached(add_constraint(design, constraint, means, only=True), parts)


def comes_with_root(constraint: Constraint, design: Design, means: Means) -> bool:
    """Tell whether it is a part that its root makes."""
    return constraint.excludes and any(
        part.index is constraint
        for root in means.designs.above(design)
        for whole in root.relation.constraints
        if design.attached_to and whole.excludes and not why_not(whole, root, means)
        for part in _parts(root, whole, means)
    )


def stands_alone(design: Design, index: Index, means: Means) -> bool:
    """Tell whether an index is made on the partitioned table alone, for parts to be attached to it.

    A partition without a part of an index that is complete is a foreign table there, and here a table like any other.
    """
    partitions = means.designs.partitions.get(design.staged, ())
    return bool(design.partition_key) and (index.on_root_only or len(_parts(design, index, means)) == len(partitions))


def attach_parts(step: Step, design: Design, index: Index, means: Means) -> Step:
    """Complete the step that makes an index which stands alone."""
    return _attached(step, _parts(design, index, means))


def _attached(step: Step, parts: list[Part]) -> Step:
    if not parts:
        return step
    attach = render("staging/attach_indexes.sql.j2", whole=parts[0].whole, parts=[part.name for part in parts])
    return replace(step, sql=Sql(f"{step.sql};\n{attach}"))


def _renaming(parts: list[Part]) -> Sql:
    body = render(
        "staging/rename_parts.sql.j2",
        parts=[{"whole": part.whole.sql, "table": part.design.staged.sql, "name": part.index.name} for part in parts],
    )
    return render("staging/do.sql.j2", body=body)


def _below(design: Design, whole: Constraint | Index, means: Means) -> Iterator[Part]:
    """Give the parts of an index at all levels, each after what it is a part of."""
    for part in _parts(design, whole, means):
        yield part
        yield from _below(part.design, part.index, means)


def _parts(design: Design, whole: Constraint | Index, means: Means) -> list[Part]:
    found = []
    for partition in means.designs.partitions.get(design.staged, ()):
        indexes: list[Constraint | Index] = [*partition.relation.constraints, *partition.relation.indexes]
        for each in indexes:
            invalid = isinstance(each, Index) and not each.valid
            if each.part_of == whole.name and not invalid and not why_not(each, partition, means):
                found.append(Part(TableName(design.schemas.staging, whole.name), partition, each))
    return found
