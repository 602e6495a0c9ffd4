"""Keys, checks, indexes and foreign keys: which can hold on the target, and the statements that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pg_xcopy.catalog.model import Constraint, Index
from pg_xcopy.planning.design import Design, Designs
from pg_xcopy.planning.needs import Needs
from pg_xcopy.planning.plan import Notice, Step, TableFinish, Topic
from pg_xcopy.planning.structure import default_steps
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.render import render

FOREIGN_KEY = "f"
_ORDER = {"p": 0, "u": 1, "x": 2, "c": 3}
_KINDS = {
    "p": "primary key",
    "u": "unique constraint",
    "x": "exclusion constraint",
    "c": "check",
    "f": "foreign key",
}


@dataclass(frozen=True)
class Integrity:
    """What is made of each table when its rows are in, and what can't be."""

    finish: tuple[TableFinish, ...]
    foreign_keys: tuple[Step, ...]
    notices: tuple[Notice, ...]


def plan_integrity(designs: Designs, needs: Needs) -> Integrity:
    """Decide for every constraint and index of the chosen tables."""
    notices: list[Notice] = []
    by_source = designs.by_source()
    by_oid = {design.relation.oid: design for design in designs.tables}
    finish = tuple(
        TableFinish(
            design.name,
            design.depth,
            (*_steps(design, notices), *default_steps(design, needs, by_oid), _analyze(design)),
        )
        for design in designs.tables
    )
    foreign_keys = tuple(step for design in designs.tables for step in _foreign_keys(design, by_source, notices))
    return Integrity(finish, foreign_keys, tuple(notices))


def _steps(design: Design, notices: list[Notice]) -> Iterator[Step]:
    own = [k for k in design.relation.constraints if k.kind != FOREIGN_KEY and not _comes_with_parent(k, design)]
    for constraint in sorted(own, key=lambda each: (_ORDER[each.kind], each.name)):
        if lost := _lost_columns(constraint, design):
            notices.append(_left_out(design, constraint, f"it needs {lost}, which is left out"))
        else:
            yield _add(design, constraint)
    for index in design.relation.indexes:
        if reason := _index_loss(index, design):
            notices.append(Notice(Topic.INDEX, f"{design.name}.{index.name}", reason))
        else:
            yield _create_index(design, index)
    yield from _not_null(design)


def _comes_with_parent(constraint: Constraint, design: Design) -> bool:
    """Tell checks, which parents hand down, from keys: each partition's own is made first and its root's adopts it."""
    return constraint.inherited and constraint.kind == "c" and bool(design.attached_to or design.inherits)


def _lost_columns(part: Constraint | Index, design: Design) -> str:
    return ", ".join(name for name in part.columns if name in design.columns.left_out)


def _index_loss(index: Index, design: Design) -> str:
    if not index.valid:
        return "it is invalid in the source"
    lost = _lost_columns(index, design)
    return f"it needs {lost}, which is left out" if lost else ""


def _left_out(design: Design, constraint: Constraint, reason: str) -> Notice:
    return Notice(Topic.CONSTRAINT, f"{design.name}.{constraint.name}", f"{_KINDS[constraint.kind]}: {reason}")


def _add(design: Design, constraint: Constraint) -> Step:
    sql = render(
        "staging/add_constraint.sql.j2",
        table=design.staged,
        constraint=constraint.name,
        definition=constraint.definition,
    )
    subject = f"{design.name}.{constraint.name}"
    return Step(
        sql,
        f"adding {_KINDS[constraint.kind]} {subject}",
        subject,
        Topic.CONSTRAINT,
        " ".join(constraint.definition.split()),
    )


def _create_index(design: Design, index: Index) -> Step:
    sql = render(
        "staging/create_index.sql.j2",
        table=design.staged,
        index=index.name,
        is_unique=index.is_unique,
        definition=index.definition,
    )
    subject = f"{design.name}.{index.name}"
    kind = "unique index" if index.is_unique else "index"
    what = f"{kind} {' '.join(index.definition.split())}"
    return Step(sql, f"creating index {subject}", subject, Topic.INDEX, what)


def _not_null(design: Design) -> Iterator[Step]:
    for column in design.columns.kept:
        if column.not_null and column.name in design.columns.transformed:
            sql = render("staging/set_not_null.sql.j2", table=design.staged, column=column.name)
            subject = f"{design.name}.{column.name}"
            yield Step(sql, f"setting {subject} NOT NULL", subject, Topic.NOT_NULL)


def _analyze(design: Design) -> Step:
    sql = render("staging/analyze.sql.j2", table=design.staged)
    return Step(sql, f"analyzing {design.name}", str(design.name))


def _foreign_keys(design: Design, by_source: Mapping[TableName, Design], notices: list[Notice]) -> Iterator[Step]:
    for constraint in design.relation.constraints:
        if constraint.kind != FOREIGN_KEY or (constraint.inherited and design.attached_to):
            continue
        if reason := _foreign_key_loss(constraint, design, by_source):
            notices.append(_left_out(design, constraint, reason))
        else:
            yield _add(design, constraint)


def _foreign_key_loss(constraint: Constraint, design: Design, by_source: Mapping[TableName, Design]) -> str:
    if lost := _lost_columns(constraint, design):
        return f"it needs {lost}, which is left out"
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
    return ""
