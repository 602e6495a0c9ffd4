"""What is said on stderr while jobs run: lines or live progress for people, lines of JSON for machines."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import click

from pg_xcopy.cli.failing import exit_code_of, say_causes, say_error
from pg_xcopy.cli.manner import Manner
from pg_xcopy.cli.signals import StoppedBySignal
from pg_xcopy.errors import XcopyError, sqlstate_of
from pg_xcopy.observe.events import Event, JobFailed, Observer
from pg_xcopy.observe.json_lines import JsonLines
from pg_xcopy.observe.lines import Lines, Loudness
from pg_xcopy.observe.summary import RunSummary
from pg_xcopy.results import WarningResult

LEVELS = {Loudness.QUIET: "WARN", Loudness.NORMAL: "INFO", Loudness.VERBOSE: "DEBUG"}
ENDINGS = {"done": "INFO", "done with warnings": "WARN"}


class Talk(Protocol):
    """Says things while jobs run."""

    def watching(self) -> AbstractContextManager[Observer]:
        """Give who watches a job; it ends with it, so that an error is not written into the middle of it."""

    def warn(self, warning: WarningResult) -> None:
        """Say what an observer could not do, which is about no job."""

    def failed(self, job: str, error: XcopyError) -> None:
        """Say why a job failed."""

    def broken(self, error: BaseException) -> None:
        """Say what ended the whole run before its time, unless whoever catches it does."""

    def ended(self, summary: RunSummary) -> None:
        """Say how all of it ended."""


def talk_of(manner: Manner) -> Talk:
    """Choose how to talk."""
    return JsonTalk(manner) if manner.for_machines else PlainTalk(manner)


class PlainTalk:
    """Talks to people."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner

    def watching(self) -> AbstractContextManager[Observer]:
        """Choose who watches: live progress on a terminal, plain lines elsewhere."""
        manner = self._manner
        live = sys.stderr.isatty() and not (manner.quiet or manner.verbose or os.environ.get("CI"))
        if live and os.environ.get("TERM") != "dumb":
            from pg_xcopy.observe.live import Live

            return Live()
        return nullcontext(Lines(lambda line: click.echo(line, err=True), manner.loudness))

    def warn(self, warning: WarningResult) -> None:
        """Say it in a line."""
        click.echo(f"warning: {warning.message}", err=True)

    def failed(self, job: str, error: XcopyError) -> None:  # noqa: ARG002 - the error names it
        """Say the error's sentence and hint, and what led to it where that is wanted."""
        say_error(error)
        if self._manner.verbose:
            say_causes(error)

    def broken(self, error: BaseException) -> None:
        """Leave it to the one place where all errors end."""

    def ended(self, summary: RunSummary) -> None:
        """Leave it to the table on standard output."""


class JsonTalk:
    """Talks to machines: everything is a line of JSON. One that can't be written breaks no job."""

    def __init__(self, manner: Manner) -> None:
        self._lines = JsonLines(self._write, level=LEVELS[manner.loudness])
        self._failed: set[str] = set()

    def watching(self) -> AbstractContextManager[Observer]:
        """Have one observer watch all jobs, beside a look at which of them have failed."""
        return nullcontext(self._observe)

    def warn(self, warning: WarningResult) -> None:
        """Say it as warnings of a job are said."""
        data = {"topic": warning.topic, "subject": warning.subject, "reason": warning.message}
        self._lines.line("WARN", "warned", {**data, "message": f"warning: {warning.message}"})

    def failed(self, job: str, error: XcopyError) -> None:
        """Say what no event has said."""
        if job not in self._failed:
            self._error(error, {"job": job})

    def broken(self, error: BaseException) -> None:
        """Say it here: what people are told is no JSON."""
        self._lines.close()
        self._error(error, {})

    def ended(self, summary: RunSummary) -> None:
        """Say how all of it ended, in one line from which an alert can be made."""
        data = summary.as_data()
        states = [each.status for each in summary.jobs]
        told = {key: data[key] for key in ("outcome", "exit_code", "version", "started", "seconds", "rows", "bytes")}
        counts = {"jobs": len(states), "failed": len(states) - states.count("done")}
        message = f"{summary.outcome}: {states.count('done')} of {len(states)} jobs done, exit code {summary.exit_code}"
        warnings = len(summary.all_warnings)
        level = ENDINGS.get(summary.outcome, "ERROR")
        self._lines.line(level, "run_finished", {**told, **counts, "warnings": warnings, "message": message})

    def _observe(self, event: Event) -> None:
        if isinstance(event, JobFailed):
            self._failed.add(event.job)
        self._lines(event)

    def _error(self, error: BaseException, about: dict[str, str]) -> None:
        self._lines.line("ERROR", "error", {**about, **_told(error), "exit_code": exit_code_of(error)})

    @staticmethod
    def _write(line: str) -> None:
        try:
            sys.stderr.write(line)
            sys.stderr.flush()
        except OSError:
            sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - nobody listens any more


def _told(error: BaseException) -> dict[str, str]:
    """Describe any error; of those that are not ours only the kind, as their texts may quote a secret."""
    if isinstance(error, XcopyError):
        reason = {"reason": error.sentence, "hint": error.hint}
        return {"code": error.code, "sqlstate": sqlstate_of(error), **reason, "message": f"error: {error}"}
    if isinstance(error, StoppedBySignal):
        return {"code": "stopped", "reason": error.effect, "message": f"stopped by {error.name}; {error.effect}"}
    return {"code": "unexpected", "message": f"unexpected {type(error).__name__}"}
