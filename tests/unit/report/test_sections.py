"""From events to what the page says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from made_up import LEFT_OUT, beginning, plan, report, result, whole
from pg_xcopy.errors import TargetLockedError
from pg_xcopy.observe import events
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.plan import Notice, Resources, Topic
from pg_xcopy.report.hints import HINTS, hint_of
from pg_xcopy.report.page import State
from pg_xcopy.results import UpsertedTable, WarningResult

FAILED = events.JobFailed("copy", "it broke. Mend it.", hint="Mend it.")


def test_done():
    page = report(*whole(plan())).page()

    (job,) = page.jobs
    assert (page.state, page.headline, page.sentence) == (State.DONE, "Done", "2 tables, 201 rows, 3.9 KiB in 4.0 s.")
    assert [(each.value, each.what, each.remark) for each in job.figures] == [
        ("2", "tables", ""), ("201", "rows", "402 rows/s while copying"), ("3.9 KiB", "of COPY data", "7.9 KiB/s"),
        ("4.0 s", "from connecting to cleaning up", ""), ("0", "warnings", ""),
        ("0", "constraints and indexes", "left out or not valid"),
    ]  # fmt: skip
    users = job.tables[0]
    assert (users.name, users.became, users.rows, users.written, users.bytes) == (
        "app.users",
        "copied",
        100,
        "100",
        2000,
    )
    assert (users.copying, users.after, users.rate) == (0.5, 0.25, 200)
    assert [bar.group for bar in users.bars] == ["copy", "keys"]
    assert [(each.name, each.became) for each in job.parts] == [
        ("app.users.users_pkey", "made"), ("app.orders.orders_pkey", "made"), ("app.orders.orders_users_fkey", "made")
    ]  # fmt: skip
    assert job.versions == (("Source", "PostgreSQL 17.5"), ("Target", "PostgreSQL 12.22"))


def test_warnings_have_hints_and_losses_come_first():
    dropped = Notice(Topic.DROPPED, "app.old", "this table stands in the target")
    page = report(*whole(plan(notices=(dropped, LEFT_OUT)))).page()

    (job,) = page.jobs
    assert (page.state, job.warned) == (State.WARNED, 2)
    assert [each.topic for each in job.warnings] == ["constraint left out", "dropped with the old schema"]
    assert job.warnings[0].hint == hint_of("constraint left out") != ""
    (lost,) = [each for each in job.parts if each.became == "left out"]
    assert (lost.kind, lost.why) == ("foreign key", "it refers to gone, which is not copied")


def test_a_constraint_that_could_not_be_made():
    happened = list(whole(plan()))
    why = WarningResult(
        "constraint left out", "app.orders.orders_users_fkey", "FOREIGN KEY (r) REFERENCES users: rows refer to others"
    )
    happened[-1] = replace(happened[-1], result=replace(happened[-1].result, warnings=(why,)))

    (job,) = report(*happened).page().jobs

    key = job.parts[-1]
    assert (key.kind, key.became, key.why) == ("foreign key", "left out", "rows refer to others")
    assert [line.holds for drawn in job.diagram.drawings for line in drawn.lines] == [False]


def test_failed():
    """What was copied is undone, and the page says so table by table."""
    happened = [
        *beginning(plan(("users", "orders", "lines"))),
        events.TableStarted("copy", "app.users"),
        events.TableCopied("copy", result("users")),
        events.TableStarted("copy", "app.orders"),
        events.TableProgress("copy", "app.orders", 7, 140),
        FAILED,
    ]

    page = report(*happened).page()

    (job,) = page.jobs
    assert (page.state, job.sentence, job.hint) == (State.FAILED, "it broke.", "Mend it.")
    assert job.effect == "The target is as it was."
    assert [(each.became, each.rows, each.written) for each in job.tables] == [
        ("copied, undone", 100, ""), ("broke off, undone", 7, ""), ("not begun", None, "")
    ]  # fmt: skip
    assert {each.became for each in job.parts} == {"not on the target"}


def test_tables_that_stay_though_the_job_failed():
    happened = [
        *beginning(plan()),
        events.TableCopied("copy", result("users")),
        events.TableKept("copy", "app.users"),
        FAILED,
    ]

    (job,) = report(*happened).page().jobs

    assert job.effect == "Of its tables only these are filled: app.users."
    assert [each.became for each in job.tables] == ["copied", "not begun"]


@pytest.mark.parametrize(
    ("stage", "effect"),
    [
        (events.Stage.COPY, "The target is as it was."),
        (events.Stage.COMMIT, "Its COMMIT was under way: either all of its rows are in, or none."),
        (events.Stage.CLEAN, "The new schema is in place, the next run drops the old."),
    ],
)
def test_stopped_by_a_signal(stage, effect):
    told = report(
        *beginning(plan()), events.StageStarted("copy", stage), hidden={"copy": frozenset(), "next": frozenset()}
    )
    told.stopped = "SIGTERM"

    page = told.page()

    assert (page.headline, page.sentence) == ("Stopped by SIGTERM", "2 jobs: 1 stopped, 1 not begun.")
    assert [(each.job, each.state, each.effect) for each in page.jobs] == [
        ("copy", State.STOPPED, effect), ("next", State.NOT_BEGUN, "")
    ]  # fmt: skip


def test_a_job_that_had_failed_before_a_signal_ended_the_run_has_failed():
    cancelled = events.JobFailed("next", "stopped on request; the target is as it was.", code="cancelled_error")
    told = report(
        *(*beginning(plan()), FAILED, *beginning(plan(), "next"), cancelled),
        hidden={"copy": frozenset(), "next": frozenset()},
    )
    told.stopped = "SIGINT"

    assert [each.state for each in told.page().jobs] == [State.FAILED, State.STOPPED]


def test_several_targets():
    one, other = plan(), plan(("users",), ())

    page = report(*whole(one, to="a/x"), *beginning(other, to="b/x"), replace(FAILED, to="b/x")).page()

    assert page.sentence == "1 job, 2 targets: 1 failed, 1 done."
    assert [(each.title, each.state, len(each.tables)) for each in page.jobs] == [
        ("copy → a/x", State.DONE, 2), ("copy → b/x", State.FAILED, 1)
    ]  # fmt: skip


def test_a_plan():
    told = report(kind="plan")
    told.collector.planned("copy", [plan(notices=(LEFT_OUT,))])

    page = told.page()

    (job,) = page.jobs
    assert (page.state, job.warned, [each.became for each in job.tables]) == (State.PLANNED, 1, ["planned", "planned"])
    assert [each.became for each in job.parts] == ["will be made", "will be made", "will be made", "left out"]
    assert job.plan.sql.count("COPY") == 4


@pytest.mark.parametrize("wakes", [True, False])
def test_a_plan_says_whether_the_wal_writer_is_woken(wakes):
    told = report(kind="plan")
    told.collector.planned("copy", [plan(resources=Resources(2, 2, None, (), wakes_wal_writer=wakes))])

    (job,) = told.page().jobs
    assert [title for title, _ in job.plan.facts if title == "WAL of the rows"] == ["WAL of the rows"] * wakes


def test_nothing_began():
    error = TargetLockedError("target", "staging", "another run")
    told = report()
    told.failed(error)

    page = told.page()

    assert (page.state, page.sentence, page.hint) == (State.FAILED, error.sentence, error.hint)


def test_rows_that_were_upserted():
    happened = [*whole(plan(("users",), ()))]
    table = UpsertedTable("app.users", 9, 100, 1.0, "", 4, 3)
    happened[-1] = replace(happened[-1], result=replace(happened[-1].result, tables=(table,)))

    assert report(*happened).page().jobs[0].tables[0].written == "4 inserted, 3 updated"


def test_secrets_are_hidden_wherever_they_are():
    planned = plan()
    planned = replace(
        planned, copies=(replace(planned.copies[0], condition=planned.copies[0].select + " = 'hush-hush'"),)
    )
    told = report(*whole(planned), hidden={"copy": frozenset({"hush-hush"})})

    page = told.page()

    assert "hush-hush" not in repr(page)
    assert "***" in page.jobs[0].plan.tables[0].condition


def test_the_picture():
    (job,) = report(*whole(plan(("users", "orders", "alone"), notices=(LEFT_OUT,)))).page().jobs

    (drawn,) = job.diagram.drawings
    boxes = {box.node.label: box for box in drawn.boxes}
    assert job.diagram.alone == ("alone",)
    assert boxes["users"].x < boxes["orders"].x
    assert (boxes["gone"].node.copied, boxes["orders"].node.remark) == (False, "101 rows")
    assert sorted((line.label, line.holds) for line in drawn.lines) == [
        ("orders → gone: orders_gone_fkey (left out)", False), ("orders → users: orders_users_fkey", True)
    ]  # fmt: skip


def test_every_topic_has_a_hint():
    assert set(HINTS) == set(Topic)
    assert all(each.endswith(".") for each in HINTS.values())


def test_phases_of_a_table_that_are_not_its_rows():
    (job,) = report(*whole(plan())).page().jobs

    assert {each.phase for each in job.timeline.shares} == {Phase.PLAN.value, Phase.COPY.value, Phase.KEYS.value}
