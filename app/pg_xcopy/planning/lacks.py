"""What the columns need and the target lacks: created when the job says so, otherwise a reason not to run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pg_xcopy.catalog.model import Column, SourceCatalog, TargetCatalog, UserType
from pg_xcopy.catalog.objects import Cast, Collation, TextSearch
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.design import Design, Designs
from pg_xcopy.planning.graph import ids_of
from pg_xcopy.planning.needs import Needs, is_generated
from pg_xcopy.planning.plan import Notice, PlanProblem, Step, Topic
from pg_xcopy.planning.versions import VIRTUAL_COLUMNS
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.render import render

FALLBACK_SCHEMA = "public"


@dataclass(frozen=True)
class Lacks:
    """What is created outside the target schema before anything else, and what can't be."""

    steps: tuple[Step, ...]
    problems: tuple[PlanProblem, ...]
    notices: tuple[Notice, ...]
    extension_schemas: tuple[str, ...]


def find_lacks(job: Job, designs: Designs, needs: Needs, source: SourceCatalog, target: TargetCatalog) -> Lacks:
    """Compare what is needed with what the target has."""
    elsewhere = [each for each in needs.objects if isinstance(each, UserType) and each.name in _names(source)]
    homes = {name: _home(name, source, target) for name in needs.extensions}
    problems = [*_lacking(designs, needs), *_virtual_columns(designs, target), *_rows_of_less(designs)]
    if not job.create_missing:
        problems += map(_missing_type, elsewhere)
    problems += _unknown_types(designs, needs, source, target)
    schemas = sorted({each.name.schema for each in elsewhere} - target.schemas)
    return Lacks(
        steps=(
            *(_create_extension(name, schema) for name, schema in homes.items()),
            *(_create_schema(name) for name in schemas),
        ),
        problems=tuple(problems),
        notices=(
            *(Notice(Topic.CREATED, f"extension {name}", f"in schema {schema}") for name, schema in homes.items()),
            *(Notice(Topic.CREATED, str(each.name), "the copied columns need this type") for each in elsewhere),
            *_without_canonical(needs),
            *_unmade(needs),
            *_large_objects(designs, source),
        ),
        extension_schemas=tuple(sorted(set(homes.values()))),
    )


def _without_canonical(needs: Needs) -> Iterator[Notice]:
    """Name ranges whose canonical function stays behind: it is C code that takes the type before it is complete."""
    for each in needs.objects:
        if isinstance(each, UserType) and each.canonical:
            yield Notice(Topic.PROPERTY, f"type {each.name.name}", "its CANONICAL function is not copied")


def _unmade(needs: Needs) -> Iterator[Notice]:
    """Name what comes because everything does, and can't; where something needs it, that is said there."""
    for each in needs.unmade:
        lack = needs.lack(ids_of(each))
        if isinstance(each, Cast):
            yield Notice(Topic.OBJECT, f"cast {each.signature}", lack.reason if lack else "")
        if isinstance(each, UserType | TextSearch | Collation):
            kind = f"text search {each.kind.lower()}" if isinstance(each, TextSearch) else type(each).__name__.lower()
            yield Notice(Topic.OBJECT, f"{kind.removeprefix('user')} {each.name.name}", lack.reason if lack else "")


def _large_objects(designs: Designs, source: SourceCatalog) -> Iterator[Notice]:
    """Name columns that may refer to large objects, which belong to a database and to no schema."""
    for design in designs.tables if source.server.large_objects else ():
        for column in design.columns.kept:
            if column.type_name in ("oid", "lo") and column.name not in design.columns.transformed:
                reason = "its values may refer to large objects, which are not copied"
                yield Notice(Topic.PARTIAL, f"{design.name}.{column.name}", reason)


def _names(source: SourceCatalog) -> frozenset[object]:
    return frozenset(each.name for each in source.types if each.name.schema != source.schema)


def _home(extension: str, source: SourceCatalog, target: TargetCatalog) -> str:
    """Choose the schema it has in the source; not the one that a replace will drop, and none that is not there."""
    found = next((each.schema for each in source.extensions if each.name == extension), FALLBACK_SCHEMA)
    usable = found in target.schemas and found not in (source.schema, target.schema)
    return found if usable else FALLBACK_SCHEMA


def _create_extension(name: str, schema: str) -> Step:
    sql = render("staging/create_extension.sql.j2", extension=name, schema=schema)
    return Step(sql, f"creating extension {name}", name)


def _create_schema(name: str) -> Step:
    sql = render("staging/create_missing_schema.sql.j2", schema=name)
    return Step(sql, f"creating schema {name}", name)


def _lacking(designs: Designs, needs: Needs) -> Iterator[PlanProblem]:
    """Give tables and columns that can't be made; what can do without is a notice elsewhere."""
    for design in designs.tables:
        if lack := needs.lack(design.relation.needs):
            yield PlanProblem(str(design.name), lack.reason, lack.hint)
        for column in design.columns.kept:
            ids = (*column.needs, *(column.expression_needs if is_generated(column, design) else ()))
            if lack := needs.lack(ids):
                yield PlanProblem(f"{design.name}.{column.name}", lack.reason, lack.hint)


def _rows_of_less(designs: Designs) -> Iterator[PlanProblem]:
    """Give columns whose type is the row type of a table that will have fewer columns than their values."""
    smaller = {id_: each for each in designs.tables if each.columns.left_out for id_ in each.relation.ids}
    for design in designs.tables:
        for column in design.columns.kept:
            for table in {smaller[id_].name: id_ for id_ in column.needs if id_ in smaller}:
                yield PlanProblem(
                    f"{design.name}.{column.name}",
                    f"its type is that of the rows of {table}, of which columns are left out",
                    "leave it out too, or give it a `transform`",
                )


def _unknown_types(
    designs: Designs, needs: Needs, source: SourceCatalog, target: TargetCatalog
) -> Iterator[PlanProblem]:
    """Give columns whose type is of a kind that is never created here: a base type, or another table's row type."""
    there = target.types_elsewhere | {each.name for each in needs.objects}
    for design in designs.tables:
        for column in design.columns.kept:
            name = TableName(column.type_schema, column.type_name)
            explained = any(id_ in source.members or id_ in needs.lacking for id_ in column.needs)
            if not explained and name.schema != source.schema and name not in there:
                yield _unknown_type(f"{design.name}.{column.name}", name)


def _unknown_type(subject: str, name: TableName) -> PlanProblem:
    if name.schema == "pg_catalog":
        return PlanProblem(
            subject,
            f"the target's server has no type {name.name}",
            "leave it out with `transform`, or upgrade the target",
        )
    return PlanProblem(
        subject,
        f"the target lacks its type {name}, which lives outside the copied schema",
        "create it there first, or leave the column out with `transform`",
    )


def _missing_type(each: UserType) -> PlanProblem:
    return PlanProblem(
        str(each.name),
        "this type lives outside the copied schema, the copied columns need it, and the target lacks it",
        "set `create_missing: true`, or create it there first",
    )


def _virtual_columns(designs: Designs, target: TargetCatalog) -> Iterator[PlanProblem]:
    if target.server.version < VIRTUAL_COLUMNS:
        for design in designs.tables:
            for column in design.columns.kept:
                if column.generated == "v" and is_generated(column, design):
                    yield _virtual(design, column)


def _virtual(design: Design, column: Column) -> PlanProblem:
    return PlanProblem(
        f"{design.name}.{column.name}",
        "it is a virtual generated column, which the target does not know before PostgreSQL 18",
        "give it a `transform`, or null to leave it out",
    )
