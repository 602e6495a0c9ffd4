"""What happens becomes events, and what is lost becomes warnings, or in a strict job a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct, field
from msgspec.structs import replace

from pg_xcopy.errors import DatabaseError, StrictError, XcopyError
from pg_xcopy.observe.events import Event, Observer, Planned, Stage, StageStarted, TableEstimate, Warned, Worked
from pg_xcopy.observe.spans import Clock, Phase, Span
from pg_xcopy.planning.plan import LOSSES, Notice, Plan, ReplacePlan, Step, Topic
from pg_xcopy.planning.schemas import without_staging
from pg_xcopy.results import WarningResult

_WHY = {
    "23503": "rows refer to others that were not copied, or that a transform changed",
    "23505": "the copied values are not unique",
    "23502": "a copied value is NULL",
    "23514": "a copied row does not fulfil it",
    "23P01": "copied rows exclude each other",
    "42830": "the key that it refers to is not there",
}
"""Why a constraint can't hold, by SQLSTATE; the server's own message would name it by its staging schema."""


class Moved(Struct):
    """What a piece of work has copied."""

    rows: int = 0
    bytes: int = 0


class Reporter(Struct, frozen=True):
    """Speaks for one job, or for that of one of its targets: `to`; shared by threads as far as its observer may be.

    `worker`, `phase` and `table` are those of the work that it is told of; the others are what all workers share.
    """

    job: str
    observer: Observer
    to: str = ""
    warnings: list[WarningResult] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock.start)
    worker: int = 0
    phase: Phase = Phase.CONNECT
    table: str = ""

    def of(self, worker: int) -> Reporter:
        """Speak for one of the crew."""
        return replace(self, worker=worker)

    def during(self, phase: Phase, table: object = "") -> Reporter:
        """Speak of work of this kind, on this table."""
        return replace(self, phase=phase, table=str(table))

    @contextmanager
    def working(self, doing: str) -> Iterator[Moved]:
        """Say how long the work within took, whatever comes of it; who copies says how much."""
        started, moved, failed = self.clock.seconds(), Moved(), True
        try:
            yield moved
            failed = False
        finally:
            seconds = self.clock.seconds() - started
            figures = (moved.rows, moved.bytes, failed)
            self.tell(
                Worked(self.job, Span(self.phase, self.table, doing, self.worker, started, seconds, *figures), self.to)
            )

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        self.observer(event)

    def stage(self, stage: Stage) -> None:
        """Say that a stage begins."""
        self.tell(StageStarted(self.job, stage, self.to))

    def announce(self, plan: Plan) -> None:
        """Say what will be copied, and what is to be known of it."""
        estimates = (TableEstimate(str(each.source), each.estimated_rows, each.estimated_bytes) for each in plan.copies)
        self.tell(Planned(self.job, tuple(estimates), self.to, plan))
        for notice in plan.notices:
            self.notice(notice)

    def notice(self, notice: Notice) -> None:
        """Turn a notice into a warning."""
        self.warn(notice.topic, notice.subject, notice.message)

    def warn(self, topic: Topic, subject: str, message: str) -> None:
        """Keep a warning for the result and tell it."""
        warning = WarningResult(topic.value, subject, message, self.to)
        self.warnings.append(warning)
        self.tell(Warned(self.job, warning, self.to))

    def lost(self, step: Step, error: DatabaseError) -> None:
        """Turn the failure of a best-effort step into a warning."""
        assert step.topic is not None  # noqa: S101 - only steps with a topic are best-effort  # nosec B101
        reason = _WHY.get(error.sqlstate) or without_staging(error.reason)
        self.warn(step.topic, step.subject, f"{step.what}: {reason}" if step.what else reason)

    def unclean(self, schema: str, error: XcopyError) -> None:
        """Say that a schema of ours could not be dropped, and why."""
        self.warn(Topic.LEFTOVER, schema, f"it could not be dropped ({error.sentence}); the next run does it")

    def enforce(self, plan: ReplacePlan) -> None:
        """Raise StrictError if the job is strict and something was lost."""
        topics = {topic.value for topic in LOSSES}
        losses = tuple(str(each) for each in self.warnings if each.topic in topics)
        if plan.strict and losses:
            raise StrictError(plan.job, losses)
