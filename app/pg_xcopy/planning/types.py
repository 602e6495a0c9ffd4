"""Types that the copy does not create itself: the target must have them."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.model import Column, SourceCatalog, TargetCatalog
from pg_xcopy.planning.design import Design, Designs
from pg_xcopy.planning.plan import PlanProblem
from pg_xcopy.planning.versions import VIRTUAL_COLUMNS

SYSTEM_SCHEMAS = ("pg_catalog", "information_schema")


def type_problems(designs: Designs, source: SourceCatalog, target: TargetCatalog) -> Iterator[PlanProblem]:
    """Name the extensions, types and features that the target lacks."""
    installed = {each.name for each in target.extensions}
    for design in designs.tables:
        for column in design.columns.kept:
            if column.type_extension:
                if column.type_extension not in installed:
                    yield _extension(design, column)
            elif column.type_schema not in {*SYSTEM_SCHEMAS, source.schema} and not _known(column, target):
                yield _elsewhere(design, column)
            if column.generated == "v" and target.server.version < VIRTUAL_COLUMNS:
                yield _virtual(design, column)


def _known(column: Column, target: TargetCatalog) -> bool:
    return (column.type_schema, column.type_name) in target.types_elsewhere


def _extension(design: Design, column: Column) -> PlanProblem:
    return PlanProblem(
        f"{design.name}.{column.name}",
        f"its type {column.type} belongs to extension {column.type_extension}, which the target lacks",
        f'ask for: CREATE EXTENSION "{column.type_extension}", or leave the column out with `transform`',
    )


def _elsewhere(design: Design, column: Column) -> PlanProblem:
    return PlanProblem(
        f"{design.name}.{column.name}",
        f"its type {column.type_schema}.{column.type_name} lives outside the copied schema and the target lacks it",
        "create it there first, or leave the column out with `transform`",
    )


def _virtual(design: Design, column: Column) -> PlanProblem:
    return PlanProblem(
        f"{design.name}.{column.name}",
        "it is a virtual generated column, which the target does not know before PostgreSQL 18",
        "give it a `transform`, or null to leave it out",
    )
