"""Live progress on a terminal: a line for each table under way, one for the whole job."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TimeRemainingColumn,
)
from rich.text import Text

from pg_xcopy.observe.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Planned,
    StageStarted,
    TableCopied,
    TableProgress,
    TableStarted,
    Warned,
    title,
)
from pg_xcopy.observe.wording import bytes_text, rows_text, seconds_text

_Key = tuple[str, str]
"""A job, with its target where it has several, and a table."""


class _Name(ProgressColumn):
    """A table or the job with its stage, as text: a name may look like rich's markup."""

    def render(self, task: Task) -> Text:
        return Text(task.description, style=task.fields["style"])


class _Throughput(ProgressColumn):
    """Rows, bytes and rows a second."""

    def render(self, task: Task) -> Text:
        rows = int(task.completed)
        speed = f"  {task.speed:,.0f} rows/s" if task.speed else ""
        return Text(f"{rows:,} rows  {bytes_text(task.fields['bytes'])}{speed}", style="cyan")


class Live:
    """Shows a run on stderr while it lasts."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            _Name(),
            BarColumn(bar_width=24),
            _Throughput(),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
        )
        self._wholes: dict[str, TaskID] = {}
        self._tasks: dict[_Key, TaskID] = {}
        self._estimates: dict[_Key, int] = {}
        self._seen: dict[_Key, tuple[int, int]] = {}

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
        if (whole := self._wholes.get(title(event))) is not None:
            self._progress.update(whole, total=sum(each.rows for each in event.tables) or None)

    def _name(self, event: StageStarted) -> None:
        if (whole := self._wholes.get(title(event))) is not None:
            self._progress.update(whole, description=f"{title(event)}  {event.stage.value}")

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
        if (task := self._tasks.pop(key, None)) is not None:
            self._progress.remove_task(task)
        figures = f"{rows_text(done)}, {bytes_text(done.bytes)} in {seconds_text(done.seconds)}"
        self._console.print(Text.assemble(("✓ ", "green"), _named(done.table, event.to), (f"  {figures}", "dim")))

    def _end(self, ended: str) -> None:
        for key in [key for key in self._tasks if key[0] == ended]:
            self._progress.remove_task(self._tasks.pop(key))
        if (whole := self._wholes.pop(ended, None)) is not None:
            self._progress.remove_task(whole)


def _named(what: str, to: str) -> str:
    return f"{what} → {to}" if to else what
