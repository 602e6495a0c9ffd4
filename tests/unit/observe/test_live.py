"""Live progress, on a terminal that only remembers."""

from io import StringIO

import pytest
from rich.console import Console
from samples import FAILED, JOB, RUN

from pg_xcopy.observe.events import (
    JobFailed,
    JobStarted,
    Planned,
    Stage,
    StageStarted,
    TableCopied,
    TableEstimate,
    TableProgress,
    TableStarted,
)
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


def drawn(live, width):
    """What is on the screen at a moment, each line without what pads it."""
    screen = Console(file=StringIO(), width=width)
    screen.print(live._progress.get_renderable())
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_each_task_keeps_to_one_line_and_names_are_told_apart(width):
    live = Live(Console(file=StringIO(), force_terminal=True, width=width))
    names = [f"app.{'a_name_as_long_as_names_can_be_' * 2}{number}" for number in range(4)]
    live(JobStarted("nightly", "r", "a", "b"))
    live(Planned("nightly", tuple(TableEstimate(name, 10_000_000, 0) for name in names)))
    live(StageStarted("nightly", Stage.COPY))
    for name in names:
        live(TableStarted("nightly", name))
        live(TableProgress("nightly", name, 1_234_567, 98_765_432))

    whole, *tables = drawn(live, width)

    assert len(tables) == 4
    assert "copy rows 0/4" in whole
    assert "4,938,268 rows" in whole
    assert [line.split()[1][-1] for line in tables] == ["0", "1", "2", "3"]
    assert all("1,234,567 rows" in line for line in tables)


def test_a_job_whose_rows_are_in_still_turns_and_counts_the_time():
    live = Live(Console(file=StringIO(), force_terminal=True, width=120))
    live(JobStarted("nightly", "r", "a", "b"))
    live(Planned("nightly", (TableEstimate("app.users", 10, 0),)))
    live(TableProgress("nightly", "app.users", 10, 100))
    live(StageStarted("nightly", Stage.FINISH))
    live._progress.tasks[0].start_time -= 75

    (line,) = drawn(live, 120)

    assert line.split()[0] in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
    assert "rows/s" not in line
    assert line.endswith("1 min 15 s")


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
