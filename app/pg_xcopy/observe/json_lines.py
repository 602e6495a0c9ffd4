"""A line of JSON for each event, and for what became of each table: for logs that machines search."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from msgspec.structs import asdict

from pg_xcopy.observe.audit import audit_text
from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Planned,
    TableCopied,
    TableKept,
    TableProgress,
    TableStarted,
    Warned,
    Worked,
    title,
)
from pg_xcopy.observe.lines import PROGRESS_SECONDS
from pg_xcopy.observe.log import line_of
from pg_xcopy.observe.spans import Span
from pg_xcopy.observe.summary import time_text
from pg_xcopy.observe.verdicts import Outcome, Verdict, Verdicts
from pg_xcopy.results import TableResult

MICROSECONDS = 6
"""Digits of seconds: more are noise in a log."""

_LEVELS = {Warned: "WARN", JobFailed: "ERROR", TableStarted: "DEBUG", TableKept: "DEBUG", Worked: "DEBUG"}
_SEVERITY = ("DEBUG", "INFO", "WARN", "ERROR")
_OUTCOMES = {Outcome.DONE: "INFO", Outcome.WARNED: "WARN", Outcome.FAILED: "ERROR"}


class JsonLines:
    """Writes events as JSON, each in a line that ASCII can hold and no name can break; an observer.

    `always` is in each of them. Those below `level` are left out: DEBUG, INFO, WARN or ERROR. The progress of a long
    table is only told now and then. `close` says of jobs that came to no end that they did not.
    """

    def __init__(
        self, write: Callable[[str], object], always: Mapping[str, Any] | None = None, *, level: str = "INFO"
    ) -> None:
        self._write, self._always, self._least = write, dict(always or {}), _SEVERITY.index(level)
        self._told: dict[tuple[str, str, str], float] = {}
        self._runs: dict[str, str] = {}
        self._verdicts = Verdicts(self._judged)

    def __call__(self, event: Event) -> None:
        """Tell an event, if it is worth it; at a job's end also what became of its tables."""
        if isinstance(event, JobStarted):
            self._runs[title(event)] = event.run_id
        if self._is_worth_it(event):
            told = {**_data(event), "run_id": self._runs.get(title(event)), "message": line_of(event)}
            self.line(_LEVELS.get(type(event), "INFO"), _name(event), told)
        self._verdicts(event)

    def close(self) -> None:
        """Say what became of the tables of jobs that have no end."""
        self._verdicts.close()

    def line(self, level: str, name: str, data: Mapping[str, Any]) -> None:
        """Write one line of this level, about something that may be no event; what is empty is left out of it."""
        if _SEVERITY.index(level) < self._least:
            return
        now = time_text(datetime.now(timezone.utc))
        told = {key: _plain(value) for key, value in data.items() if value not in ("", None)}
        self._write(json.dumps({"timestamp": now, "level": level, **self._always, "event": name, **told}) + "\n")

    def _is_worth_it(self, event: Event) -> bool:
        if not isinstance(event, TableProgress):
            return True
        now = time.monotonic()
        table = (event.job, event.to, event.table)
        if now - self._told.setdefault(table, now) < PROGRESS_SECONDS:
            return False
        self._told[table] = now
        return True

    def _judged(self, verdict: Verdict) -> None:
        where = {"job": verdict.job, "run_id": verdict.run_id, "target": verdict.target}
        told = {"cause": verdict.cause, "message": audit_text(verdict)}
        data = {"outcome": verdict.outcome.value, **where, **_figures(verdict.result), **told}
        self.line(_OUTCOMES[verdict.outcome], "audit", data)


def _name(event: Event) -> str:
    """Write the name of an event's class as logs do: table_copied."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()


def _figures(result: TableResult) -> dict[str, Any]:
    figures = {key: value for key, value in asdict(result).items() if key != "target"}
    return {**figures, **_speed(result.bytes, result.seconds)}


def _speed(size: int, seconds: float) -> dict[str, Any]:
    return {"bytes_per_second": round(size / seconds)} if size and seconds else {}


def _data(event: Event) -> dict[str, Any]:
    """Lay out the fields of an event side by side; of lists, only how long they are: each entry has its own line."""
    where = {"job": event.job, "to": event.to}
    if isinstance(event, TableCopied):
        return {**where, **_figures(event.result)}
    if isinstance(event, Warned):
        warning = event.warning
        return {**where, "topic": warning.topic, "subject": warning.subject, "reason": warning.message}
    if isinstance(event, JobFinished):
        result = event.result
        counts = {"tables": len(result.tables), "warnings": len(result.warnings)}
        figures = {"rows": result.rows, "bytes": result.bytes, "seconds": result.seconds}
        return {**where, **counts, **figures, **_speed(result.bytes, result.seconds)}
    if isinstance(event, JobFailed):
        return {**asdict(event), "reason": event.message.removesuffix(event.hint).strip()}
    if isinstance(event, Planned):
        return {**where, "tables": len(event.tables), "rows": sum(each.rows for each in event.tables)}
    return {**where, **_worked(event.span)} if isinstance(event, Worked) else asdict(event)


def _worked(span: Span) -> dict[str, Any]:
    return {**asdict(span), **_speed(span.bytes, span.seconds)}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return round(value, MICROSECONDS)
    return time_text(value) if isinstance(value, datetime) else value
