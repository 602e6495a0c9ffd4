"""What the columns need and the target lacks: created when the job says so, otherwise a reason not to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Cast, Collation, TextSearch, TypeName, UserType
from pg_xcopy.catalog.servers import Extension
from pg_xcopy.catalog.standing import StandingSchema
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.needs.extensions import create_extension, create_schema, created_extensions, creation_notice
from pg_xcopy.planning.needs.graph import ids_of
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.needs.privileges import missing_privileges
from pg_xcopy.planning.needs.wants import is_generated
from pg_xcopy.planning.needs.youth import too_young
from pg_xcopy.planning.plan import Notice, PlanProblem, Step, Topic
from pg_xcopy.planning.selecting.design import Designs
from pg_xcopy.planning.versions import unknown_parameters
from pg_xcopy.sql.names import TableName


class Lacks(Struct, frozen=True):
    """What is created outside the staging schema before anything else, and what can't be."""

    steps: tuple[Step, ...]
    problems: tuple[PlanProblem, ...]
    notices: tuple[Notice, ...]
    extensions: tuple[Extension, ...]
    schemas: tuple[str, ...]

    def completed(self, target: TargetCatalog) -> TargetCatalog:
        """Give the target as it stands when all of this is created: the swap finds an extension in it, or its schema.

        An extension whose home is the target schema lives in the one that stands there, as one does that has long been
        there, and is brought into the new one the same way. Never in the staging schema: a run that fails drops that,
        and by then others may use the extension.
        """
        made = StandingSchema(oid=0, owner=target.server.role, ours=True) if target.schema in self.schemas else None
        return replace(
            target,
            standing=target.standing or made,
            extensions=(*target.extensions, *self.extensions),
        )


def find_lacks(job: Job, designs: Designs, needs: Needs, source: SourceCatalog, target: TargetCatalog) -> Lacks:
    """Compare what is needed with what the target has."""
    elsewhere = [each for each in needs.objects if isinstance(each, UserType) and each.name in _names(source)]
    extensions = tuple(created_extensions(needs.extensions, source, target))
    problems = [*_lacking(designs, needs), *too_young(designs, source, target), *_rows_of_less(designs, source)]
    problems += _types_elsewhere(elsewhere, needs, target, create_missing=job.create_missing)
    problems += _unknown_types(designs, needs, source, target)
    homes = {each.name: each.schema for each in extensions}
    problems += missing_privileges(designs, elsewhere if job.create_missing else (), homes, source, target)
    made_in = {each.name.schema for each in elsewhere} | set(homes.values())
    schemas = tuple(sorted(name for name in made_in - target.schemas if not name.startswith("pg_")))
    return Lacks(
        steps=(
            *map(create_schema, schemas),
            *map(create_extension, extensions),
        ),
        problems=tuple(problems),
        notices=(
            *(creation_notice(each, target) for each in extensions),
            *(Notice(Topic.CREATED, str(each.name), "the copied columns need this type") for each in elsewhere),
            *_left_out_parameters(designs, target.server.version),
            *_without_canonical(needs),
            *_unmade(needs),
            *_large_objects(designs, source),
        ),
        extensions=extensions,
        schemas=schemas,
    )


def _left_out_parameters(designs: Designs, version: int) -> Iterator[Notice]:
    for design in designs.tables:
        for reason in unknown_parameters(design.relation.options, version):
            yield Notice(Topic.PROPERTY, str(design.name), reason)


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
            if column.type_name.name in ("oid", "lo") and column.name not in design.columns.transformed:
                reason = "its values may refer to large objects, which are not copied"
                yield Notice(Topic.PARTIAL, f"{design.name}.{column.name}", reason)


def _names(source: SourceCatalog) -> frozenset[object]:
    return frozenset(each.name for each in source.types if each.name.schema != source.schema)


def _lacking(designs: Designs, needs: Needs) -> Iterator[PlanProblem]:
    """Give tables and columns that can't be made; what can do without is a notice elsewhere."""
    for design in designs.tables:
        if lack := needs.lack(design.relation.needs):
            yield PlanProblem(str(design.relation.name), lack.reason, lack.hint)
        for column in design.columns.kept:
            ids = (*column.needs, *(column.expression_needs if is_generated(column, design) else ()))
            if lack := needs.lack(ids):
                yield PlanProblem(f"{design.relation.name}.{column.name}", lack.reason, lack.hint)


def _rows_of_less(designs: Designs, source: SourceCatalog) -> Iterator[PlanProblem]:
    """Give columns with values of the row type of a table that will have fewer columns than these."""
    smaller = {each.relation.name for each in designs.tables if each.columns.left_out}
    parts = {each.name: each.parts for each in source.types}
    for design in designs.tables:
        for column in design.columns.kept:
            made_of = _made_of(column.type_name, parts)
            for table in (name for name in made_of if name in smaller):
                yield PlanProblem(
                    f"{design.relation.name}.{column.name}",
                    f"its type is {'' if next(iter(made_of)) in smaller else 'made of '}that of the rows of {table}, "
                    "of which columns are left out",
                    "leave it out too, or give it a `transform`",
                )


def _made_of(type_name: TypeName, parts: Mapping[TableName, Iterable[TypeName]]) -> dict[TableName, None]:
    """Give a type and all that it is made of, by domains, composites, ranges and arrays; itself first."""
    found: dict[TableName, None] = {}
    waiting = [type_name]
    while waiting:
        one = waiting.pop()
        name = TableName(one.schema, one.name)
        if name not in found:
            found[name] = None
            waiting += parts.get(name, ())
    return found


def _unknown_types(
    designs: Designs, needs: Needs, source: SourceCatalog, target: TargetCatalog
) -> Iterator[PlanProblem]:
    """Give columns whose type is of a kind that is never created here: a base type, or another table's row type."""
    there = target.types_elsewhere | {each.name for each in needs.objects}
    for design in designs.tables:
        for column in design.columns.kept:
            name = TableName(column.type_name.schema, column.type_name.name)
            explained = any(id_ in source.members or id_ in needs.lacking for id_ in column.needs)
            if not explained and name.schema != source.schema and name not in there:
                yield _unknown_type(f"{design.relation.name}.{column.name}", name)


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


def _types_elsewhere(
    types: Iterable[UserType], needs: Needs, target: TargetCatalog, *, create_missing: bool
) -> Iterator[PlanProblem]:
    """Give types of other schemas that are not to be made, or can't."""
    outside = {id_ for each in types for id_ in each.ids}
    copied = {id_: each for each in needs.objects for id_ in each.ids if id_ not in outside}
    for each in types:
        of_copy = next((copied[id_] for id_ in each.needs if id_ in copied), None)
        if each.name.schema == target.schema and target.surroundings is None:
            yield _of_replaced(each)
        elif of_copy:
            yield PlanProblem(
                str(each.name),
                f"this type lives outside the copied schema and is made of {of_copy.name.name}, which is inside:"
                " it would not outlive the next run",
                "give the columns that have it a `transform`",
            )
        elif not create_missing:
            yield _missing_type(each)


def _of_replaced(each: UserType) -> PlanProblem:
    return PlanProblem(
        str(each.name),
        "the copied columns need this type of another schema, and the target's schema of that name is replaced",
        "copy into another schema, or give the columns a `transform`",
    )


def _missing_type(each: UserType) -> PlanProblem:
    return PlanProblem(
        str(each.name),
        "this type lives outside the copied schema, the copied columns need it, and the target lacks it",
        "set `create_missing: true`, or create it there first",
    )
