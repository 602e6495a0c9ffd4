"""The table at the end: what was copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import click
from msgspec import Struct
from rich.cells import cell_len

from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text
from pg_xcopy.results import JobResult, TableResult, UpsertedTable, WarningResult


class _Column(Struct, frozen=True):
    """What stands below a title, and in the last line; numbers end where the column ends."""

    title: str
    cells: tuple[str, ...]
    total: str = ""
    numbers: bool = True

    def lines(self) -> list[str]:
        """Give title, cells and total, all as wide as the widest of them."""
        texts = (self.title, *self.cells, self.total)
        width = max(map(cell_len, texts))
        gaps = (" " * (width - cell_len(each)) for each in texts)
        return [gap + each if self.numbers else each + gap for each, gap in zip(texts, gaps, strict=True)]


def result_table(result: JobResult, *, only: str = "", color: bool) -> str:
    """Draw one job's result as text; `only` names the targets that it is about where others failed.

    Not with Rich, which needs a tenth of the time in which a thousand small tables are copied to draw a line for each.
    """
    head, *rows, total = ("   ".join(cells) for cells in zip(*(each.lines() for each in _columns(result)), strict=True))

    def bold(line: str) -> str:
        return click.style(line.rstrip(), bold=True) if color else line.rstrip()

    lines = [
        bold(f"{result.job}: done{only and f' for {only} only'}"),
        "",
        bold(f"  {head}"),
        f" {'─' * (cell_len(head) + 2)}",
        *(f"  {row}".rstrip() for row in rows),
        *([""] if rows else []),
        bold(f"  {total}"),
        *([""] if result.warnings else []),
        *(_warning(each, color=color) for each in result.warnings),
    ]
    return "\n".join(lines)


def _columns(result: JobResult) -> Iterator[_Column]:
    """Lay out the tables; a column that says nothing of any of them is left out."""

    def column(title: str, cell: Callable[[TableResult], str], total: str = "", *, numbers: bool = True) -> _Column:
        return _Column(title, tuple(map(cell, result.tables)), total, numbers)

    yield column("Table", lambda each: each.table, count_text(len(result.tables), "table"), numbers=False)
    if any(each.target for each in result.tables):
        yield column("Target", lambda each: each.target, numbers=False)
    yield column("Rows", lambda each: f"{each.rows:,}", f"{result.rows:,}")
    if upserted := [each for each in result.tables if isinstance(each, UpsertedTable)]:
        yield column("Inserted", lambda each: _changed(each)[0], _sum(each.inserted for each in upserted))
        yield column("Updated", lambda each: _changed(each)[1], _sum(each.updated for each in upserted))
    yield column("Size", lambda each: bytes_text(each.bytes), bytes_text(result.bytes))
    yield column("Time", lambda each: seconds_text(each.seconds), seconds_text(result.seconds))
    yield column("Rows/s", _rate)


def _warning(warning: WarningResult, *, color: bool) -> str:
    to = f"{warning.target}: " if warning.target else ""
    return f"{click.style('warning:', fg='yellow') if color else 'warning:'} {to}{warning}"


def _changed(table: TableResult) -> tuple[str, str]:
    """Say what an upsert did; nothing for a table of a target that is filled in another way."""
    return (_known(table.inserted), _known(table.updated)) if isinstance(table, UpsertedTable) else ("", "")


def _known(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _sum(numbers: Iterable[int | None]) -> str:
    """Add numbers up; empty where one of them is not known."""
    known = list(numbers)
    return "" if None in known else _known(sum(number or 0 for number in known))


def _rate(table: TableResult) -> str:
    return f"{table.rows / table.seconds:,.0f}" if table.rows and table.seconds else ""
