"""Runs jobs one after the other, shows them to whoever watches, and sums up."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from pg_xcopy import api
from pg_xcopy.cli.failing import may_color
from pg_xcopy.cli.manner import Manner
from pg_xcopy.cli.recording import Record, failure_of, recorded
from pg_xcopy.cli.reporting import reporting
from pg_xcopy.cli.signals import StoppedBySignal, signals_raise
from pg_xcopy.cli.talking import Talk, talk_of
from pg_xcopy.errors import TargetsFailedError, XcopyError
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.effects import effect_of
from pg_xcopy.observe.events import Event, Observer, Stage, StageStarted, TableKept, all_of, harmless, ignore
from pg_xcopy.observe.summary import FAILED, STOPPED, JobSummary, Notes, done, failed
from pg_xcopy.results import JobResult

if TYPE_CHECKING:
    from pg_xcopy.observe.audit import AuditLog


def run_all(choose: Callable[[], Sequence[Job]], manner: Manner) -> int:
    """Run the jobs that `choose` gives; a failed one does not keep the next from running. Return the exit code."""
    talk = talk_of(manner)
    record = Record(manner, talk)
    with signals_raise(), recorded(record, talk, manner) as telling:
        with reporting(manner.report, "run", lambda text: record.warn("report", str(manner.report), text)) as report:
            jobs = api.read_secrets(choose())
            report.expect(jobs)
            api.refuse_clashes(jobs)
            record.expect(tuple(job.name for job in jobs))
            with _audited(manner, record) as audit:
                reported = harmless(report.observer, lambda error: _broken("report", str(manner.report), record, error))
                observer = all_of(reported, audit or ignore, telling)
                outcomes = [_outcome(job, record, talk, observer) for job in jobs]
        if manner.as_json:
            data = {"jobs": [each.as_data() for each in record.jobs]}
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        elif not (manner.quiet or manner.for_machines):
            for outcome in outcomes:
                _show(outcome)
    return record.exit_code


def _broken(topic: str, where: str, record: Record, error: Exception) -> None:
    """Say that an observer failed; of its error only the kind, as its text may quote a secret."""
    record.warn(topic, where, f"the {topic} {where} is not complete: unexpected {type(error).__name__}")


def _audited(manner: Manner, record: Record) -> AbstractContextManager[AuditLog | None]:
    if manner.audit_log is None:
        return nullcontext()
    from pg_xcopy.observe.audit import AuditLog

    return AuditLog(manner.audit_log, warn=lambda text: record.warn("audit log", str(manner.audit_log), text))


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
        effects = {to: effect_of(stage, kept[to]) for to, stage in stages.items()}
        stop.effect = "; ".join(f"{to}: {effect}" if to else effect for to, effect in effects.items())
        raise


def _outcome(job: Job, record: Record, talk: Talk, audit: Observer) -> JobResult | XcopyError:
    started, origin, notes = datetime.now(timezone.utc), time.monotonic(), Notes()
    try:
        # Live progress ends with its job, so that an error is not written into the middle of it.
        with talk.watching() as observer, _effect_of_a_stop() as noting:
            result = api.run_job(job, observer=noting(all_of(audit, notes, observer)))
    except XcopyError as error:
        talk.failed(job.name, error)
        record.add(failed(job.name, error, notes, started, time.monotonic() - origin))
        return error
    except BaseException as error:
        ended = STOPPED if isinstance(error, StoppedBySignal) else FAILED
        seconds, why = time.monotonic() - origin, failure_of(error)
        record.add(JobSummary(job.name, ended, notes.run_id, started, seconds, (), tuple(notes.warnings), why))
        raise
    record.add(done(result, started))
    return result


def _show(outcome: JobResult | XcopyError) -> None:
    """Show what was copied; where some targets failed, what the others took."""
    from pg_xcopy.observe.tables import result_table

    result = outcome.result if isinstance(outcome, TargetsFailedError) else outcome
    if isinstance(result, JobResult) and (result.tables or result is outcome):
        only = ", ".join(dict.fromkeys(each.target for each in result.tables)) if result is not outcome else ""
        click.echo(result_table(result, only=only, color=sys.stdout.isatty() and may_color()))
