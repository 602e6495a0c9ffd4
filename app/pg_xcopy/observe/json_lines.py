"""A line of JSON for each event, and for what became of each table: for logs that machines search."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from enum import Enum
from typing import Any

from pg_xcopy.observe.audit import audit_text
from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    Planned,
    TableCopied,
    TableKept,
    TableProgress,
    TableStarted,
    Warned,
    Worked,
)
from pg_xcopy.observe.lines import PROGRESS_SECONDS
from pg_xcopy.observe.log import line_of
from pg_xcopy.observe.verdicts import Outcome, Verdict, Verdicts
from pg_xcopy.results import TableResult

_LEVELS = {Warned: "WARN", JobFailed: "ERROR", TableStarted: "DEBUG", TableKept: "DEBUG", Worked: "DEBUG"}
_OUTCOMES = {Outcome.DONE: "INFO", Outcome.WARNED: "WARN", Outcome.FAILED: "ERROR"}


class JsonLines:
    """Writes events as JSON, each in a line that ASCII can hold and no name can break; an observer.

    `always` is in each of them. Those of level DEBUG are only written if `verbose`, the progress of a long table only
    now and then. `close` says of jobs that came to no end that they did not.
    """

    def __init__(
        self, write: Callable[[str], object], always: Mapping[str, Any] | None = None, *, verbose: bool = False
    ) -> None:
        self._write, self._always, self._verbose = write, dict(always or {}), verbose
        self._told: dict[tuple[str, str, str], float] = {}
        self._verdicts = Verdicts(self._judged)

    def __call__(self, event: Event) -> None:
        """Tell an event, if it is worth it; at a job's end also what became of its tables."""
        if self._is_worth_it(event):
            level = _LEVELS.get(type(event), "INFO")
            self._line(level, _name(event), {**_data(event), "message": line_of(event)})
        self._verdicts(event)

    def close(self) -> None:
        """Say what became of the tables of jobs that have no end."""
        self._verdicts.close()

    def _is_worth_it(self, event: Event) -> bool:
        if not isinstance(event, TableProgress):
            return self._verbose or _LEVELS.get(type(event)) != "DEBUG"
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
        self._line(_OUTCOMES[verdict.outcome], "audit", data)

    def _line(self, level: str, name: str, data: Mapping[str, Any]) -> None:
        now = _time_text(datetime.now(timezone.utc))
        told = {key: value for key, value in data.items() if value not in ("", None)}
        self._write(json.dumps({"timestamp": now, "level": level, **self._always, "event": name, **told}) + "\n")


def _name(event: Event) -> str:
    """Write the name of an event's class as logs do: table_copied."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()


def _figures(result: TableResult) -> dict[str, Any]:
    return {key: value for key, value in asdict(result).items() if key != "target"}


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
        return {**where, "run_id": result.run_id, **counts, **figures}
    if isinstance(event, Planned):
        return {**where, "tables": len(event.tables), "rows": sum(each.rows for each in event.tables)}
    fields = {**where, **asdict(event.span)} if isinstance(event, Worked) else asdict(event)
    return {key: _plain(value) for key, value in fields.items()}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return _time_text(value) if isinstance(value, datetime) else value


def _time_text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
