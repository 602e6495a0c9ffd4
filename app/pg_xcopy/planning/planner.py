"""From a job and two catalogs to a plan: every decision of a run, in one pure function."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.servers import schemas_of
from pg_xcopy.errors import PlanError
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.endpoints import endpoints, source_path
from pg_xcopy.planning.integrity.constraints import Means
from pg_xcopy.planning.integrity.finish import Integrity, plan_integrity
from pg_xcopy.planning.needs.extent import Extent, Standing
from pg_xcopy.planning.needs.lacks import Lacks, find_lacks
from pg_xcopy.planning.needs.order import Needs, find_needs
from pg_xcopy.planning.plan import LOSSES, Notice, PlanProblem, ReplacePlan, Step, SwapPlan, Topic
from pg_xcopy.planning.resources import plan_resources
from pg_xcopy.planning.row_security import hidden_row_notices, hidden_rows
from pg_xcopy.planning.rows.copies import Chosen, missing_column_decisions, plan_copy
from pg_xcopy.planning.rows.shape import ALONE, Agreement, Shape
from pg_xcopy.planning.schemas import name_schemas
from pg_xcopy.planning.selecting.columns import column_notices, column_problems
from pg_xcopy.planning.selecting.design import Designs, Schemas, design_tables
from pg_xcopy.planning.selecting.selection import Selection, heirs_left_behind, select
from pg_xcopy.planning.staying.decisions import After, Before
from pg_xcopy.planning.staying.setting import Setting
from pg_xcopy.planning.structure.building import plan_structure
from pg_xcopy.planning.structure.comments import Comments
from pg_xcopy.planning.structure.kin import kin_notices
from pg_xcopy.planning.structure.objects import late_check_steps, respelling_steps
from pg_xcopy.planning.structure.positions import late_positions, position_steps
from pg_xcopy.planning.structure.properties import (
    always_steps,
    by_default,
    compression_notices,
    row_security_notices,
)
from pg_xcopy.planning.structure.spelling_notices import text_notices
from pg_xcopy.planning.swapping.access import early_access, guarded_notices, late_access
from pg_xcopy.planning.swapping.swap import (
    drop_notices,
    plan_swap,
    server_problems,
    swap_problems,
    unmovable_types,
)
from pg_xcopy.planning.transporting import carrying_problems, plan_transport, transport_problems
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.search_path import search_path


class Decisions(Struct, frozen=True):
    """What every part of planning decided, before it becomes one plan or one error.

    `staying` is set where only tables of a schema are replaced.
    """

    schemas: Schemas
    selection: Selection
    chosen: Chosen
    designs: Designs
    needs: Needs
    lacks: Lacks
    swap: SwapPlan
    comments: Comments
    integrity: Integrity
    positions: tuple[Step | Notice, ...]
    agreement: Agreement
    staying: After | None


def make_plan(
    job: Job, source: SourceCatalog, target: TargetCatalog, run_id: str, agreement: Agreement = ALONE
) -> ReplacePlan:
    """Decide everything; raises PlanError with every reason why the job can't run as it is declared.

    `run_id` (up to 20 letters and digits) tells the schemas of this run from those of any other; `agreement` is what
    the job's other targets ask for.
    """
    written = by_default(source) if job.push else source
    decided = _decide(job, written, target, name_schemas(target.schema, run_id), agreement)
    notices = tuple(_notices(job, source, target, decided))
    problems = [*transport_problems(job, source, target), *_problems(job, target, decided)]
    if job.strict:
        problems += _strictly(notices)
    plan = _assemble(job, source, target, decided, notices)
    problems += carrying_problems(plan)
    if problems:
        raise PlanError(job.name, tuple(dict.fromkeys(map(str, problems))))
    return plan


def _decide(
    job: Job, source: SourceCatalog, target: TargetCatalog, schemas: Schemas, agreement: Agreement
) -> Decisions:
    selection = select(job, source)
    chosen = missing_column_decisions(job, selection.tables)
    designs = design_tables(chosen.tables, source, schemas)
    around = target.surroundings
    before = Before(Setting(source, target, around, designs, schemas)) if around else None
    extent = Extent(
        selection.everything and job.only_target.mode == "replace",
        job.create_missing,
        before.standing if before else Standing(),
    )
    needs = find_needs(designs.tables, source, target, schemas, extent)
    staying = After(before, needs, job.cascade) if before else None
    lacks = find_lacks(job, designs, needs, source, target)
    comments = Comments(source.comments, schemas)
    kept = before.setting.kept_tables if before else frozenset()
    means = Means(needs, comments, target, designs, source.builtins - target.builtins, kept, job.analyze)
    return Decisions(
        schemas=schemas,
        selection=selection,
        chosen=chosen,
        designs=designs,
        needs=needs,
        lacks=lacks,
        swap=staying.swap() if staying else plan_swap(lacks.completed(target), designs, needs, schemas),
        comments=comments,
        integrity=plan_integrity(designs, means),
        positions=tuple(position_steps(designs, needs, schemas, source)),
        agreement=agreement,
        staying=staying,
    )


def _notices(job: Job, source: SourceCatalog, target: TargetCatalog, decided: Decisions) -> Iterator[Notice]:
    yield from decided.selection.notices
    yield from decided.chosen.notices
    yield from _column_notices(decided.designs)
    yield from heirs_left_behind((design.relation for design in decided.designs.tables), source)
    yield from kin_notices(decided.designs, source, decided.needs)
    yield from decided.lacks.notices
    yield from text_notices(decided.designs, decided.needs, source, target)
    yield from decided.integrity.notices
    for design in decided.designs.tables:
        yield from compression_notices(design, target.server.compressions)
        yield from row_security_notices(design)
    yield from (each for each in decided.positions if isinstance(each, Notice))
    if decided.staying:
        yield from decided.staying.notices()
    else:
        yield from drop_notices(target, decided.designs, decided.needs, cascade=job.cascade)
    if target.standing:
        yield from guarded_notices(target.standing, decided.designs)
    if job.allow_row_security:
        yield from hidden_row_notices(flow.relation for flow in decided.designs.flows)


def _problems(job: Job, target: TargetCatalog, decided: Decisions) -> Iterator[PlanProblem]:
    yield from decided.selection.problems
    yield from decided.chosen.problems
    for each in decided.chosen.tables:
        yield from column_problems(each)
    for one, other in decided.designs.namesakes():
        yield PlanProblem(str(other), f"in the target it would have the name of {one}", "exclude one of them")
    yield from decided.lacks.problems
    yield from server_problems(target)
    if decided.staying:
        yield from decided.staying.problems()
    else:
        yield from swap_problems(target, decided.swap.method, cascade=job.cascade)
    yield from unmovable_types(target, decided.swap, decided.needs)
    if not job.allow_row_security:
        yield from hidden_rows(flow.relation for flow in decided.designs.flows)


def _assemble(
    job: Job, source: SourceCatalog, target: TargetCatalog, decided: Decisions, notices: tuple[Notice, ...]
) -> ReplacePlan:
    schemas, designs, needs = decided.schemas, decided.designs, decided.needs
    shape = Shape(job, designs, source, target, decided.agreement)
    structure = plan_structure(designs, needs, schemas, target.server)
    transport = plan_transport(job, target)
    source_end, target_end = endpoints(job, source, target)
    return ReplacePlan(
        job=job.name,
        source=source_end,
        target=target_end,
        staging=schemas.staging,
        retired=schemas.retired,
        source_path=source_path(source),
        target_path=_target_path(source, target, decided),
        row_security=job.allow_row_security,
        prepare=(
            *early_access(target, schemas, decided.swap.method),
            *decided.lacks.steps,
            *structure.prepare,
        ),
        separate=structure.separate,
        copies=tuple(plan_copy(flow, shape) for flow in designs.flows),
        transport=transport,
        finish=decided.integrity.finish,
        foreign_keys=decided.integrity.foreign_keys,
        settle=(
            *(each for each in decided.positions if isinstance(each, Step)),
            *late_check_steps(needs, decided.comments),
            *decided.comments.steps(designs, needs, target.server.version),
            *respelling_steps(needs),
            *(always_steps(source, designs, needs) if job.push else ()),
            *late_access(target, designs, needs, schemas, decided.swap.method),
        ),
        positions=tuple(late_positions(designs, needs, schemas)) if transport and transport.at_once else (),
        swap=decided.swap,
        dropped=tuple(_dropped(target, decided.staying)),
        cascades=job.cascade,
        strict=job.strict,
        resources=plan_resources(job, target, decided.agreement),
        notices=notices,
    )


def _dropped(target: TargetCatalog, staying: After | None) -> Iterator[str]:
    if staying:
        yield from staying.dropped()
    elif target.standing:
        yield from (f"{each.kind} {each.identity}" for each in target.standing.objects)


def _strictly(notices: tuple[Notice, ...]) -> Iterator[PlanProblem]:
    for notice in notices:
        if notice.topic in LOSSES:
            yield PlanProblem(notice.subject, f"{notice.topic.value}: {notice.message}", "`strict: true` forbids it")


def _target_path(source: SourceCatalog, target: TargetCatalog, decided: Decisions) -> Sql:
    """Find extensions wherever the target keeps them, and what else the source keeps in the schemas of its own.

    The target schema itself is not searched for the latter where it is about to be dropped; where it stays, the copy
    uses what stands there.
    """
    stays = [target.schema] if decided.staying else []
    of_source = [name for name in schemas_of(source.extensions) if name not in (source.schema, target.schema)]
    return search_path(
        [decided.schemas.staging, *stays, *of_source, *schemas_of(decided.lacks.completed(target).extensions)]
    )


def _column_notices(designs: Designs) -> Iterator[Notice]:
    for design in designs.tables:
        if design.attached_to:
            continue
        unwanted = design.selected.unwanted(design.relation)
        yield from column_notices(design.relation, design.columns, unwanted)
        if design.relation.partition_key and not design.partition_key:
            yield Notice(Topic.PARTITIONING, str(design.name), "a column of its partition key is left out")
