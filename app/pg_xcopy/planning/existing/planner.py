"""From a job and two catalogs to the plan of filling tables that exist: every decision, in one pure function."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.catalog.servers import schemas_of
from pg_xcopy.errors import PlanError
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.endpoints import endpoints, source_path
from pg_xcopy.planning.existing.fills import Fills, plan_fills, truncate_step
from pg_xcopy.planning.existing.matching import Matches, match
from pg_xcopy.planning.existing.order import Order, load_order, truncate_problems
from pg_xcopy.planning.existing.overlap import Overlap, overlap, overlap_notices, overlap_problems
from pg_xcopy.planning.existing.plan import ExistingPlan, LandingSchema
from pg_xcopy.planning.existing.privileges import schema_problems
from pg_xcopy.planning.existing.streams import Streams
from pg_xcopy.planning.existing.values import Values
from pg_xcopy.planning.plan import Notice, PlanProblem, Step
from pg_xcopy.planning.resources import plan_existing_resources
from pg_xcopy.planning.row_security import hidden_row_notices, hidden_rows
from pg_xcopy.planning.rows.copies import Chosen, missing_column_decisions
from pg_xcopy.planning.rows.shape import ALONE, Agreement
from pg_xcopy.planning.schemas import marker, name_landing_schema
from pg_xcopy.planning.selecting.selection import Selection, heirs_left_behind, select
from pg_xcopy.planning.transporting import carrying_problems, plan_transport, transport_problems
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path


class Decisions(Struct, frozen=True):
    """What every part of planning decided, before it becomes one plan or one error."""

    selection: Selection
    chosen: Chosen
    matches: Matches
    overlaps: tuple[Overlap, ...]
    order: Order
    fills: Fills


def make_existing_plan(
    job: Job, source: SourceCatalog, target: ExistingCatalog, run_id: str, agreement: Agreement = ALONE
) -> ExistingPlan:
    """Decide everything; raises PlanError with every reason why the job can't run as it is declared.

    `run_id` is part of the name of the schema in which pushed rows land; `agreement` is what the job's other targets
    ask for.
    """
    pushed = _landing_schema(target.schema, run_id) if job.push else None
    decided = _decide(job, pushed, Streams(job, source, target, agreement))
    found = (*transport_problems(job, source, target), *_problems(job, target, decided))
    plan = replace(_assemble(job, source, target, decided, agreement), landing_schema=pushed)
    problems = list(dict.fromkeys(map(str, (*found, *carrying_problems(plan)))))
    if problems:
        raise PlanError(job.name, tuple(problems))
    return plan


def _landing_schema(target: str, run_id: str) -> LandingSchema:
    name = name_landing_schema(target, run_id)
    create = render("staging/create_schema.sql.j2", schema=name, marker=marker(target, "landing"))
    return LandingSchema(name, Step(create, "preparing where pushed rows land", target))


def _decide(job: Job, pushed: LandingSchema | None, streams: Streams) -> Decisions:
    source, target = streams.source, streams.target
    selection = select(job, source)
    chosen = missing_column_decisions(job, selection.tables)
    matches = match(chosen.tables, target)
    values = Values(source, target)
    overlaps = tuple(overlap(each, values) for each in matches.tables)
    order = load_order(_tables(matches), target, together=job.transaction == "job")
    return Decisions(
        selection,
        chosen,
        matches,
        overlaps,
        order,
        plan_fills(overlaps, order, streams, pushed),
    )


def _tables(matches: Matches) -> tuple[Relation, ...]:
    return tuple(each.into for each in matches.tables)


def _problems(job: Job, target: ExistingCatalog, decided: Decisions) -> Iterator[PlanProblem]:
    yield from decided.selection.problems
    yield from decided.chosen.problems
    yield from decided.matches.problems
    yield from schema_problems(target, temporary=job.only_target.mode == "upsert" and not job.push, pushed=job.push)
    for each in decided.overlaps:
        yield from overlap_problems(each, target)
    yield from decided.fills.problems
    yield from decided.order.problems
    if job.only_target.mode == "truncate":
        yield from truncate_problems(_tables(decided.matches), target, together=job.transaction == "job")
    if not job.allow_row_security:
        yield from hidden_rows(_read(decided))


def _read(decided: Decisions) -> Iterator[Relation]:
    return (each for one in decided.matches.tables for each in one.read)


def _notices(job: Job, source: SourceCatalog, target: ExistingCatalog, decided: Decisions) -> Iterator[Notice]:
    yield from decided.selection.notices
    yield from decided.chosen.notices
    yield from decided.matches.notices
    values = Values(source, target)
    for each in decided.overlaps:
        yield from overlap_notices(each, values)
    yield from decided.fills.notices
    selected = (each.selected for each in decided.matches.tables)
    yield from heirs_left_behind((each for one in selected for each in (one.relation, *one.partitions)), source)
    if job.allow_row_security:
        yield from hidden_row_notices(_read(decided))


def _assemble(
    job: Job, source: SourceCatalog, target: ExistingCatalog, decided: Decisions, agreement: Agreement
) -> ExistingPlan:
    source_end, target_end = endpoints(job, source, target)
    return ExistingPlan(
        job=job.name,
        source=source_end,
        target=target_end,
        source_path=source_path(source),
        # The role's own schemas too: triggers look up names as they do when its applications write.
        target_path=search_path([target.schema, *schemas_of(target.extensions), *target.own_path]),
        row_security=job.allow_row_security,
        copies=decided.fills.copies,
        transport=plan_transport(job, target),
        resources=plan_existing_resources(job, target, agreement),
        notices=tuple(_notices(job, source, target, decided)),
        mode=job.only_target.mode,
        transaction=job.transaction,
        opening=tuple(_opening(job, decided)),
        fills=decided.fills.tables,
    )


def _opening(job: Job, decided: Decisions) -> Iterator[Step]:
    # Where a problem leaves no table at all, the plan is still assembled: what else is wrong is said with it.
    if decided.order.tables and job.transaction == "job" and job.only_target.mode == "truncate":
        yield truncate_step(decided.order.tables)
    if decided.order.deferred:
        keys = [TableName(each.table.schema, each.name) for each in decided.order.deferred]
        yield Step(render("existing/defer.sql.j2", keys=keys), "deferring foreign keys", str(keys[0]))
