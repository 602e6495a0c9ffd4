"""The table at the end."""

import pytest
from rich.cells import cell_len
from samples import RESULT, USERS

from pg_xcopy.observe.tables import result_table
from pg_xcopy.results import JobResult, TableResult, UpsertedTable, WarningResult


def test_whole_table():
    assert result_table(RESULT, color=False) == (
        """\
copy [all]: done

  Table            Rows      Size     Time   Rows/s
 ───────────────────────────────────────────────────
  app.users       1,500   4.0 KiB   500 ms    3,000
  app.[red]x[/]       1      10 B     0 ms

  2 tables        1,501   4.0 KiB    2.0 s

warning: app.[red]x.k: constraint left out: it can't hold"""
    )


def test_colours_only_when_asked_for():
    assert "\x1b[" not in result_table(RESULT, color=False)
    assert "\x1b[" in result_table(RESULT, color=True)


def test_a_job_without_tables():
    assert "0 tables" in result_table(JobResult("j", "r", (), (), 0.1), color=False)


@pytest.mark.parametrize("name", ["app." + "x" * 126, "app.zwei wörter 🐘", "app.[link=x]y[/link]"])
def test_names_are_shown_as_they_are(name):
    shown = result_table(JobResult("j", "r", (TableResult(name, 1, 1, 1.0),), (), 0.1), color=False)

    assert name in shown


def test_columns_stand_below_each_other_whatever_the_width_of_a_letter():
    tables = (TableResult("app.表", 1, 1, 1.0), TableResult("app.zwei wörter 🐘", 20, 1, 1.0))

    shown = result_table(JobResult("j", "r", tables, (), 0.1), color=False).splitlines()

    assert {cell_len(line) for line in shown if "app." in line or "Rows" in line} == {
        cell_len(shown[-1]) + len("   Rows/s")
    }


def test_a_long_warning_stays_in_one_line():
    warning = WarningResult("constraint left out", "app.x", "because " * 60)
    shown = result_table(JobResult("j", "r", (USERS,), (warning,), 0.1), color=False)

    assert len([line for line in shown.splitlines() if "because" in line]) == 1


def test_targets_of_different_modes():
    tables = (UpsertedTable("app.a", 3, 10, 0.5, "one/app", 2, 1), TableResult("app.b", 4, 20, 0.5, "two/app"))

    shown = result_table(JobResult("feed", "r", tables, (), 1.0), color=False)

    assert shown == (
        """\
feed: done

  Table      Target    Rows   Inserted   Updated   Size     Time   Rows/s
 ─────────────────────────────────────────────────────────────────────────
  app.a      one/app      3          2         1   10 B   500 ms        6
  app.b      two/app      4                        20 B   500 ms        8

  2 tables                7          2         1   30 B    1.0 s"""
    )
