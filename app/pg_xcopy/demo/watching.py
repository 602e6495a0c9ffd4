"""One line that says how far a job is, on terminals only, and gone when it is done."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from pg_xcopy.observe.events import Planned, StageStarted, TableCopied, TableProgress

if TYPE_CHECKING:
    from rich.console import Console

    from pg_xcopy.observe.events import Event


class Watch(Progress):
    """Shows what is going on; an observer of a job, too."""

    def __init__(self, console: Console, doing: str) -> None:
        super().__init__(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[rows]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal or bool(os.environ.get("CI")),
        )
        self._seen: dict[str, int] = {}
        self._task = self.add_task(doing, total=None, rows="")

    def observe(self, event: Event) -> None:
        """Take in an event of a job."""
        if isinstance(event, StageStarted):
            self.update(self._task, description=event.stage.value)
        elif isinstance(event, Planned):
            self.update(self._task, total=sum(table.rows for table in event.tables) or None)
        elif isinstance(event, TableProgress):
            self._count(event.table, event.rows)
        elif isinstance(event, TableCopied):
            self._count(event.result.table, event.result.rows)

    def _count(self, table: str, rows: int) -> None:
        self._seen[table] = rows
        done = sum(self._seen.values())
        self.update(self._task, completed=done, rows=f"{done:,} rows")
