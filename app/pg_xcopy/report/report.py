"""The report of one run or plan: what its file says, and how the file comes about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from pg_xcopy.connect.dsn import redact
from pg_xcopy.errors import XcopyError
from pg_xcopy.observe.files import write_atomically
from pg_xcopy.observe.wording import bytes_text, count_text
from pg_xcopy.report.collecting import Collector, Course
from pg_xcopy.report.environment import facts
from pg_xcopy.report.page import Figure, JobSection, Page, State
from pg_xcopy.report.sections import section

_WORST_FIRST = (State.FAILED, State.STOPPED, State.NOT_BEGUN, State.WARNED, State.DONE, State.PLANNED)
_HEADLINES = {
    State.FAILED: "Failed",
    State.STOPPED: "Stopped",
    State.NOT_BEGUN: "Not begun",
    State.WARNED: "Done, with warnings",
    State.DONE: "Done",
    State.PLANNED: "Planned",
}


@dataclass
class Report:
    """Collects what happens, and writes the page in the end.

    `kind` is run or plan; `options` are those that were given, each with its value and where it came from.
    """

    path: Path
    kind: str
    version: str
    options: tuple[tuple[str, str, str], ...] = ()
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    error: tuple[str, str] = ("", "")
    stopped: str = ""

    collector: Collector = field(default_factory=Collector)

    def expect(self, hidden: Mapping[str, frozenset[str]]) -> None:
        """Know which jobs there are, by their names, each with texts that are never shown."""
        self.hidden = hidden
        self.collector.expect(hidden)

    def failed(self, error: XcopyError) -> None:
        """Take note of what kept every job from being begun."""
        self.error = (error.sentence, error.hint)

    def page(self) -> Page:
        """Decide what the page says."""
        jobs = tuple(self._section(course, number) for number, course in enumerate(self.collector.courses, start=1))
        state = _worst([*(each.state for each in jobs), *([State.FAILED] if self.error[0] else [])])
        return Page(
            kind=self.kind,
            state=state,
            headline=f"{_HEADLINES[state]}{f' by {self.stopped}' if self.stopped and state is State.STOPPED else ''}",
            sentence=self.error[0] or _summary(jobs),
            hint=self.error[1],
            made=datetime.now(timezone.utc),
            figures=tuple(_figures(jobs, self.kind)) if len(jobs) > 1 else (),
            jobs=jobs,
            environment=facts(self.version),
            options=self.options,
        )

    def write(self, warn: Callable[[str], object]) -> None:
        """Write the page; what keeps it from being written is said to `warn`."""
        from pg_xcopy.report.render import render  # noqa: PLC0415 - the templates are read when there is a page to write

        try:
            if not self.path.parent.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, render(self.page()))
        except (OSError, ValueError) as error:
            warn(f"the report {self.path} can't be written: {getattr(error, 'strerror', None) or error}")

    def _section(self, course: Course, number: int) -> JobSection:
        made = section(course, plan_only=self.kind == "plan", stopped=self.stopped, number=number)
        hidden = self.hidden.get(course.job, frozenset())
        return _masked(made, hidden) if hidden else made


def _masked(value: Any, hidden: frozenset[str]) -> Any:  # noqa: ANN401 - whatever a section is made of
    """Replace hidden texts, wherever they are in frozen data."""
    if isinstance(value, str) and not isinstance(value, State):
        return redact(value, hidden)
    if isinstance(value, tuple):
        return tuple(_masked(each, hidden) for each in value)
    if isinstance(value, Struct):
        return replace(value, **{name: _masked(each, hidden) for name, each in asdict(value).items()})
    return value


def _worst(states: Sequence[State]) -> State:
    return next((each for each in _WORST_FIRST if each in states), State.NOT_BEGUN)


def _summary(jobs: Sequence[JobSection]) -> str:
    if len(jobs) == 1:
        return jobs[0].sentence
    counts = Counter(each.state for each in jobs)
    told = ", ".join(f"{counts[state]} {state.value}" for state in _WORST_FIRST if counts[state])
    names = {each.job for each in jobs}
    what = count_text(len(names), "job")
    return f"{what}, {count_text(len(jobs), 'target')}: {told}." if len(names) < len(jobs) else f"{what}: {told}."


def _figures(jobs: Iterable[JobSection], kind: str) -> Iterable[Figure]:
    tables = [table for job in jobs for table in job.tables]
    if kind == "plan":
        yield Figure(f"{sum(each.expected for each in tables):,}", "rows", "as the source estimates")
    else:
        yield Figure(f"{sum(each.rows or 0 for each in tables):,}", "rows read")
        yield Figure(bytes_text(sum(each.bytes or 0 for each in tables)), "of COPY data")
    yield Figure(f"{len(tables):,}", "tables")
    yield Figure(f"{sum(each.warned for each in jobs):,}", "warnings")
