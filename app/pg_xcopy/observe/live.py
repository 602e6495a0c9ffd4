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
)
from pg_xcopy.observe.wording import bytes_text, rows_text, seconds_text


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
        self._tasks: dict[str, TaskID] = {}
        self._estimates: dict[str, int] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._whole: TaskID | None = None

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
            self._name(f"{event.job}  {event.stage.value}")
        elif isinstance(event, TableStarted):
            self._tasks[event.table] = self._add(event.table, self._estimates.get(event.table))
        elif isinstance(event, TableProgress):
            self._advance(event.table, event.rows, event.bytes)
        elif isinstance(event, TableCopied):
            self._finish(event)
        elif isinstance(event, Warned):
            self._console.print(Text(f"! {event.warning}", style="yellow"))
        elif isinstance(event, JobFinished | JobFailed):
            self._end()

    def _begin(self, event: JobStarted) -> None:
        self._estimates, self._seen = {}, {}
        self._console.print(Text.assemble((event.job, "bold"), f"  {event.source} → {event.target}"))
        self._whole = self._add(event.job, None, style="bold")

    def _expect(self, event: Planned) -> None:
        self._estimates = {each.table: each.rows for each in event.tables}
        if self._whole is not None:
            self._progress.update(self._whole, total=sum(self._estimates.values()) or None)

    def _name(self, description: str) -> None:
        if self._whole is not None:
            self._progress.update(self._whole, description=description)

    def _add(self, description: str, rows: int | None, style: str = "") -> TaskID:
        return self._progress.add_task(description, total=rows or None, bytes=0, style=style)

    def _advance(self, table: str, rows: int, size: int) -> None:
        self._seen[table] = (rows, size)
        if (task := self._tasks.get(table)) is not None:
            self._progress.update(task, completed=rows, bytes=size)
        if self._whole is not None:
            all_rows, all_bytes = (sum(each) for each in zip(*self._seen.values(), strict=True))
            self._progress.update(self._whole, completed=all_rows, bytes=all_bytes)

    def _finish(self, event: TableCopied) -> None:
        done = event.result
        self._advance(done.table, done.rows, done.bytes)
        if (task := self._tasks.pop(done.table, None)) is not None:
            self._progress.remove_task(task)
        figures = f"{rows_text(done)}, {bytes_text(done.bytes)} in {seconds_text(done.seconds)}"
        self._console.print(Text.assemble(("✓ ", "green"), done.table, (f"  {figures}", "dim")))

    def _end(self) -> None:
        for task in (*self._tasks.values(), *([self._whole] if self._whole is not None else [])):
            self._progress.remove_task(task)
        self._tasks, self._whole = {}, None
