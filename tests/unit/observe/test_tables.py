"""The table at the end."""

import pytest
from samples import RESULT, USERS

from pg_xcopy.observe.tables import result_table
from pg_xcopy.results import JobResult, TableResult, WarningResult


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


def test_a_long_warning_stays_in_one_line():
    warning = WarningResult("constraint left out", "app.x", "because " * 60)
    shown = result_table(JobResult("j", "r", (USERS,), (warning,), 0.1), color=False)

    assert len([line for line in shown.splitlines() if "because" in line]) == 1
