"""The NOT NULLs that tables get when their rows are in, and the comments on all of them."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.relations import Column
from pg_xcopy.planning.integrity.constraints import Means
from pg_xcopy.planning.plan import Notice, Step, Topic
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.versions import NAMED_NOT_NULL
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


def not_null_steps(design: Design, means: Means, notices: list[Notice]) -> Iterator[Step]:
    """Give the NOT NULLs that CREATE TABLE could not carry: of transformed columns, and those that are NOT VALID."""
    for column in design.columns.kept:
        subject = f"{design.name}.{column.name}"
        if not column.not_null_valid and means.version < NAMED_NOT_NULL:
            notices.append(Notice(Topic.NOT_NULL, subject, "it is NOT VALID, which the target does not know"))
        elif not _is_late(column, design):
            yield from _comment(column, design, means)
        elif not _comes_from_above(column, design, means):
            yield _set(column, design, means)


def _is_late(column: Column, design: Design) -> bool:
    return column.not_null and (not column.not_null_valid or column.name in design.columns.transformed)


def _comes_from_above(column: Column, design: Design, means: Means) -> bool:
    """Tell whether a parent's statement reaches this table too, so that it does not become its own."""
    return not column.not_null_local and any(
        each.name == column.name and _is_late(each, parent) and not each.not_null_no_inherit
        for parent in means.designs.above(design)
        for each in parent.columns.kept
    )


def _set(column: Column, design: Design, means: Means) -> Step:
    subject = f"{design.name}.{column.name}"
    sql = render(
        "staging/set_not_null.sql.j2",
        table=design.staged,
        column=column.name,
        constraint=column.not_null_name if means.version >= NAMED_NOT_NULL else None,
        no_inherit=column.not_null_no_inherit,
        valid=column.not_null_valid,
    )
    return Step(_commented(sql, column, design, means), f"setting {subject} NOT NULL", subject, Topic.NOT_NULL)


def _comment(column: Column, design: Design, means: Means) -> Iterator[Step]:
    if comment := _commented(Sql(""), column, design, means):
        subject = f"{design.name}.{column.not_null_name}"
        yield Step(comment, f"commenting on {subject}", subject, Topic.PROPERTY, "its comment")


def _commented(sql: Sql, column: Column, design: Design, means: Means) -> Sql:
    if column.not_null_name is None or means.version < NAMED_NOT_NULL:
        return sql
    return means.comments.after(sql, "CONSTRAINT", column.not_null_name, design.relation.name.name)
