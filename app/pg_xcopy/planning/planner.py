"""From a job and two catalogs to a plan: every decision of a run, in one pure function."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.errors import PlanError
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.access import default_privilege_steps, object_steps, schema_steps
from pg_xcopy.planning.columns import column_notices, column_problems
from pg_xcopy.planning.comments import Comments
from pg_xcopy.planning.constraints import Means
from pg_xcopy.planning.copies import missing_column_decisions, plan_copy
from pg_xcopy.planning.design import Designs, Schemas, design_tables
from pg_xcopy.planning.integrity import plan_integrity
from pg_xcopy.planning.needs import Needs, find_needs
from pg_xcopy.planning.plan import LOSSES, Endpoint, Notice, Plan, PlanProblem, Step, SwapMethod, Topic
from pg_xcopy.planning.positions import position_steps
from pg_xcopy.planning.schemas import name_schemas
from pg_xcopy.planning.selection import select
from pg_xcopy.planning.structure import prepare_steps
from pg_xcopy.planning.swapping import drop_notices, plan_swap, swap_problems
from pg_xcopy.planning.types import type_problems
from pg_xcopy.sql.search_path import search_path


def make_plan(job: Job, source: SourceCatalog, target: TargetCatalog, run_id: str) -> Plan:
    """Decide everything; raises PlanError with every reason why the job can't run as it is declared.

    `run_id` (up to 20 letters and digits) tells the schemas of this run from those of any other.
    """
    schemas = name_schemas(target.schema, run_id)
    selection = select(job, source)
    chosen = missing_column_decisions(job, selection.tables)
    designs = design_tables(chosen.tables, source, schemas)
    needs = find_needs(designs.tables, source, everything=selection.everything)
    swap = plan_swap(target, designs, needs, schemas)
    comments = Comments(source.comments, schemas)
    integrity = plan_integrity(designs, Means(needs, comments, target.server.version))
    positions = tuple(position_steps(designs, needs, schemas))
    notices = (
        *selection.notices,
        *chosen.notices,
        *_column_notices(designs),
        *integrity.notices,
        *(each for each in positions if isinstance(each, Notice)),
        *drop_notices(target, designs, needs, cascade=job.cascade),
    )
    _refuse(
        job,
        (
            *selection.problems,
            *chosen.problems,
            *(problem for each in chosen.tables for problem in column_problems(each)),
            *type_problems(designs, source, target),
            *swap_problems(target, swap.method, cascade=job.cascade),
            *(_strictly(notices) if job.strict else ()),
        ),
    )
    return Plan(
        job=job.name,
        source=Endpoint(job.source.database.described, source.server.database, source.schema, source.server.version),
        target=Endpoint(job.target.database.described, target.server.database, target.schema, target.server.version),
        staging=schemas.staging,
        retired=schemas.retired,
        source_path=search_path([source.schema, *_extension_schemas(source), "public"]),
        target_path=search_path([schemas.staging, *_extension_schemas(target)]),
        prepare=(
            *_early_access(target, schemas, swap.method),
            *prepare_steps(designs, needs, schemas, target.server.version),
            *comments.steps(designs, needs),
        ),
        copies=tuple(plan_copy(flow) for flow in designs.flows),
        finish=integrity.finish,
        foreign_keys=integrity.foreign_keys,
        settle=(
            *(each for each in positions if isinstance(each, Step)),
            *_late_access(target, designs, needs, schemas, swap.method),
        ),
        swap=swap,
        dropped=tuple(f"{each.kind} {each.identity}" for each in (target.standing.objects if target.standing else ())),
        cascades=job.cascade,
        strict=job.strict,
        parallel=job.parallel,
        notices=notices,
    )


def _refuse(job: Job, problems: tuple[PlanProblem, ...]) -> None:
    if problems:
        raise PlanError(job.name, tuple(dict.fromkeys(map(str, problems))))


def _strictly(notices: tuple[Notice, ...]) -> Iterator[PlanProblem]:
    for notice in notices:
        if notice.topic in LOSSES:
            yield PlanProblem(notice.subject, f"{notice.topic.value}: {notice.message}", "`strict: true` forbids it")


def _extension_schemas(catalog: SourceCatalog | TargetCatalog) -> list[str]:
    return sorted({each.schema for each in catalog.extensions})


def _column_notices(designs: Designs) -> Iterator[Notice]:
    for design in designs.tables:
        if design.attached_to:
            continue
        asked = frozenset(name for name, sql in design.selected.rule.transform.items() if sql is None)
        yield from column_notices(design.relation, design.columns, asked)
        if design.relation.partition_key and not design.partition_key:
            yield Notice(Topic.PARTITIONING, str(design.name), "a column of its partition key is left out")


def _early_access(target: TargetCatalog, schemas: Schemas, method: SwapMethod) -> Iterator[Step]:
    if target.standing and method is SwapMethod.RENAME:
        yield from default_privilege_steps(target.standing, schemas)


def _late_access(
    target: TargetCatalog, designs: Designs, needs: Needs, schemas: Schemas, method: SwapMethod
) -> Iterator[Step]:
    if target.standing:
        yield from object_steps(target.standing, target, designs, needs, schemas)
        if method is SwapMethod.RENAME:
            yield from schema_steps(target.standing, target, schemas)
