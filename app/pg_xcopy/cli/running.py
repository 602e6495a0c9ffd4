"""Runs jobs one after the other, shows them to whoever watches, and sums up."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from pg_xcopy import api
from pg_xcopy.cli.failing import may_color, say_causes, say_error
from pg_xcopy.cli.signals import StoppedBySignal, signals_raise
from pg_xcopy.errors import PartlyDoneError, TargetsFailedError, XcopyError
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.events import Event, Observer, Stage, StageStarted, TableKept, all_of, ignore
from pg_xcopy.observe.lines import Lines, Loudness
from pg_xcopy.results import JobResult

if TYPE_CHECKING:
    from pg_xcopy.observe.audit import AuditLog

_EFFECTS = {
    Stage.CLEAN: "the new schema is in place, the next run drops the old",
    Stage.COMMIT: "its COMMIT was under way: either all of its rows are in, or none",
    Stage.ANALYZE: "its rows are in, their statistics may not be",
}
"""What a run leaves behind that is stopped in a stage; in all others, the target as it was."""

DONE_WITH_WARNINGS = 3
FAILED = 1


@dataclass(frozen=True)
class Manner:
    """How to run: what to print, and what counts as success."""

    as_json: bool
    verbose: bool
    quiet: bool
    fail_on_warnings: bool
    audit_log: str | None = None

    @property
    def loudness(self) -> Loudness:
        """How much to tell while it runs."""
        return Loudness.QUIET if self.quiet else Loudness.VERBOSE if self.verbose else Loudness.NORMAL


def run_all(jobs: Sequence[Job], manner: Manner) -> int:
    """Run the jobs; a failed one does not keep the next from running. Return the exit code."""
    with signals_raise():
        jobs = api.read_secrets(jobs)
        api.refuse_clashes(jobs)
        with _audited(manner) as audit:
            outcomes = [(job, _outcome(job, manner, audit or ignore)) for job in jobs]
    results = [each for _, each in outcomes if isinstance(each, JobResult)]
    if manner.as_json:
        click.echo(json.dumps({"jobs": [_as_data(*each) for each in outcomes]}, indent=2, ensure_ascii=False))
    elif not manner.quiet:
        for _, outcome in outcomes:
            _show(outcome)
    if len(results) < len(outcomes):
        return FAILED
    warned = any(result.warnings for result in results) or (audit and not audit.complete)
    return DONE_WITH_WARNINGS if manner.fail_on_warnings and warned else 0


def _audited(manner: Manner) -> AbstractContextManager[AuditLog | None]:
    if manner.audit_log is None:
        return nullcontext()
    from pg_xcopy.observe.audit import AuditLog

    return AuditLog(manner.audit_log, warn=lambda text: click.echo(f"warning: {text}", err=True))


@contextmanager
def _effect_of_a_stop() -> Iterator[Callable[[Observer], Observer]]:
    """Have a signal that ends a run say what that leaves behind."""
    stages: dict[str, Stage] = {}
    kept: dict[str, list[str]] = defaultdict(list)

    def noting(observer: Observer) -> Observer:
        def observe(event: Event) -> None:
            if isinstance(event, StageStarted):
                stages[event.to] = event.stage
            elif isinstance(event, TableKept):
                kept[event.to].append(event.table)
            observer(event)

        return observe

    try:
        yield noting
    except StoppedBySignal as stop:
        effects = {to: _EFFECTS.get(stage, _unfinished(kept[to])) for to, stage in stages.items()}
        stop.effect = "; ".join(f"{to}: {effect}" if to else effect for to, effect in effects.items())
        raise


def _unfinished(kept: Sequence[str]) -> str:
    return f"of its tables only these are filled: {', '.join(kept)}" if kept else "the target is as it was"


def _outcome(job: Job, manner: Manner, audit: Observer) -> JobResult | XcopyError:
    try:
        # Live progress ends with its job, so that an error is not written into the middle of it.
        with _watching(manner) as observer, _effect_of_a_stop() as noting:
            return api.run_job(job, observer=noting(all_of(audit, observer)))
    except XcopyError as error:
        say_error(error)
        if manner.verbose:
            say_causes(error)
        return error


def _watching(manner: Manner) -> AbstractContextManager[Observer]:
    """Choose who watches: live progress on a terminal, plain lines elsewhere."""
    live = sys.stderr.isatty() and not (manner.quiet or manner.verbose or os.environ.get("CI"))
    if live and os.environ.get("TERM") != "dumb":
        from pg_xcopy.observe.live import Live

        return Live()
    return nullcontext(Lines(lambda line: click.echo(line, err=True), manner.loudness))


def _show(outcome: JobResult | XcopyError) -> None:
    """Show what was copied; where some targets failed, what the others took."""
    from pg_xcopy.observe.tables import result_table

    result = outcome.result if isinstance(outcome, TargetsFailedError) else outcome
    if isinstance(result, JobResult) and (result.tables or result is outcome):
        only = ", ".join(dict.fromkeys(each.target for each in result.tables)) if result is not outcome else ""
        click.echo(result_table(result, only=only, color=sys.stdout.isatty() and may_color()))


def _as_data(job: Job, outcome: JobResult | XcopyError) -> dict[str, Any]:
    if isinstance(outcome, XcopyError):
        failed = {"job": job.name, "status": "failed", "error": _error(outcome)}
        if isinstance(outcome, TargetsFailedError):
            errors = {target: _error(error) for target, error in outcome.failures.items()}
            return {**outcome.result.as_data(), **failed, "failures": errors}
        return failed
    return outcome.as_data()


def _error(error: XcopyError) -> dict[str, Any]:
    said = {"type": type(error).__name__, "message": str(error)}
    return {**said, "done": [asdict(each) for each in error.done]} if isinstance(error, PartlyDoneError) else said
