"""`--report FILE`: collects what a run or a plan does, and writes the page however it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pg_xcopy import __version__
from pg_xcopy.cli.signals import StoppedBySignal
from pg_xcopy.errors import TargetsFailedError, XcopyError
from pg_xcopy.manifest.models import Job
from pg_xcopy.observe.events import Observer, ignore

if TYPE_CHECKING:
    from pg_xcopy.planning.plan import Plan
    from pg_xcopy.report.report import Report


class Reporting:
    """What a command tells the report; without a report, nothing becomes of it."""

    def __init__(self, report: Report | None) -> None:
        self.report = report

    @property
    def observer(self) -> Observer:
        """What watches the jobs."""
        return self.report.collector if self.report else ignore

    def expect(self, jobs: Sequence[Job]) -> None:
        """Know which jobs there are, and never show what they have from secrets."""
        if self.report:
            self.report.expect({job.name: job.hidden for job in jobs})

    def planned(self, job: Job, outcome: tuple[Plan, ...] | XcopyError) -> None:
        """Take note of a job's plans, or of why it has none."""
        if not self.report:
            return
        collector = self.report.collector
        if isinstance(outcome, TargetsFailedError):
            for target, error in outcome.failures.items():
                collector.failed(job.name, error, target)
        elif isinstance(outcome, XcopyError):
            collector.failed(job.name, outcome)
        else:
            collector.planned(job.name, outcome)


@contextmanager
def reporting(path: str | None, kind: str, warn: Callable[[str], object]) -> Iterator[Reporting]:
    """Write the page at the end, be it good or bad; what keeps it from being written is told to `warn`."""
    if not path:
        yield Reporting(None)
        return
    from pg_xcopy.report.report import Report

    report = Report(Path(path), kind, __version__, tuple(_options()))
    try:
        yield Reporting(report)
    except XcopyError as error:
        report.failed(error)
        raise
    except StoppedBySignal as stop:
        report.stopped = stop.name
        raise
    finally:
        report.write(warn)


def _options() -> Iterator[tuple[str, str, str]]:
    """List the options that were given, and whether on the command line or by a variable."""
    context = click.get_current_context(silent=True)
    for parameter in context.command.params if context else ():
        name = parameter.name or ""
        source = context.get_parameter_source(name) if context else None
        if source is None or source.name.startswith("DEFAULT"):
            continue
        value: Any = context.params.get(name) if context else None
        if value in (None, ()):
            continue
        written = parameter.human_readable_name if isinstance(parameter, click.Argument) else parameter.opts[-1]
        text = " ".join(value) if isinstance(value, tuple) else str(value)
        origin = parameter.envvar if source.name == "ENVIRONMENT" else "command line"
        yield written, _without_password(text), str(origin)


def _without_password(text: str) -> str:
    """Mask who is let in by a URL, up to its last "@": a password may have others in it.

    libpq's own parser is not asked, since not every URL here leads to a database.
    """
    return re.sub(r"(?<=://)\S*@", "***@", text)
