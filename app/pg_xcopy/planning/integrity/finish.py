"""Keys, checks, indexes and foreign keys: which can hold on the target, and the statements that make them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.relations import Constraint, Index
from pg_xcopy.planning.integrity.constraints import FOREIGN_KEY, Means, add_constraint, left_out, why_not
from pg_xcopy.planning.integrity.foreign_keys import plan_foreign_keys
from pg_xcopy.planning.integrity.not_null import not_null_steps
from pg_xcopy.planning.integrity.parts import add_key, attach_parts, comes_with_root, stands_alone
from pg_xcopy.planning.plan import ForeignKey, Notice, Step, TableFinish, Topic
from pg_xcopy.planning.selecting.design import Design, Designs
from pg_xcopy.planning.structure.defaults import default_notices, default_steps
from pg_xcopy.planning.structure.properties import create_statistics, identity_steps, why_no_statistics
from pg_xcopy.planning.versions import split_parameters
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

Part = TypeVar("Part", Constraint, Index)

_ORDER = {"p": 0, "u": 1, "x": 2, "c": 3}


class Integrity(Struct, frozen=True):
    """What is made of each table when its rows are in, and what can't be."""

    finish: tuple[TableFinish, ...]
    foreign_keys: tuple[ForeignKey, ...]
    notices: tuple[Notice, ...]


def plan_integrity(designs: Designs, means: Means) -> Integrity:
    """Decide for every constraint and index of the chosen tables."""
    notices: list[Notice] = []
    by_source = designs.by_source()
    by_oid = {design.relation.oid: design for design in designs.tables}
    sizes = _sizes(designs)
    finish = tuple(
        TableFinish(
            table=design.name,
            depth=design.depth,
            keys=tuple(_keys(design, means, notices)),
            indexes=tuple(_indexes(design, means, notices)),
            rest=(
                *default_steps(design, means.needs, by_oid),
                *_statistics(design, means, notices),
                *identity_steps(design),
                *((_analyze(design),) if means.analyze else ()),
            ),
            parents=tuple(_parents(design, by_oid)),
            bytes=sizes[design.name],
        )
        for design in designs.tables
    )
    for design in designs.tables:
        notices += default_notices(design, means.needs)
    foreign_keys = tuple(
        key
        for design in designs.tables
        for key in plan_foreign_keys(design, by_source, means, notices, sizes[design.name])
    )
    return Integrity(finish, foreign_keys, tuple(notices))


def _parents(design: Design, by_oid: Mapping[int, Design]) -> Iterator[TableName]:
    if design.attached_to:
        yield design.attached_to.within(design.schemas.target)
    yield from (by_oid[oid].name for oid in design.inherits)


def _sizes(designs: Designs) -> Mapping[TableName, int]:
    """Add up the bytes of the source that end in each table."""
    sizes: Counter[TableName] = Counter()
    for flow in designs.flows:
        sizes[flow.design.name] += flow.relation.bytes
    return sizes


def _keys(design: Design, means: Means, notices: list[Notice]) -> Iterator[Step]:
    # First, because a primary key makes a NOT NULL where there is none, under a name of its own.
    yield from not_null_steps(design, means, notices)
    own = [k for k in design.relation.constraints if k.kind != FOREIGN_KEY and not _comes_with_parent(k, design, means)]
    for constraint in sorted(own, key=lambda each: (_ORDER[each.kind], each.name)):
        if reason := why_not(constraint, design, means):
            notices.append(left_out(design, constraint, reason))
        else:
            make = add_constraint if constraint.kind == "c" else add_key
            yield make(design, _fitted(constraint, design, means, notices), means)


def _indexes(design: Design, means: Means, notices: list[Notice]) -> Iterator[Step]:
    for index in design.relation.indexes:
        if reason := why_not(index, design, means) if index.valid else "it is invalid in the source":
            notices.append(Notice(Topic.INDEX, f"{design.name}.{index.name}", reason))
        else:
            yield _create_index(design, _fitted(index, design, means, notices), means)


def _fitted(part: Part, design: Design, means: Means, notices: list[Notice]) -> Part:
    """Take away the storage parameters that the target does not know: without them it serves as well."""
    definition, unknown = split_parameters(part.definition, means.version)
    notices += [Notice(Topic.PROPERTY, f"{design.name}.{part.name}", each) for each in unknown]
    return replace(part, definition=definition)


def _statistics(design: Design, means: Means, notices: list[Notice]) -> Iterator[Step]:
    for each in design.relation.statistics:
        if reason := why_no_statistics(each, design, means.needs, means.version):
            notices.append(Notice(Topic.PROPERTY, f"{design.name}.{each.name}", reason))
        else:
            step = create_statistics(design, each, means.version)
            yield replace(step, sql=means.comments.after(step.sql, "STATISTICS", each.name))


def _comes_with_parent(constraint: Constraint, design: Design, means: Means) -> bool:
    """Tell what parents hand down: checks, and of keys those that exclude. Of others each partition makes its own."""
    if constraint.kind != "c":
        return comes_with_root(constraint, design, means)
    return constraint.inherited and any(
        each.kind == "c" and each.name == constraint.name and not why_not(each, parent, means)
        for parent in means.designs.above(design)
        for each in parent.relation.constraints
    )


def _create_index(design: Design, index: Index, means: Means) -> Step:
    alone = stands_alone(design, index, means)
    sql = render(
        "staging/create_index.sql.j2",
        table=design.staged,
        index=index.name,
        is_unique=index.is_unique,
        only=alone,
        definition=index.definition,
    )
    subject = f"{design.name}.{index.name}"
    kind = "unique index" if index.is_unique else "index"
    what = f"{kind} {' '.join(index.definition.split())}"
    if index.statistics:
        name = TableName(design.schemas.staging, index.name)
        targets = render("staging/alter_index_statistics.sql.j2", index=name, actions=index.statistics)
        sql = Sql(f"{sql};\n{targets}")
    commented = means.comments.after(sql, "INDEX", index.name, design.relation.name.name)
    step = Step(commented, f"creating index {subject}", subject, Topic.INDEX, what)
    return attach_parts(step, design, index, means) if alone else step


def _analyze(design: Design) -> Step:
    sql = render("staging/analyze.sql.j2", table=design.staged)
    return Step(sql, f"analyzing {design.name}", str(design.name))
