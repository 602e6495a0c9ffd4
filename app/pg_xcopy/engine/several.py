"""A job with several targets: one snapshot, each row read once, and for each target a course of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.engine.before.checking import check
from pg_xcopy.engine.before.sides import Sides, source_side, target_side
from pg_xcopy.engine.course import carried_out, checked, planned
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.run import Run, told
from pg_xcopy.engine.sources.meeting import Meeting
from pg_xcopy.engine.sources.source import Source
from pg_xcopy.errors import CancelledError, TargetsFailedError, XcopyError
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.events import Event, Stage
from pg_xcopy.planning.plan import Plan
from pg_xcopy.planning.rows.shape import ALONE
from pg_xcopy.planning.sharing import agree
from pg_xcopy.results import JobResult


class _Lane(Struct):
    """One target's course, and how it ended."""

    run: Run
    result: JobResult | None = None
    error: XcopyError | None = None

    @property
    def name(self) -> str:
        return self.run.reporter.to

    def follow(self, work: Callable[[Run], JobResult]) -> None:
        """Keep what comes of it: a target's failure is its own."""
        try:
            self.result = told(self.run, lambda: work(self.run))
        except XcopyError as error:
            self.error = error


def feed_all(run: Run) -> JobResult:
    """Copy to all targets; raises TargetsFailedError where some failed and the others did not, or what made all fail.

    They go on beside each other, from the first connection to the last clean-up. They meet when they are planned, since
    what several want is read once for all, and then at each table.
    """
    started = time.monotonic()
    lanes = _lanes(run)
    heard: list[Event] = []
    try:
        with source_side(replace(run, reporter=replace(run.reporter, observer=heard.append))) as source:
            meeting: Meeting[Plan] = Meeting([lane.name for lane in lanes], source, run.sessions)
            _abreast(lanes, lambda own: _stages(_retold(heard, own), source, meeting))
            return _outcome(lanes, run, time.monotonic() - started)
    except XcopyError as error:
        for lane in lanes:
            if not (lane.result or lane.error):  # the source failed before any of them began
                lane.follow(partial(_fail, error, heard))
        raise


def plan_all(run: Run) -> tuple[Plan, ...]:
    """Plan every target, and change nothing; raises TargetsFailedError if some can't be planned."""
    failures: dict[str, XcopyError] = {}
    connected: list[tuple[_Lane, Sides]] = []
    with ExitStack() as stack:
        source = stack.enter_context(source_side(run))
        for lane in _lanes(run):
            with _kept(failures, lane):
                connected.append((lane, stack.enter_context(target_side(lane.run, source, exclusive=False))))
        alone = tuple(_each(connected, failures, planned))
        agreement = agree(alone, (sides.standing.server for lane, sides in connected if lane.name not in failures))

        def together(own: Run, sides: Sides) -> Plan:
            return check(planned(own, sides, agreement), sides, own.sessions)

        plans = tuple(_each(connected, failures, together))
    if failures:
        raise TargetsFailedError(run.job.name, failures, _nothing(run))
    return plans


def _each(
    connected: Sequence[tuple[_Lane, Sides]],
    failures: dict[str, XcopyError],
    plan: Callable[[Run, Sides], Plan],
) -> Iterator[Plan]:
    """Plan every target that has not failed yet."""
    for lane, sides in connected:
        if lane.name not in failures:
            with _kept(failures, lane):
                yield plan(lane.run, sides)


@contextmanager
def _kept(failures: dict[str, XcopyError], lane: _Lane) -> Iterator[None]:
    """Keep a target's failure, since it is no other's."""
    try:
        yield
    except XcopyError as error:
        failures[lane.name] = error


def _lanes(run: Run) -> tuple[_Lane, ...]:
    observer, clock = run.reporter.observer, run.reporter.clock

    def lane(job: Job) -> _Lane:
        reporter = Reporter(job.name, observer, job.only_target.label, clock=clock)
        return _Lane(Run(job, run.run_id, run.sessions.branch(), reporter))

    return tuple(map(lane, run.job.apart()))


def _retold(heard: Sequence[Event], run: Run) -> Run:
    """Tell of a target, now that its course has begun, what was done for all of them."""
    for event in heard:
        run.reporter.tell(replace(event, to=run.reporter.to))
    return run


def _stages(run: Run, source: Source, meeting: Meeting[Plan]) -> JobResult:
    started, name, sessions = time.monotonic(), run.reporter.to, run.sessions
    run.reporter.stage(Stage.CONNECT)
    try:
        with target_side(run, source, exclusive=True) as sides:
            plan = planned(run, sides)
            agreement = meeting.agree(name, plan, sides.standing.server, sessions)
            if agreement != ALONE:
                plan = planned(run, sides, agreement)
            ordered, reading = meeting.gather(name, checked(plan, sides, run), sessions, sides.target.pusher)
            result = carried_out(ordered, sides, reading, run, agreement)
    finally:
        meeting.leave(name)
    return replace(result, seconds=time.monotonic() - started)


def _abreast(lanes: Sequence[_Lane], work: Callable[[Run], JobResult]) -> None:
    """Follow all courses at once, until the last has ended; raise the first error that is none of ours."""
    crashes: list[BaseException] = []

    def follow(lane: _Lane) -> None:
        try:
            lane.follow(work)
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
            crashes.append(error)

    threads = [threading.Thread(target=follow, args=(lane,), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if crashes:
        raise crashes[0]


def _outcome(lanes: Sequence[_Lane], run: Run, seconds: float) -> JobResult:
    results = [lane.result for lane in lanes if lane.result]
    failures = {lane.name: lane.error for lane in lanes if lane.error}
    done = replace(
        _nothing(run),
        tables=tuple(table for each in results for table in each.tables),
        warnings=tuple(warning for each in results for warning in each.warnings),
        seconds=seconds,
    )
    if not failures:
        return done
    if run.sessions.cancelled and not results:
        raise run.sessions.stopped_by or CancelledError
    first = next(iter(failures.values()))
    if not results and all(error is first for error in failures.values()):
        raise first
    raise TargetsFailedError(run.job.name, failures, done)


def _nothing(run: Run) -> JobResult:
    return JobResult(run.job.name, run.run_id, (), (), 0.0)


def _fail(error: XcopyError, heard: Sequence[Event], run: Run) -> JobResult:
    _retold(heard, run)
    raise error
