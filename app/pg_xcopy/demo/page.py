"""How the demo looks: plain words, few colours, right on light and dark terminals and without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from pg_xcopy.demo.console import Yaml
from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pg_xcopy.demo.comparison import Fact
    from pg_xcopy.demo.excerpts import Excerpt
    from pg_xcopy.demo.shops import Census, Shop
    from pg_xcopy.manifest.models import Job
    from pg_xcopy.results import JobResult


class Page:
    """What is shown, from top to bottom."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def heading(self, words: str) -> None:
        """Begin a section."""
        self.console.print(Rule(Text(words, "bold"), align="left", style="dim"))

    def gap(self) -> None:
        """Leave a line empty."""
        self.console.print()

    def text(self, *words: str | tuple[str, str]) -> None:
        """Say something: pieces of text, some with a style; wrapped and indented."""
        for line in Text.assemble(*words).wrap(self.console, self.console.width - 4):
            line.rstrip()
            self.console.print(Text("  ").append_text(line))

    def commands(self, *lines: str) -> None:
        """Show what can be typed: never wrapped, so that it can be copied; what follows a # is dim."""
        self.gap()
        for line in lines:
            command, mark, comment = line.partition("  # ")
            self._as_it_is(Text.assemble(command, (mark + comment, "dim")))
        self.gap()

    def sides(self, source: Shop, census: Census, target: Shop) -> None:
        """Say where each side is, and what it holds."""
        table = Table(box=None, pad_edge=False, show_header=False)
        holds = f"{census.rows:,} rows in {count_text(census.tables, 'table')}"
        for shop, what in ((source, holds), (target, "empty")):
            where = f"PostgreSQL {shop.server.major}, port {shop.server.port}"
            table.add_row(Text(shop.side, "bold"), where, f"{shop.database}: {what}")
        self.console.print(Padding(table, (1, 4), expand=False))

    def declaration(self, excerpt: Excerpt) -> None:
        """Show what a job is for, and the lines that declare it."""
        self.text(excerpt.purpose)
        self.gap()
        for line in excerpt.text.splitlines():
            self._as_it_is(Yaml()(line))
        self.gap()

    def outcome(self, result: JobResult) -> None:
        """Say what a job did, and what it could not do."""
        tables, time = count_text(len(result.tables), "table"), seconds_text(result.seconds)
        done = f"{count_text(result.rows, 'row')} of {tables} copied, {bytes_text(result.bytes)} in {time}"
        self.text(("✓ ", "bold green"), done)
        for warning in result.warnings:
            self.text(("! warning: ", "yellow"), str(warning))

    def comparison(self, job: Job, facts: Sequence[Fact]) -> None:
        """Show the source's rows beside the target's."""
        table = _table()
        table.add_column()
        table.add_column()
        table.add_column(f"BEFORE\nsource: {job.source.schema_name}", overflow="fold")
        table.add_column(f"AFTER\ntarget: {job.only_target.schema_name}", overflow="fold")
        said = ""
        for fact in facts:
            subject, said = "" if fact.subject == said else fact.subject, fact.subject
            table.add_row(subject, fact.what, Text(fact.before), _after(fact))
        self._show(table)

    def summary(self, results: Sequence[JobResult]) -> None:
        """Add up all jobs."""
        table = _table(show_footer=True)
        table.add_column("Job", "in all")
        table.add_column("Tables", f"{sum(len(each.tables) for each in results)}", justify="right")
        table.add_column("Rows", f"{sum(each.rows for each in results):,}", justify="right")
        table.add_column("Size", bytes_text(sum(each.bytes for each in results)), justify="right")
        table.add_column("Time", seconds_text(sum(each.seconds for each in results)), justify="right")
        table.add_column("Warnings", f"{sum(len(each.warnings) for each in results)}", justify="right")
        for each in results:
            table.add_row(
                each.job, f"{len(each.tables)}", f"{each.rows:,}", bytes_text(each.bytes),
                seconds_text(each.seconds), f"{len(each.warnings)}",
            )  # fmt: skip
        self._show(table)

    def _as_it_is(self, line: Text) -> None:
        self.console.print(Text("    ").append_text(line), soft_wrap=True)

    def _show(self, table: Table) -> None:
        self.console.print(Padding(table, (0, 2), expand=False))


def _table(*, show_footer: bool = False) -> Table:
    return Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_footer=show_footer, border_style="dim")


def _after(fact: Fact) -> Text:
    if fact.gone:
        return Text(fact.after, "dim italic")
    return Text(fact.after, "" if fact.after == fact.before else "bold")
