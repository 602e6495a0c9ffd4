"""A run as a trace: a span for the run, each job, each table, and each piece of work. Needs the extra `otel`.

Everything that OpenTelemetry's environment variables say about endpoints, headers, resources and samplers holds.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from msgspec import Struct, field
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pg_xcopy.observe.events import Event, JobFailed, JobFinished, JobStarted, Warned, Worked, title
from pg_xcopy.observe.spans import Span
from pg_xcopy.observe.summary import DONE, RunSummary

PATIENCE = 5.0
"""Seconds that a collector has for each batch, unless the environment says otherwise: a stopped run has little time."""

BATCH = 500
"""Spans sent at a time."""

_NANO = 1_000_000_000
_Attributes = Mapping[str, str | int | float | bool]


class _Course(Struct):
    """What was seen of a job, or of that of one of its targets."""

    began: JobStarted
    spans: list[Span] = field(default_factory=list)
    warnings: list[tuple[int, Warned]] = field(default_factory=list)
    end: JobFinished | JobFailed | None = None
    ended: int = 0

    def at(self, seconds: float) -> int:
        """Tell the time, in nanoseconds of Unix time, of a moment on the run's clock."""
        return int(self.began.began.timestamp() * _NANO) + int(seconds * _NANO)


class Traces:
    """Keeps what it sees, which can't fail, and makes spans of it when all is over; an observer."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._courses: list[_Course] = []
        self._open: dict[str, _Course] = {}

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, JobStarted):
            self._open[title(event)] = course = _Course(event)
            self._courses.append(course)
        elif course_of := self._open.get(title(event)):
            if isinstance(event, Worked):
                course_of.spans.append(event.span)
            elif isinstance(event, Warned):
                course_of.warnings.append((time.time_ns(), event))
            elif isinstance(event, JobFinished | JobFailed):
                course_of.end, course_of.ended = event, time.time_ns()

    @property
    def address(self) -> str:
        """Where they are sent, without what may be secret in it."""
        given = self._environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        parts = urlsplit(given or f"{self._environment.get('OTEL_EXPORTER_OTLP_ENDPOINT', '').rstrip('/')}/v1/traces")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def send(self, run: RunSummary) -> str:
        """Send the trace of a run; raises OSError if it can't be. Return what else is to be known: nothing."""
        kept = _Kept()
        provider = TracerProvider(resource=_resource(run, self._environment), shutdown_on_exit=False)
        provider.add_span_processor(kept)
        self._draw(provider.get_tracer("pg_xcopy", run.version), run)
        patience = None if _waits(self._environment) else PATIENCE
        with _quiet():
            exporter = OTLPSpanExporter(timeout=patience)
            try:
                for start in range(0, len(kept.spans), BATCH):
                    if exporter.export(kept.spans[start : start + BATCH]) is not SpanExportResult.SUCCESS:
                        raise OSError(0, "the collector is not there, or takes none")
            finally:
                exporter.shutdown()  # type: ignore[no-untyped-call]  # it says not what it returns
        return ""

    def _draw(self, tracer: Tracer, run: RunSummary) -> None:
        parent = TraceContextTextMapPropagator().extract(
            {name: self._environment.get(name.upper(), "") for name in ("traceparent", "tracestate")}
        )
        started = int(run.started.timestamp() * _NANO)
        told: dict[str, str | int] = {"pg_xcopy.outcome": run.outcome, "pg_xcopy.exit_code": run.exit_code}
        whole = tracer.start_span("pg-xcopy run", context=parent, start_time=started, attributes=told)
        for course in self._courses:
            _draw_job(tracer, whole, course)
        if run.error:
            _fails(whole, run.error.code, run.error.message)
        elif any(each.status != DONE for each in run.jobs):
            _fails(whole, "jobs_failed", "not all jobs are done")
        whole.end(started + int(run.seconds * _NANO))


def _draw_job(tracer: Tracer, parent: OtelSpan, course: _Course) -> None:
    began, end = course.began, course.end
    told: dict[str, str | int] = {
        "db.system.name": "postgresql",
        "pg_xcopy.job": began.job,
        "pg_xcopy.run_id": began.run_id,
        "pg_xcopy.source": began.source,
        "pg_xcopy.target": began.target,
    }
    if isinstance(end, JobFinished):
        told |= {"pg_xcopy.rows": end.result.rows, "pg_xcopy.bytes": end.result.bytes}
    job = _child(tracer, parent, f"job {title(began)}", course.at(0), told)
    for at, warned in course.warnings:
        warning = warned.warning
        about = {"topic": warning.topic, "subject": warning.subject, "reason": warning.message}
        job.add_event("warning", {f"pg_xcopy.{key}": _text(value) for key, value in about.items()}, at)
    for table in dict.fromkeys(each.table for each in course.spans):
        own = [each for each in course.spans if each.table == table]
        _draw_all(tracer, _table(tracer, job, table, own, course) if table else job, own, course)
    if isinstance(end, JobFailed):
        _fails(job, end.code, end.message)
    job.end(course.ended or course.at(max((each.ended for each in course.spans), default=0.0)))


def _table(tracer: Tracer, job: OtelSpan, table: str, own: Sequence[Span], course: _Course) -> OtelSpan:
    """Make a table's span, from the first that was done to it to the last; it is ended here, as its time is known."""
    figures = {"pg_xcopy.rows": sum(each.rows for each in own), "pg_xcopy.bytes": sum(each.bytes for each in own)}
    start = course.at(min(each.started for each in own))
    span = _child(tracer, job, f"table {table}", start, {"pg_xcopy.table": table, **figures})
    span.end(course.at(max(each.ended for each in own)))
    return span


def _draw_all(tracer: Tracer, parent: OtelSpan, works: Iterable[Span], course: _Course) -> None:
    for each in works:
        told: dict[str, str | int] = {
            "pg_xcopy.phase": each.phase.value,
            "pg_xcopy.doing": each.doing,
            "pg_xcopy.worker": each.worker,
        }
        if each.table:
            told["pg_xcopy.table"] = each.table
        if each.rows or each.bytes:
            told |= {"pg_xcopy.rows": each.rows, "pg_xcopy.bytes": each.bytes}
        span = _child(tracer, parent, each.phase.value, course.at(each.started), told)
        if each.failed:
            _fails(span, "", each.doing)
        span.end(course.at(each.ended))


def _child(tracer: Tracer, parent: OtelSpan, name: str, start: int, told: _Attributes) -> OtelSpan:
    attributes = {key: _text(value) if isinstance(value, str) else value for key, value in told.items()}
    return tracer.start_span(_text(name), set_span_in_context(parent), start_time=start, attributes=attributes)


def _fails(span: OtelSpan, code: str, why: str) -> None:
    span.set_status(Status(StatusCode.ERROR, _text(why)))
    if code:
        span.set_attribute("error.type", code)


def _text(text: str) -> str:
    """Give what UTF-8 can hold of a name."""
    return text.encode(errors="replace").decode()


def _resource(run: RunSummary, environment: Mapping[str, str]) -> Resource:
    """Say who we are, unless the environment does."""
    named = environment.get("OTEL_SERVICE_NAME") or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({"service.version": run.version, **({} if named else {"service.name": "pg-xcopy"})})


def _waits(environment: Mapping[str, str]) -> bool:
    names = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
    return any(environment.get(name) for name in names)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter logs, its address included, from standard error: what is wrong is said as a warning."""
    logger = logging.getLogger("opentelemetry")
    before = logger.disabled, logger.propagate, logger.handlers
    logger.propagate, logger.handlers = False, [logging.NullHandler()]
    try:
        yield
    finally:
        logger.disabled, logger.propagate, logger.handlers = before


class _Kept(SpanProcessor):
    """Keeps the spans that are sampled: a queue that drops what comes too fast would lose most of a large job."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            self.spans.append(span)
