"""Defaults that CREATE TABLE does not carry: made when the rows are in, or left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pg_xcopy.catalog.relations import Column
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, Step, Topic
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.structure.tables import carries_default
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


def default_steps(design: Design, needs: Needs, by_oid: Mapping[int, Design]) -> Iterator[Step]:
    """Defaults that CREATE TABLE did not carry: those that may fail, and those that differ from a parent's."""
    for column in design.columns.kept:
        said = column.local and column.expression
        differs = not said and _inherited_default(column, design, by_oid) != column.expression
        if (
            column.generated
            or column.identity
            or not (differs or (column.expression and not carries_default(column, needs)))
        ):
            continue
        if needs.lack(column.expression_needs):
            continue  # see default_notices
        sql = render(
            "staging/set_default.sql.j2",
            table=design.staged,
            column=column.name,
            expression=column.expression,
        )
        yield Step(
            sql,
            f"setting the default of {design.name}.{column.name}",
            f"{design.name}.{column.name}",
            Topic.DEFAULT,
        )


def default_notices(design: Design, needs: Needs) -> Iterator[Notice]:
    """Say which defaults go because something that they need will not be there."""
    for column in design.columns.kept:
        if not column.generated and (lack := needs.lack(column.expression_needs)):
            yield Notice(Topic.DEFAULT, f"{design.name}.{column.name}", lack.reason)


def _inherited_default(column: Column, design: Design, by_oid: Mapping[int, Design]) -> Sql | None:
    parents = [by_oid[oid].columns.kept for oid in design.inherits]
    inherited = (c.expression for kept in parents for c in kept if c.name == column.name and c.expression)
    return next(inherited, None) if parents else column.expression
