"""Live progress on a terminal: a line for each table under way, one for the whole job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from types import TracebackType

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Planned,
    Stage,
    StageStarted,
    TableCopied,
    TableProgress,
    TableStarted,
    Warned,
    title,
)
from pg_xcopy.observe.wording import bytes_text, rows_text, seconds_text

WIDE, WIDE_BAR, NARROW_BAR, LEAST_NAME = 120, 24, 12, 16
FIGURES, FEWER_FIGURES = 60, 32
"""Columns of a terminal: from which width on there is room for all figures, how long bars are, what figures take."""

MINUTE = 60
ONE_LINE = Column(no_wrap=True)
RIGHT = Column(justify="right", no_wrap=True)

_Key = tuple[str, str]
"""A job, with its target where it has several, and a table."""


class _Spinner(SpinnerColumn):
    """Turns as long as a task is shown: when all rows are in, keys and indexes are still to be made."""

    def render(self, task: Task) -> RenderableType:
        return self.spinner.render(task.get_time())


class _Name(ProgressColumn):
    """A table or the job with its stage, as text: a name may look like rich's markup."""

    def __init__(self, room: int) -> None:
        super().__init__(ONE_LINE)
        self._room = room

    def render(self, task: Task) -> Text:
        return Text(_end_of(task.description, self._room), style=task.fields["style"])


class _Rows(ProgressColumn):
    """Rows so far."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f} rows" if task.completed else "", style="cyan")


class _Bytes(ProgressColumn):
    """Bytes so far."""

    def render(self, task: Task) -> Text:
        return Text(bytes_text(task.fields["bytes"]) if task.fields["bytes"] else "", style="cyan")


class _Speed(ProgressColumn):
    """Rows a second, as long as they flow."""

    def render(self, task: Task) -> Text:
        flows = task.speed and not task.finished
        return Text(f"{task.speed:,.0f} rows/s" if flows else "", style="cyan")


class _Time(ProgressColumn):
    """How long it may still take; where nobody knows, and when all rows are in, how long it has taken so far."""

    def render(self, task: Task) -> Text:
        if task.finished or task.time_remaining is None:
            return Text(_whole(task.elapsed) if task.elapsed and task.elapsed >= 1 else "")
        return Text(f"{_whole(max(1, task.time_remaining))} left")


class Live:
    """Shows a run on stderr while it lasts."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._progress = Progress(*_columns(self._console.width), console=self._console, transient=True)
        self._wholes: dict[str, TaskID] = {}
        self._tasks: dict[_Key, TaskID] = {}
        self._estimates: dict[_Key, int] = {}
        self._seen: dict[_Key, tuple[int, int]] = {}
        self._stages: dict[str, str] = {}
        self._copied: Counter[str] = Counter()
        self._tables: dict[str, int] = {}

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Draw an event."""
        if isinstance(event, JobStarted):
            self._begin(event)
        elif isinstance(event, Planned):
            self._expect(event)
        elif isinstance(event, StageStarted):
            self._name(event)
        elif isinstance(event, TableStarted):
            key = (title(event), event.table)
            self._tasks[key] = self._add(_named(event.table, event.to), self._estimates.get(key))
        elif isinstance(event, TableProgress):
            self._advance((title(event), event.table), event.rows, event.bytes)
        elif isinstance(event, TableCopied):
            self._finish(event)
        elif isinstance(event, Warned):
            self._console.print(Text(f"! {_named(str(event.warning), event.to)}", style="yellow"))
        elif isinstance(event, JobFinished | JobFailed):
            self._end(title(event))
            if isinstance(event, JobFailed) and self._wholes:  # one of several targets, long before the others end
                self._console.print(Text(f"✗ {title(event)}  {event.message}", style="red"))

    def _begin(self, event: JobStarted) -> None:
        self._console.print(Text.assemble((event.job, "bold"), f"  {event.source} → {event.target}"))
        self._wholes[title(event)] = self._add(title(event), None, style="bold")

    def _expect(self, event: Planned) -> None:
        self._estimates |= {(title(event), each.table): each.rows for each in event.tables}
        self._tables[title(event)] = len(event.tables)
        if (whole := self._wholes.get(title(event))) is not None:
            self._progress.update(whole, total=sum(each.rows for each in event.tables) or None)

    def _name(self, event: StageStarted) -> None:
        self._stages[title(event)] = event.stage.value
        self._describe(title(event))

    def _describe(self, name: str) -> None:
        """Say of a whole job at which stage it is, and of how many tables the rows are in."""
        if (whole := self._wholes.get(name)) is not None:
            copying = self._stages.get(name) == Stage.COPY.value and self._tables.get(name)
            tables = f" {self._copied[name]}/{self._tables[name]}" if copying else ""
            self._progress.update(whole, description=f"{name}  {self._stages.get(name, '')}{tables}")

    def _add(self, description: str, rows: int | None, style: str = "") -> TaskID:
        return self._progress.add_task(description, total=rows or None, bytes=0, style=style)

    def _advance(self, key: _Key, rows: int, size: int) -> None:
        self._seen[key] = (rows, size)
        if (task := self._tasks.get(key)) is not None:
            self._progress.update(task, completed=rows, bytes=size)
        if (whole := self._wholes.get(key[0])) is not None:
            seen = (figures for (title_, _), figures in self._seen.items() if title_ == key[0])
            all_rows, all_bytes = (sum(each) for each in zip(*seen, strict=True))
            self._progress.update(whole, completed=all_rows, bytes=all_bytes)

    def _finish(self, event: TableCopied) -> None:
        done, key = event.result, (title(event), event.result.table)
        self._advance(key, done.rows, done.bytes)
        self._copied[key[0]] += 1
        self._describe(key[0])
        if (task := self._tasks.pop(key, None)) is not None:
            self._progress.remove_task(task)
        figures = f"{rows_text(done)}, {bytes_text(done.bytes)} in {seconds_text(done.seconds)}"
        self._console.print(Text.assemble(("✓ ", "green"), _named(done.table, event.to), (f"  {figures}", "dim")))

    def _end(self, ended: str) -> None:
        for key in [key for key in self._tasks if key[0] == ended]:
            self._progress.remove_task(self._tasks.pop(key))
        if (whole := self._wholes.pop(ended, None)) is not None:
            self._progress.remove_task(whole)
        self._copied.pop(ended, None)


def _columns(width: int) -> Iterator[ProgressColumn]:
    """Give the columns that a terminal has room for, so that each task keeps to one line."""
    wide, bar = width >= WIDE, WIDE_BAR if width >= WIDE else NARROW_BAR
    yield _Spinner()
    yield _Name(max(LEAST_NAME, width - bar - (FIGURES if wide else FEWER_FIGURES)))
    yield BarColumn(bar)
    yield _Rows(RIGHT)
    if wide:
        yield _Bytes(RIGHT)
        yield _Speed(RIGHT)
    yield _Time(RIGHT)


def _whole(seconds: float) -> str:
    """Write a time that changes while one looks at it: without fractions."""
    return f"{int(seconds)} s" if seconds < MINUTE else seconds_text(seconds)


def _end_of(name: str, room: int) -> str:
    """Cut a name that is too long at its beginning: names of tables differ at their end."""
    if cell_len(name) <= room:
        return name
    while cell_len(name) > room - 1:
        name = name[1:]
    return f"…{name}"


def _named(what: str, to: str) -> str:
    return f"{what} → {to}" if to else what
