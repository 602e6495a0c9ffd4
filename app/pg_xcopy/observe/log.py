"""Events as log records, for programs that use the library."""

from __future__ import annotations

import logging

from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Observer,
    StageStarted,
    TableCopied,
    Warned,
    title,
)
from pg_xcopy.observe.wording import bytes_text, count_text, rows_text, seconds_text

LOGGER = logging.getLogger("pg_xcopy")


def log_events(then: Observer) -> Observer:
    """Log every event worth a line at INFO or WARNING, and pass all of them on.

    A program that has not set up logging gets the lines on stderr: it asked for them.
    """
    if not LOGGER.hasHandlers():
        logging.basicConfig(format="%(message)s")
    if not LOGGER.isEnabledFor(logging.INFO):
        LOGGER.setLevel(logging.INFO)

    def observe(event: Event) -> None:
        if line := line_of(event):
            LOGGER.log(logging.WARNING if isinstance(event, Warned | JobFailed) else logging.INFO, "%s", line)
        then(event)

    return observe


def line_of(event: Event) -> str:
    """Say an event in one line; empty for those that are not worth one."""
    if isinstance(event, JobStarted):
        return f"{title(event)}: {event.source} → {event.target}"
    if isinstance(event, StageStarted):
        return f"{title(event)}: {event.stage.value}"
    if isinstance(event, TableCopied):
        done = event.result
        figures = f"{rows_text(done)}, {bytes_text(done.bytes)} in {seconds_text(done.seconds)}"
        return f"{title(event)}: {done.table}: {figures}"
    if isinstance(event, Warned):
        return f"{title(event)}: warning: {event.warning}"
    if isinstance(event, JobFinished):
        result = event.result
        return (
            f"{title(event)}: done: {count_text(len(result.tables), 'table')}, {count_text(result.rows, 'row')}, "
            f"{bytes_text(result.bytes)} in {seconds_text(result.seconds)}, "
            f"{count_text(len(result.warnings), 'warning')}"
        )
    return f"{title(event)}: failed: {event.message}" if isinstance(event, JobFailed) else ""
