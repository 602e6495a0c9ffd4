"""Who is told at the end of a run what it did, as the options say: files, a gateway."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from pg_xcopy.cli.manner import Manner
from pg_xcopy.errors import MissingExtraError, UsageError
from pg_xcopy.observe.events import Observer, ignore
from pg_xcopy.observe.files import write_atomically
from pg_xcopy.observe.summary import RunSummary

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HTTP = "http/protobuf"
NOT_INSTALLED = "what that needs is not installed; run pip install 'pg-xcopy[otel]', or set OTEL_SDK_DISABLED=true"


class Export(Struct, frozen=True):
    """One of them: `tell` raises OSError, or returns what is to be known of it; `failing` says what fails then.

    `observer` is what it needs to see meanwhile.
    """

    topic: str
    where: str
    failing: str
    tell: Callable[[RunSummary], str]
    observer: Observer = ignore

    def problem(self, run: RunSummary) -> str:
        """Tell it; return what went wrong, in a sentence, and nothing if all is well. It breaks no run."""
        try:
            return self.tell(run)
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
        except Exception as error:  # noqa: BLE001 - whatever it is, the jobs are done; its text may quote a secret
            reason = f"unexpected {type(error).__name__}"
        return f"{self.failing} {self.where}: {reason}"


def exports_of(manner: Manner) -> tuple[Export, ...]:
    """Make ready to tell them; raises MissingExtraError and UsageError, so that nothing is run in vain."""
    return tuple(_exports(manner))


def _exports(manner: Manner) -> Iterator[Export]:
    """Give the summary last: it says what the others could not do."""
    yield from _metrics(manner)
    yield from _traces(os.environ)
    if summary := manner.summary:
        failing = "the summary can't be written to"
        yield Export("summary", summary, failing, lambda run: _write_summary(summary, run))


def _metrics(manner: Manner) -> Iterator[Export]:
    if manner.metrics_textfile or manner.pushgateway:
        try:
            from pg_xcopy.observe.prometheus import Gateway, write_textfile
        except ImportError as error:
            raise MissingExtraError("metrics for Prometheus are asked for", "metrics") from error
        if path := manner.metrics_textfile:
            failing = "the metrics can't be written to"
            yield Export("metrics", path, failing, lambda run: write_textfile(path, run))
        if manner.pushgateway:
            try:
                gateway = Gateway.at(manner.pushgateway)
            except ValueError as error:
                raise UsageError(
                    "--pushgateway is no URL of a Pushgateway.", "Write it like http://host:9091, without a query."
                ) from error
            yield Export("pushgateway", gateway.address, "the metrics can't be pushed to", gateway.push)


def _traces(environment: Mapping[str, str]) -> Iterator[Export]:
    """Send traces where OpenTelemetry's environment variables ask for them; what they lack is a warning."""
    asking = next((name for name in ENDPOINTS if environment.get(name)), "")
    off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    if not asking or off:
        return
    protocol = next((environment[name] for name in PROTOCOLS if environment.get(name)), HTTP)
    if protocol != HTTP:
        unspoken = f"{asking} asks for traces by {protocol}: pg-xcopy sends {HTTP} only, mostly to port 4318"
        yield Export("traces", asking, "", lambda _: unspoken)
        return
    try:
        from pg_xcopy.observe.traces import Traces
    except ImportError:
        yield Export("traces", asking, "", lambda _: f"{asking} asks for traces: {NOT_INSTALLED}")
        return
    traces = Traces(environment)
    yield Export("traces", traces.address, "the traces can't be sent to", traces.send, traces)


def _write_summary(path: str, run: RunSummary) -> str:
    write_atomically(path, json.dumps(run.as_data(), indent=2, ensure_ascii=False) + "\n")
    return ""
