"""The table at the end: what was copied."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text
from pg_xcopy.results import JobResult, TableResult, UpsertedTable

WIDE = 240
"""Columns of the page that is drawn on; the table takes only what it needs."""


def result_table(result: JobResult, *, only: str = "", color: bool) -> str:
    """Draw one job's result as text; `only` names the targets that it is about where others failed."""
    page = StringIO()
    console = Console(file=page, width=WIDE, force_terminal=color, no_color=not color, highlight=False)
    console.print(_table(result, only))
    for warning in result.warnings:
        to = f"{warning.target}: " if warning.target else ""
        console.print(Text.assemble(("warning: ", "yellow"), to, str(warning)), soft_wrap=True)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()).rstrip()


def _table(result: JobResult, only: str) -> Table:
    """Lay out its tables; a column that says nothing of any of them is left out."""
    table = Table(
        box=SIMPLE_HEAD,
        show_footer=True,
        title=Text(f"{result.job}: done{only and f' for {only} only'}", style="bold"),
        title_justify="left",
    )
    several = any(each.target for each in result.tables)
    table.add_column("Table", count_text(len(result.tables), "table"), overflow="fold")
    if several:
        table.add_column("Target", overflow="fold")
    table.add_column("Rows", f"{result.rows:,}", justify="right")
    upserted = [each for each in result.tables if isinstance(each, UpsertedTable)]
    if upserted:
        table.add_column("Inserted", _sum(each.inserted for each in upserted), justify="right")
        table.add_column("Updated", _sum(each.updated for each in upserted), justify="right")
    table.add_column("Size", bytes_text(result.bytes), justify="right")
    table.add_column("Time", seconds_text(result.seconds), justify="right")
    table.add_column("Rows/s", justify="right")
    for each in result.tables:
        table.add_row(
            Text(each.table),
            *([Text(each.target)] if several else []),
            f"{each.rows:,}",
            *(_changes(each) if upserted else ()),
            bytes_text(each.bytes),
            seconds_text(each.seconds),
            _rate(each),
        )
    return table


def _changes(table: TableResult) -> tuple[str, str]:
    """Say what an upsert did; nothing for a table of a target that is filled in another way."""
    return (_known(table.inserted), _known(table.updated)) if isinstance(table, UpsertedTable) else ("", "")


def _known(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _sum(numbers: Iterable[int | None]) -> str:
    """Add numbers up; empty where one of them is not known."""
    known = list(numbers)
    return "" if None in known else f"{sum(number or 0 for number in known):,}"


def _rate(table: TableResult) -> str:
    return f"{table.rows / table.seconds:,.0f}" if table.rows and table.seconds else ""
