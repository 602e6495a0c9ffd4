"""Which columns the target will have, and what is selected for each."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.relations import Column, Relation
from pg_xcopy.planning.plan import ColumnPlan, Notice, PlanProblem, Topic
from pg_xcopy.planning.selecting.selection import Selected
from pg_xcopy.sql.quoting import Sql, identifier


class Columns(Struct, frozen=True):
    """The decision for one relation: what is kept, how each is read, and what was left out."""

    kept: tuple[Column, ...]
    plans: tuple[ColumnPlan, ...]
    left_out: frozenset[str]
    transformed: frozenset[str]

    @property
    def untouched(self) -> bool:
        """Tell whether all columns are there as they were."""
        return not (self.left_out or self.transformed)


def choose_columns(selected: Selected, relation: Relation) -> Columns:
    """Apply the rule's transforms to a relation: the selected one, or a partition of it."""
    transform = {name: sql for name, sql in selected.rule.transform.items() if name in relation.column_names}
    named = set(selected.unwanted(relation))
    left_out = frozenset(named | set(_orphaned(relation, named, transform)))
    transformed = frozenset(transform) - left_out
    kept = tuple(column for column in relation.columns if column.name not in left_out)
    return Columns(
        kept=kept,
        plans=tuple(_plan(column, transform.get(column.name)) for column in kept),
        left_out=left_out,
        transformed=transformed,
    )


def _orphaned(relation: Relation, left_out: set[str], transform: dict[str, str | None]) -> Iterator[str]:
    """Find generated columns whose expression needs a column that is left out."""
    for column in relation.columns:
        if column.generated and column.name not in transform and left_out.intersection(column.depends_on):
            yield column.name


def _plan(column: Column, transform: str | None) -> ColumnPlan:
    if transform is not None:
        return ColumnPlan(column.name, column.type, Sql(transform), transformed=True)
    return ColumnPlan(column.name, column.type, None if column.generated else identifier(column.name))


def column_problems(selected: Selected) -> Iterator[PlanProblem]:
    """Unknown columns of a table that is named exactly, and tables of which nothing would be left."""
    relation, transform = selected.relation, selected.rule.transform
    if selected.exact:
        for name in transform:
            if name not in relation.column_names:
                message = f"`transform` names a column {name} that it does not have"
                yield PlanProblem(str(relation.name), message, near_columns(relation, name))
    yield from unknown_columns(selected)
    if relation.columns and not choose_columns(selected, relation).kept:
        yield PlanProblem(str(relation.name), "`transform` leaves no column", "exclude the table instead")


def unknown_columns(selected: Selected) -> Iterator[PlanProblem]:
    """Columns that a target asks for and nobody has."""
    relation = selected.relation
    for name in selected.only:
        if name not in relation.column_names and name not in selected.rule.transform:
            message = f"the target asks for a column {name} that it does not have"
            yield PlanProblem(str(relation.name), message, near_columns(relation, name))


def near_columns(relation: Relation, *names: str) -> str:
    """Say which columns may have been meant by names that the relation does not have."""
    columns = [column.name for column in relation.columns]
    near = dict.fromkeys(near for name in names for near in difflib.get_close_matches(name, columns, n=1))
    return f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(columns) or 'no columns'}"


def column_notices(relation: Relation, columns: Columns, asked: frozenset[str]) -> Iterator[Notice]:
    """Say which columns went although nobody asked for it."""
    for column in relation.columns:
        if column.name in columns.left_out - asked:
            missing = ", ".join(name for name in column.depends_on if name in asked)
            yield Notice(
                Topic.COLUMN,
                f"{relation.name}.{column.name}",
                f"it is generated from {missing}, which is left out",
            )
