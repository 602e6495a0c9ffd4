"""Traces: nothing is lost of a large run, and what can't be text does no harm."""

from __future__ import annotations

from msgspec.structs import replace
from opentelemetry.sdk.trace.export import SpanExportResult
from samples import BEGAN, JOB, RUN

from pg_xcopy.observe import traces
from pg_xcopy.observe.events import Worked
from pg_xcopy.observe.spans import Phase, Span
from pg_xcopy.observe.summary import RunSummary

MANY = 5000


def sent(monkeypatch, events):
    batches = []

    class Exporter:
        def __init__(self, **_):
            pass

        def export(self, spans):
            batches.append(list(spans))
            return SpanExportResult.SUCCESS

        def shutdown(self):
            pass

    monkeypatch.setattr(traces, "OTLPSpanExporter", Exporter)
    observer = traces.Traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"})
    for event in events:
        observer(event)
    assert observer.send(RunSummary("1", 0, BEGAN, 60.0, ())) == ""
    assert all(len(batch) <= traces.BATCH for batch in batches)
    return [span for batch in batches for span in batch]


def test_thousands_of_spans_are_all_sent(monkeypatch):
    works = [Worked(JOB, Span(Phase.COPY, f"t{n}", "copying", 1, float(n), 0.5)) for n in range(MANY)]

    spans = sent(monkeypatch, [RUN[0], *works])

    assert len(spans) == 2 + 2 * MANY


def test_a_name_that_is_no_text(monkeypatch):
    strange = Worked(JOB, Span(Phase.COPY, "a\udc80", "copying a\udc80", 1, 0.0, 0.5, 1, 1))

    spans = sent(monkeypatch, [replace(RUN[0], source="\udc80"), strange])

    assert {"table a?", "copy"} <= {span.name for span in spans}


def test_events_of_no_job_that_was_begun_are_passed_over(monkeypatch):
    assert [span.name for span in sent(monkeypatch, RUN[1:])] == ["pg-xcopy run"]
