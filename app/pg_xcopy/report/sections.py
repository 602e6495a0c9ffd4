"""From the course of a job to its section of the page: pure decisions, no effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from pg_xcopy.observe.effects import effect_of
from pg_xcopy.observe.spans import Phase, Span
from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text
from pg_xcopy.planning.plan import LOSSES
from pg_xcopy.planning.wording import version_text
from pg_xcopy.report import plans
from pg_xcopy.report.collecting import Course
from pg_xcopy.report.hints import hint_of
from pg_xcopy.report.page import Figure, JobSection, State, TableLine, Warnings
from pg_xcopy.report.parts import LEFT_OUT, UNCHECKED, keeps_its_own, parts_of
from pg_xcopy.report.timeline import bars, end_of, make_timeline
from pg_xcopy.results import TableResult, UpsertedTable, WarningResult

_LOSSES = frozenset(topic.value for topic in LOSSES)
_MOVING = (Phase.COPY, Phase.MERGE)


def section(course: Course, *, plan_only: bool, stopped: str, number: int) -> JobSection:
    """Decide all that is shown of one job, or of one of its targets; `stopped` names the signal that ended the run."""
    state = _state(course, plan_only=plan_only, stopped=stopped)
    warnings = course.result.warnings if course.result else tuple(course.warnings)
    parts = parts_of(course.plan, warnings, state)
    tables = tuple(_tables(course, state, f"job-{number}"))
    rows = (
        {}
        if course.plan is None
        else {
            str(copy.target): count_text(line.expected if line.rows is None else line.rows, "row")
            for copy, line in zip(course.plan.copies, tables, strict=False)
        }
    )
    return JobSection(
        anchor=f"job-{number}",
        job=course.job,
        to=course.to,
        state=state,
        sentence=_sentence(course, state),
        hint=course.hint,
        effect=_effect(course, state),
        source=course.source,
        target=course.target,
        versions=_versions(course),
        run_id=course.run_id,
        began=course.began,
        seconds=course.seconds,
        figures=tuple(_figures(course, tables, warnings, sum(each.became in (LEFT_OUT, UNCHECKED) for each in parts))),
        tables=tables,
        warnings=tuple(_by_topic(warnings)),
        parts=parts,
        timeline=make_timeline(course.spans),
        diagram=plans.diagram(course.plan, warnings, rows) if course.plan else None,
        plan=plans.planned(course.plan, f"job-{number}") if course.plan else None,
    )


def _state(course: Course, *, plan_only: bool, stopped: str) -> State:
    if course.result:
        return State.WARNED if course.result.warnings else State.DONE
    if course.cancelled and stopped:
        return State.STOPPED
    if course.failed:
        return State.FAILED
    if plan_only and course.plan:
        return State.PLANNED
    return State.STOPPED if course.begun else State.NOT_BEGUN


def _sentence(course: Course, state: State) -> str:
    if course.failed:
        return course.failed
    if course.result:
        result = course.result
        moved = (
            f"{count_text(len(result.tables), 'table')}, {count_text(result.rows, 'row')}, {bytes_text(result.bytes)}"
        )
        return f"{moved} in {seconds_text(result.seconds)}."
    if state is State.PLANNED:
        return "Planned and checked on the source; nothing was written."
    if state is State.NOT_BEGUN:
        return "The run ended before this job was begun."
    return "The run ended before this job did."


def _effect(course: Course, state: State) -> str:
    """Say what state the target is in, where that is a question."""
    if state not in (State.FAILED, State.STOPPED) or not course.begun:
        return ""
    effect = effect_of(course.stage, course.kept)
    return f"{effect[:1].upper()}{effect[1:]}."


def _versions(course: Course) -> tuple[tuple[str, str], ...]:
    if course.plan is None:
        return ()
    ends = (("Source", course.plan.source), ("Target", course.plan.target))
    return tuple((side, version_text(end)) for side, end in ends)


def _figures(
    course: Course, tables: Sequence[TableLine], warnings: Sequence[WarningResult], lost: int
) -> Iterator[Figure]:
    if course.plan is None and not tables:
        return
    if course.began is None:
        yield Figure(f"{len(tables):,}", "tables")
        yield Figure(f"{sum(each.expected for each in tables):,}", "rows", "as the source estimates")
        yield Figure(bytes_text(sum(each.expected_bytes for each in tables)), "on the source's disk")
    else:
        rows, moved = sum(each.rows or 0 for each in tables), sum(each.bytes or 0 for each in tables)
        arrived = sum(each.rows is not None for each in tables)
        yield Figure(f"{arrived:,}", "tables", "" if arrived == len(tables) else f"of {len(tables):,}")
        yield Figure(f"{rows:,}", "rows", _rate(rows, course, "rows"))
        yield Figure(bytes_text(moved), "of COPY data", _rate(moved, course, "bytes"))
        if course.seconds is not None:
            yield Figure(seconds_text(course.seconds), "from connecting to cleaning up")
    yield Figure(f"{len(warnings):,}", "warning" if len(warnings) == 1 else "warnings")
    if not keeps_its_own(course.plan):
        yield Figure(f"{lost:,}", "constraints and indexes", "left out or not valid")


def _rate(number: float, course: Course, unit: str) -> str:
    """Say how fast they passed, in the time between the first and the last of them."""
    moving = [each for each in course.spans if each.phase is Phase.COPY and each.bytes]
    seconds = end_of(moving) - min((each.started for each in moving), default=0.0)
    if not moving or not number:
        return ""
    return f"{bytes_text(number / seconds)}/s" if unit == "bytes" else f"{number / seconds:,.0f} rows/s while copying"


def _tables(course: Course, state: State, anchor: str) -> Iterator[TableLine]:
    spans: dict[str, list[Span]] = defaultdict(list)
    for span in course.spans:
        spans[span.table].append(span)
    seconds = end_of(course.spans)
    results = {each.table: each for each in course.result.tables} if course.result else course.copied
    for number, copy in enumerate(course.plan.copies if course.plan else (), start=1):
        name = str(copy.source)
        own, stays = spans.get(name, []), _stays(name, course, state)
        line = TableLine(
            name=name,
            became=_became(name, course, state),
            expected=copy.estimated_rows,
            expected_bytes=copy.estimated_bytes,
            after=sum(each.seconds for each in own if each.phase not in _MOVING) or None,
            bars=bars(own, seconds),
            anchor=f"{anchor}-p{number}",
        )
        yield _moved(line, results[name], stays=stays) if name in results else line


def _moved(line: TableLine, result: TableResult, *, stays: bool) -> TableLine:
    written = _written(result) if stays else ""
    return replace(line, rows=result.rows, written=written, bytes=result.bytes, copying=result.seconds)


def _stays(name: str, course: Course, state: State) -> bool:
    return state in (State.DONE, State.WARNED) or name in course.kept


def _became(name: str, course: Course, state: State) -> str:
    if state is State.PLANNED:
        return "planned"
    if _stays(name, course, state):
        return "copied"
    if result := course.copied.get(name):
        return "copied, undone" if result.seconds else "broke off, undone"
    return "broke off, undone" if name in course.started else "not begun"


def _written(result: TableResult) -> str:
    if isinstance(result, UpsertedTable) and result.inserted is not None and result.updated is not None:
        return f"{result.inserted:,} inserted, {result.updated:,} updated"
    return f"{result.rows:,}"


def _by_topic(warnings: Iterable[WarningResult]) -> Iterator[Warnings]:
    topics: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in warnings:
        topics[each.topic].append((each.subject, each.message))
    for topic, listed in sorted(topics.items(), key=lambda each: each[0] not in _LOSSES):
        yield Warnings(topic, hint_of(topic), tuple(listed))
