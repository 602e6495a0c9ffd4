"""An observer that keeps what the report tells of a run."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from pg_xcopy.errors import CancelledError, XcopyError
from pg_xcopy.observe import events
from pg_xcopy.observe.events import Event, Stage
from pg_xcopy.observe.spans import Span
from pg_xcopy.planning.plan import Plan
from pg_xcopy.results import JobResult, TableResult, WarningResult


class Course(Struct):
    """How far a job, or that of one of its targets, has come."""

    job: str
    to: str = ""
    source: str = ""
    target: str = ""
    run_id: str = ""
    began: datetime | None = None
    stage: Stage = Stage.CONNECT
    plan: Plan | None = None
    started: set[str] = field(default_factory=set)
    copied: dict[str, TableResult] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    warnings: list[WarningResult] = field(default_factory=list)
    result: JobResult | None = None
    failed: str = ""
    hint: str = ""
    cancelled: bool = False
    seconds: float | None = None
    origin: float = field(default_factory=time.monotonic)

    @property
    def begun(self) -> bool:
        """Tell whether it is a run that began, rather than a plan or a job that was never reached."""
        return self.began is not None

    def follow(self, event: Event) -> None:  # noqa: C901 - one line for each kind of event
        """Take note of an event."""
        if isinstance(event, events.JobStarted):
            self.source, self.target, self.run_id = event.source, event.target, event.run_id
            self.began, self.origin = event.began, time.monotonic()
        elif isinstance(event, events.StageStarted):
            self.stage = event.stage
        elif isinstance(event, events.Planned):
            self.plan = event.plan if isinstance(event.plan, Plan) else None
        elif isinstance(event, events.TableStarted):
            self.started.add(event.table)
        elif isinstance(event, events.TableProgress):
            self.copied[event.table] = TableResult(event.table, event.rows, event.bytes, 0.0)
        elif isinstance(event, events.TableCopied):
            self.copied[event.result.table] = event.result
        elif isinstance(event, events.TableKept):
            self.kept.append(event.table)
        elif isinstance(event, events.Worked):
            self.spans.append(event.span)
        elif isinstance(event, events.Warned):
            self.warnings.append(event.warning)
        elif isinstance(event, events.JobFinished):
            self.result, self.seconds = event.result, event.result.seconds
        elif isinstance(event, events.JobFailed):
            self.fail(event.message.removesuffix(event.hint).rstrip() or event.message, event.hint)
            self.cancelled, self.seconds = event.code == CancelledError().code, time.monotonic() - self.origin

    def fail(self, sentence: str, hint: str) -> None:
        """Say why it ended without effect."""
        self.failed, self.hint = sentence, hint


class Collector:
    """Keeps the course of every job of a run; an observer, to be called by one thread at a time."""

    def __init__(self) -> None:
        self._jobs: tuple[str, ...] = ()
        self._courses: dict[tuple[str, str], Course] = {}

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        self._course(event.job, event.to).follow(event)

    def expect(self, jobs: Iterable[str]) -> None:
        """Know which jobs will run: of what never began is told, too."""
        self._jobs = tuple(jobs)

    def planned(self, job: str, plans: Iterable[Plan]) -> None:
        """Take note of the plans of a job that is only planned."""
        plans = tuple(plans)
        for plan in plans:
            course = self._course(job, plan.target.label if len(plans) > 1 else "")
            course.plan = plan
            course.source, course.target = (f"{end.label} schema {end.schema}" for end in (plan.source, plan.target))
            course.warnings += [WarningResult(each.topic.value, each.subject, each.message) for each in plan.notices]

    def failed(self, job: str, error: XcopyError, to: str = "") -> None:
        """Take note of an error that no event told of."""
        self._course(job, to).fail(error.sentence, error.hint)

    @property
    def courses(self) -> tuple[Course, ...]:
        """All courses, in the order of the jobs."""
        order = {name: number for number, name in enumerate(self._jobs)}
        begun = {course.job for course in self._courses.values()}
        courses = [*self._courses.values(), *(Course(name) for name in self._jobs if name not in begun)]
        return tuple(sorted(courses, key=lambda each: order.get(each.job, len(order))))

    def _course(self, job: str, to: str) -> Course:
        return self._courses.setdefault((job, to), Course(job, to))
