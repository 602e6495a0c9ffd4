"""A line of JSON for each event, and for what became of each table: for logs that machines search."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from pg_xcopy.observe.audit import audit_text
from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Planned,
    StageStarted,
    StepDone,
    TableCopied,
    TableProgress,
    TableStarted,
    Warned,
)
from pg_xcopy.observe.lines import PROGRESS_SECONDS
from pg_xcopy.observe.log import line_of
from pg_xcopy.observe.verdicts import Outcome, Verdict, Verdicts

_NAMES = {
    JobStarted: "job_started",
    StageStarted: "stage_started",
    Planned: "planned",
    TableStarted: "table_started",
    TableProgress: "table_progress",
    TableCopied: "table_copied",
    StepDone: "step_done",
    Warned: "warned",
    JobFinished: "job_finished",
    JobFailed: "job_failed",
}
_LEVELS = {Warned: "WARN", JobFailed: "ERROR", TableStarted: "DEBUG", StepDone: "DEBUG"}
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
        self._told: dict[tuple[str, str], float] = {}
        self._verdicts = Verdicts(self._judged)

    def __call__(self, event: Event) -> None:
        """Tell an event, if it is worth it; at a job's end also what became of its tables."""
        if self._is_worth_it(event):
            level = _LEVELS.get(type(event), "INFO")
            self._line(level, _NAMES[type(event)], {**_data(event), "message": line_of(event)})
        self._verdicts(event)

    def close(self) -> None:
        """Say what became of the tables of jobs that have no end."""
        self._verdicts.close()

    def _is_worth_it(self, event: Event) -> bool:
        if not isinstance(event, TableProgress):
            return self._verbose or _LEVELS.get(type(event)) != "DEBUG"
        now = time.monotonic()
        if now - self._told.setdefault((event.job, event.table), now) < PROGRESS_SECONDS:
            return False
        self._told[event.job, event.table] = now
        return True

    def _judged(self, verdict: Verdict) -> None:
        data = {**asdict(verdict), "outcome": verdict.outcome.value, "message": audit_text(verdict)}
        del data["at"]
        self._line(_OUTCOMES[verdict.outcome], "audit", data)

    def _line(self, level: str, name: str, data: Mapping[str, Any]) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {key: value for key, value in data.items() if value != ""}
        self._write(json.dumps({"timestamp": now, "level": level, **self._always, "event": name, **told}) + "\n")


def _data(event: Event) -> dict[str, Any]:
    """Lay out the fields of an event side by side; of lists, only how long they are: each entry has its own line."""
    if isinstance(event, TableCopied):
        return {"job": event.job, **asdict(event.result)}
    if isinstance(event, Warned):
        warning = event.warning
        return {"job": event.job, "topic": warning.topic, "subject": warning.subject, "reason": warning.message}
    if isinstance(event, JobFinished):
        result = event.result
        counts = {"tables": len(result.tables), "warnings": len(result.warnings)}
        figures = {"rows": result.rows, "bytes": result.bytes, "seconds": result.seconds}
        return {"job": event.job, "run_id": result.run_id, **counts, **figures}
    if isinstance(event, Planned):
        return {"job": event.job, "tables": len(event.tables), "rows": sum(each.rows for each in event.tables)}
    return {**asdict(event), "stage": event.stage.value} if isinstance(event, StageStarted) else asdict(event)
