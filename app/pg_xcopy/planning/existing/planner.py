"""From a job and two catalogs to the plan of filling tables that exist: every decision, in one pure function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.errors import PlanError
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.existing.fills import Fills, plan_fills, truncate_step
from pg_xcopy.planning.existing.matching import Match, Matches, match
from pg_xcopy.planning.existing.order import Order, load_order, truncate_problems
from pg_xcopy.planning.existing.overlap import Overlap, overlap, overlap_notices, overlap_problems
from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.existing.privileges import schema_problems
from pg_xcopy.planning.existing.streams import Streams
from pg_xcopy.planning.existing.values import Values
from pg_xcopy.planning.plan import Endpoint, Notice, PlanProblem, Resources, Step, Topic
from pg_xcopy.planning.rows.copies import Chosen, missing_column_decisions
from pg_xcopy.planning.rows.shape import ALONE, Agreement
from pg_xcopy.planning.selecting.selection import Selection, heirs_left_behind, select
from pg_xcopy.planning.transporting import carrying_problems, plan_transport, transport_problems
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path


@dataclass(frozen=True)
class Decisions:
    """What every part of planning decided, before it becomes one plan or one error."""

    selection: Selection
    chosen: Chosen
    matches: Matches
    overlaps: tuple[Overlap, ...]
    order: Order
    fills: Fills


def make_existing_plan(
    job: Job, source: SourceCatalog, target: ExistingCatalog, agreement: Agreement = ALONE
) -> ExistingPlan:
    """Decide everything; raises PlanError with every reason why the job can't run as it is declared.

    `agreement` is what the job's other targets ask for.
    """
    decided = _decide(job, source, target, agreement)
    found = (*transport_problems(job, source, target), *_problems(job, target, decided))
    plan = _assemble(job, source, target, decided)
    problems = list(dict.fromkeys(map(str, (*found, *carrying_problems(plan)))))
    if problems:
        raise PlanError(job.name, tuple(problems))
    return plan


def _decide(job: Job, source: SourceCatalog, target: ExistingCatalog, agreement: Agreement) -> Decisions:
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
        plan_fills(overlaps, order, Streams(job, source, target, agreement)),
    )


def _tables(matches: Matches) -> tuple[Relation, ...]:
    return tuple(each.into for each in matches.tables)


def _problems(job: Job, target: ExistingCatalog, decided: Decisions) -> Iterator[PlanProblem]:
    yield from decided.selection.problems
    yield from decided.chosen.problems
    yield from decided.matches.problems
    yield from schema_problems(target, temporary=job.only_target.mode == "upsert")
    for each in decided.overlaps:
        yield from overlap_problems(each, target)
    yield from decided.fills.problems
    yield from decided.order.problems
    if job.only_target.mode == "truncate":
        yield from truncate_problems(_tables(decided.matches), target, together=job.transaction == "job")
    if not job.allow_row_security:
        yield from _hidden_rows(decided.matches.tables)


def _hidden_rows(matches: tuple[Match, ...]) -> Iterator[PlanProblem]:
    for relation in (each for one in matches for each in one.read):
        if relation.row_security:
            yield PlanProblem(
                str(relation.name),
                "row-level security would hide rows of it from the source's role",
                "use its owner or a role with BYPASSRLS, or set `allow_row_security: true`",
            )


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
        for relation in (each for one in decided.matches.tables for each in one.read if each.row_security):
            yield Notice(Topic.PARTIAL, str(relation.name), "row-level security decides which of its rows are copied")


def _assemble(job: Job, source: SourceCatalog, target: ExistingCatalog, decided: Decisions) -> ExistingPlan:
    extensions = sorted({each.schema for each in target.extensions})
    return ExistingPlan(
        job=job.name,
        source=Endpoint(job.source.database.described, source.server.database, source.schema, source.server.version),
        target=Endpoint(
            job.only_target.database.described, target.server.database, target.schema, target.server.version
        ),
        source_path=search_path([source.schema, *sorted({each.schema for each in source.extensions}), "public"]),
        # The role's own schemas too: triggers look up names as they do when its applications write.
        target_path=search_path([target.schema, *extensions, *target.own_path]),
        row_security=job.allow_row_security,
        copies=decided.fills.copies,
        transport=plan_transport(job, target),
        resources=_resources(job, target),
        notices=tuple(_notices(job, source, target, decided)),
        mode=job.only_target.mode,
        transaction=job.transaction,
        opening=tuple(_opening(job, decided)),
        fills=decided.fills.tables,
    )


def _opening(job: Job, decided: Decisions) -> Iterator[Step]:
    if job.transaction == "job" and job.only_target.mode == "truncate":
        yield truncate_step(decided.order.tables)
    if decided.order.deferred:
        keys = [TableName(each.table.schema, each.name) for each in decided.order.deferred]
        yield Step(render("existing/defer.sql.j2", keys=keys), "deferring foreign keys", str(keys[0]))


def _resources(job: Job, target: ExistingCatalog) -> Resources:
    """Bound workers and connections as the job says; in one transaction there is one stream at a time."""
    limits = (
        job.parallel,
        *((each or job.parallel + 1) - 1 for each in (job.max_source_connections, job.max_target_connections)),
    )
    workers = min(limits) if job.transaction == "table" else 1
    # Triggers run under row-level security as they do for applications; and what is said to be done is on the disk.
    settings = [("row_security", "on"), ("synchronous_commit", "on")]
    if job.toast_compression == "auto" and "lz4" in target.server.compressions:
        settings.append(("default_toast_compression", "lz4"))
    return Resources(workers=workers, readers=workers, max_rate=job.max_rate, settings=tuple(settings))
