"""What became of each table, from the events of its job."""

from __future__ import annotations

from datetime import timedelta

import pytest
from samples import FAILED, HOSTILE, JOB, RUN, USERS, WARNING

from pg_xcopy.observe import events
from pg_xcopy.observe.verdicts import UNFINISHED, Outcome, Verdicts
from pg_xcopy.results import JobResult, WarningResult

CONNECTING, PLANNED, HALF, COPIED = RUN[:2], RUN[:3], RUN[:6], RUN[:9]
CLEANING = (*COPIED, events.StageStarted(JOB, events.Stage.CLEAN))


def verdicts(run, *, close=True):
    told = []
    observer = Verdicts(told.append)
    for event in run:
        observer(event)
    if close:
        observer.close()
    return told


def judged(run, **how):
    return [(each.outcome, each.table, each.result.rows, each.cause) for each in verdicts(run, **how)]


def finished(*warnings):
    return (*COPIED, events.JobFinished(JOB, JobResult(JOB, "r1", (USERS, HOSTILE), warnings, 2.0)))


def test_nothing_is_known_before_the_job_has_ended():
    assert judged(COPIED, close=False) == []


def test_done():
    assert judged(finished()) == [
        (Outcome.DONE, "app.users", 1500, ""),
        (Outcome.DONE, "app.[red]x[/]", 1, ""),
    ]


def test_warnings_belong_to_the_table_that_they_are_about():
    of_table = WarningResult("table skipped", "app.users", "it has no id")
    of_column = WarningResult("column left out", "app.users.phone", "nobody needs it")

    assert judged(finished(of_table, of_column))[0] == (
        Outcome.WARNED,
        "app.users",
        1500,
        "table skipped: it has no id\nphone: column left out: nobody needs it",
    )


def test_a_table_whose_name_begins_as_another():
    planned = events.Planned(JOB, (events.TableEstimate("app.a", 1, 1), events.TableEstimate("app.a.b", 1, 1)))
    tables = tuple(events.TableResult(name, 1, 1, 0.0) for name in ("app.a", "app.a.b"))
    warnings = tuple(WarningResult("partial", subject, "why") for subject in ("app.a.b.c", "app.ab"))
    end = events.JobFinished(JOB, JobResult(JOB, "r1", tables, warnings, 1.0))

    assert judged((RUN[0], planned, end)) == [
        (Outcome.DONE, "app.a", 1, ""),
        (Outcome.WARNED, "app.a.b", 1, "c: partial: why"),
        (Outcome.WARNED, "", 0, "app.ab: partial: why"),
    ]


def test_a_warning_about_no_table_is_the_jobs():
    assert judged(finished(WARNING))[2:] == [(Outcome.WARNED, "", 0, str(WARNING))]


def test_a_failed_job_undid_what_it_had_copied():
    assert judged((*COPIED, FAILED[-1])) == [
        (Outcome.FAILED, "app.users", 1500, "it broke."),
        (Outcome.FAILED, "app.[red]x[/]", 1, "it broke."),
    ]


def test_a_job_that_failed_in_the_middle_of_a_table():
    assert judged((*HALF, FAILED[-1])) == [
        (Outcome.FAILED, "app.users", 1000, "it broke."),
        (Outcome.FAILED, "app.[red]x[/]", 0, "it broke."),
    ]


def test_a_job_that_failed_before_its_tables_were_known():
    assert judged((*CONNECTING, FAILED[-1])) == [(Outcome.FAILED, "", 0, "it broke.")]


@pytest.mark.parametrize("so_far", [CONNECTING, PLANNED, COPIED], ids=len)
def test_a_run_that_ended_before_the_job(so_far):
    assert {(outcome, cause) for outcome, _, _, cause in judged(so_far)} == {(Outcome.FAILED, UNFINISHED)}


def test_a_run_that_ended_after_the_swap():
    assert judged(CLEANING) == [
        (Outcome.DONE, "app.users", 1500, ""),
        (Outcome.DONE, "app.[red]x[/]", 1, ""),
        (Outcome.WARNED, "", 0, f"there schema app: left behind: {UNFINISHED}; the next one drops what is left"),
    ]


def test_tables_that_were_committed_by_themselves_stay_done():
    kept = (*COPIED, events.TableKept(JOB, USERS.table))

    assert judged((*kept, events.JobFailed(JOB, "why"))) == [
        (Outcome.DONE, USERS.table, USERS.rows, ""),
        (Outcome.FAILED, HOSTILE.table, HOSTILE.rows, "why"),
    ]
    assert [each.outcome for each in verdicts(kept)] == [Outcome.DONE, Outcome.FAILED]


def test_a_run_that_ended_after_the_commit():
    warned = judged((*COPIED, events.StageStarted(JOB, events.Stage.ANALYZE)))

    assert [(outcome, table) for outcome, table, _, _ in warned] == [
        (Outcome.DONE, USERS.table),
        (Outcome.DONE, HOSTILE.table),
        (Outcome.WARNED, ""),
    ]
    assert warned[-1][3].endswith("the run ended before the job did; not all tables were analyzed")


def test_each_job_is_judged_once():
    assert judged((*FAILED, *finished())) == [*judged(FAILED), *judged(finished())]
    assert judged(FAILED) == judged(FAILED, close=False)


def test_where_and_when():
    first, _ = verdicts(finished())

    assert (first.job, first.run_id, first.target) == (JOB, "r1", "there schema app")
    assert (first.result.bytes, first.result.seconds) == (4096, 0.5)
    assert first.at.utcoffset() == timedelta(0)
