"""A line an event, for logs and pipes."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import IntEnum

from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Planned,
    StageStarted,
    TableCopied,
    TableProgress,
    Warned,
    Worked,
    title,
)
from pg_xcopy.observe.log import line_of
from pg_xcopy.observe.spans import Phase, Span
from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text

PROGRESS_SECONDS = 30.0
"""How often a long table gives a sign of life where nobody watches live."""


class Loudness(IntEnum):
    """How much is told."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


class Lines:
    """Writes events as lines, fewer or more of them."""

    def __init__(self, write: Callable[[str], object], loudness: Loudness) -> None:
        self._write, self._loudness = write, loudness
        self._told: dict[tuple[str, str], float] = {}
        self._estimates: dict[tuple[str, str], int] = {}
        self._under_way: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Tell an event, if it is worth it."""
        if isinstance(event, JobStarted):
            self._under_way.add(title(event))
        elif isinstance(event, JobFinished | JobFailed):
            self._under_way.discard(title(event))
        if isinstance(event, Planned):
            self._estimates |= {(title(event), each.table): each.rows for each in event.tables}
        line = self._progress(event) if isinstance(event, TableProgress) else self._line(event)
        if line:
            self._write(line)

    def _line(self, event: Event) -> str:
        if self._loudness is Loudness.QUIET:
            return line_of(event) if isinstance(event, Warned) else ""
        if isinstance(event, Worked):
            told = self._loudness is Loudness.VERBOSE and _is_told_apart(event.span)
            return f"{title(event)}: {event.span.doing} took {seconds_text(event.span.seconds)}" if told else ""
        if isinstance(event, StageStarted) and self._loudness is not Loudness.VERBOSE:
            return ""
        return (
            line_of(event)
            if isinstance(event, TableCopied | Warned | JobFinished | StageStarted)
            else self._other(event)
        )

    def _other(self, event: Event) -> str:
        """Tell how a job begins; how it fails is told by whoever catches the error, at its end.

        Of several targets one may fail long before that.
        """
        early = isinstance(event, JobFailed) and self._under_way
        return line_of(event) if early or isinstance(event, JobStarted) else ""

    def _progress(self, event: TableProgress) -> str:
        now, key = time.monotonic(), (title(event), event.table)
        if self._loudness is Loudness.QUIET or now - self._told.setdefault(key, now) < PROGRESS_SECONDS:
            return ""
        self._told[key] = now
        expected = self._estimates.get(key, 0)
        share = f" of about {expected:,}" if expected > event.rows else ""
        return (
            f"{title(event)}: {event.table}: {count_text(event.rows, 'row')}{share}, {bytes_text(event.bytes)} so far"
        )


def _is_told_apart(span: Span) -> bool:
    """Tell whether no other line says it: rows have their own, and so has what fails."""
    return span.phase is not Phase.COPY and not span.failed
