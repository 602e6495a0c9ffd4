"""Live progress, on a terminal that only remembers."""

from io import StringIO

import pytest
from rich.console import Console
from samples import FAILED, JOB, RUN

from pg_xcopy.observe.events import JobFailed, JobStarted, Planned, TableCopied, TableProgress, TableStarted
from pg_xcopy.observe.live import Live
from pg_xcopy.results import TableResult


@pytest.fixture
def console():
    return Console(file=StringIO(), force_terminal=True, width=120, color_system=None, record=True)


def shown(console, run):
    """What stays on the terminal when a run is over."""
    with Live(console) as live:
        for event in run:
            live(event)
    return console.export_text()


def test_what_stays_when_a_run_is_over(console):
    text = shown(console, RUN)

    assert "copy [all]  here schema app → there schema app" in text
    assert "✓ app.users  1,500 rows, 4.0 KiB in 500 ms" in text
    assert "✓ app.[red]x[/]  1 row, 10 B in 0 ms" in text
    assert "! app.[red]x.k: constraint left out: it can't hold" in text


def test_all_bars_go_after_a_failure(console):
    with Live(console) as live:
        for event in FAILED:
            live(event)

        assert live._progress.tasks == []


def test_two_jobs_one_after_the_other(console):
    with Live(console) as live:
        for event in (*FAILED, *RUN):
            live(event)

        assert live._progress.tasks == []


def test_whole_job_counts_all_tables(console):
    with Live(console) as live:
        live(JobStarted(JOB, "r", "a", "b"))
        live(RUN[2])
        live(TableStarted(JOB, "app.users"))
        live(TableProgress(JOB, "app.users", 1000, 2000))
        live(TableCopied(JOB, TableResult("other", 500, 50, 0.1)))

        whole, users = live._progress.tasks
        assert (whole.completed, whole.total, whole.fields["bytes"]) == (1500, 3000, 2050)
        assert (users.completed, users.total) == (1000, 3000)


def test_progress_of_a_table_that_nobody_announced(console):
    with Live(console) as live:
        live(TableProgress(JOB, "app.users", 1000, 2000))
        live(Planned(JOB, ()))

        assert live._progress.tasks == []


@pytest.mark.parametrize("name", ["[red]x", "[/]", "a[b]\\", "\\[x", "a\\[b]", "[bold"])
def test_names_that_look_like_markup(console, name):
    live = Live(console)
    live(JobStarted(name, "r", name, name))
    live(TableStarted(name, name))
    screen = Console(file=StringIO(), width=120)

    screen.print(live._progress.get_renderable())

    assert screen.file.getvalue().count(name) == 2


def test_a_target_that_fails_while_others_go_on_stays_on_the_screen(console):
    run = [
        JobStarted("feed", "r", "here schema app", "one schema app", "one/app"),
        JobStarted("feed", "r", "here schema app", "two schema app", "two/app"),
        JobFailed("feed", "it is down.", "one/app"),
        JobFailed("feed", "its disk is full.", "two/app"),
    ]

    page = shown(console, run)

    assert "✗ feed → one/app  it is down." in page
    assert "its disk is full" not in page
