"""The audit log: its lines, its file, and what happens when it can't be written."""

from __future__ import annotations

import re
import resource
import stat
from contextlib import contextmanager
from datetime import datetime, timezone

import pytest
from msgspec.structs import replace
from samples import FAILED, JOB, RUN, USERS

import pg_xcopy
from pg_xcopy.errors import AuditLogError
from pg_xcopy.observe import audit, events
from pg_xcopy.observe.audit import AuditLog, audit_line, audit_text
from pg_xcopy.observe.verdicts import Outcome, Verdict
from pg_xcopy.observe.wording import one_line
from pg_xcopy.results import JobResult, UpsertedTable, WarningResult

NOON = datetime(2024, 5, 1, 12, 0, 3, tzinfo=timezone.utc)
WHERE = "→ there schema app (job copy [all], run r1)"


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    """It is noon, and stays so."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            assert tz is timezone.utc
            return NOON

    monkeypatch.setattr(audit, "datetime", Clock)


def logged(directory, *run):
    with AuditLog(directory) as log:
        for event in run:
            log(event)
    return [line[len("2024-05-01T12:00:03Z ") :] for line in log.path.read_text(encoding="utf-8").splitlines()]


def verdict(table="app.users", **differences):
    given = {"job": "copy", "run_id": "r1", "target": "there schema app", "cause": ""}
    return Verdict(
        **{"at": NOON, "outcome": Outcome.DONE, "result": replace(USERS, table=table), **given, **differences}
    )


# --- Lines


def test_lines_of_a_run_that_was_done(tmp_path):
    lost = WarningResult("constraint left out", "app.users.k", "it can't hold")
    dropped = WarningResult("dropped with the old schema", "view app.v", "the copy brings none")
    end = events.JobFinished(JOB, JobResult(JOB, "r1", (USERS, RUN[8].result), (lost, dropped), 2.0))

    assert logged(tmp_path, *RUN[:9], end) == [
        f"⚠️ Done with warnings: app.users {WHERE}: 1,500 rows, 4.0 KiB in 500 ms: k: constraint left out: "
        "it can't hold",
        f"✅ Done: app.[red]x[/] {WHERE}: 1 row, 10 B in 0 ms",
        f"⚠️ Warning: {WHERE}: view app.v: dropped with the old schema: the copy brings none",
    ]


def test_lines_of_a_run_that_failed(tmp_path):
    assert logged(tmp_path, *RUN[:9], FAILED[-1]) == [
        f"❌ Error copying app.users {WHERE}: 1,500 rows, 4.0 KiB in 500 ms, undone: it broke.",
        f"❌ Error copying app.[red]x[/] {WHERE}: 1 row, 10 B in 0 ms, undone: it broke.",
    ]


def test_line_of_a_run_that_did_not_get_as_far_as_a_table(tmp_path):
    assert logged(tmp_path, *RUN[:2], FAILED[-1]) == [f"❌ Error: nothing copied {WHERE}: it broke."]


def test_a_line_begins_with_its_time_in_utc():
    assert audit_line(verdict()) == (
        "2024-05-01T12:00:03Z ✅ Done: app.users → there schema app (job copy, run r1): 1,500 rows, 4.0 KiB in 500 ms"
    )


def test_a_line_of_an_upsert():
    result = UpsertedTable("app.users", 1500, 4096, 0.5, inserted=3, updated=1)

    assert audit_text(replace(verdict(), result=result)).endswith(
        ": 1,500 rows (3 inserted, 1 updated), 4.0 KiB in 500 ms"
    )


FORGED = "x\n2024-05-01T12:00:03Z ✅ Done: app.users"


@pytest.mark.parametrize("field", ["table", "job", "target", "cause", "run_id"])
@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_name_makes_up_a_line(field, separator):
    line = audit_line(verdict(**{field: FORGED.replace("\n", separator)}))

    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x9b", "\u202e", "\u200f", "\udc80"])
def test_no_name_takes_over_a_terminal(character):
    line = audit_line(verdict(table=f"app.{character}x", cause=character))

    assert character not in line
    assert line.encode().isascii() is False


def test_a_message_of_several_lines_is_one():
    assert one_line("job a can't run, 2 problems:\n  x: no such table\n\n  y: neither") == (
        "job a can't run, 2 problems: x: no such table; y: neither"
    )


# --- The file


def test_name_and_mode(tmp_path):
    with AuditLog(tmp_path) as log:
        assert log.path == tmp_path / "audit_20240501_120003.log"
        assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_two_runs_in_one_second_and_what_lies_there_already(tmp_path):
    first = tmp_path / "audit_20240501_120003.log"
    first.write_text("mine", encoding="utf-8")
    (tmp_path / "audit_20240501_120003_2.log").symlink_to(tmp_path / "elsewhere")

    with AuditLog(tmp_path) as one, AuditLog(tmp_path) as other:
        names = [one.path.name, other.path.name]

    assert names == ["audit_20240501_120003_3.log", "audit_20240501_120003_4.log"]
    assert first.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_the_directory_is_made(tmp_path):
    with AuditLog(tmp_path / "new" / "log") as log:
        assert log.path.parent == tmp_path / "new" / "log"


def test_each_line_is_there_as_soon_as_it_is_known(tmp_path):
    with AuditLog(tmp_path) as log:
        for event in RUN:
            log(event)

        assert log.path.read_text(encoding="utf-8").count("\n") == 3


@pytest.mark.parametrize(
    ("below", "reason"),
    [("file", "Not a directory"), ("file/below", "Not a directory"), ("\0", "embedded null byte")],
)
def test_where_no_file_can_be(below, reason, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(AuditLogError) as caught:
        AuditLog(f"{tmp_path}/{below}")

    assert caught.value.exit_code == 2
    assert caught.value.sentence == f"the audit log can't be written in {tmp_path}/{below}: {reason}; nothing was run."


def test_no_directory_is_not_this_one():
    with pytest.raises(AuditLogError, match="no directory is named"):
        AuditLog("")


# --- Writing that fails


@contextmanager
def files_of_at_most(size):
    """As on a disk that is full: what goes beyond is refused by the system."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_that_can_not_be_written_fails_nothing(tmp_path):
    said = []
    with AuditLog(tmp_path, warn=said.append) as log:
        with files_of_at_most(30):
            for event in RUN:
                log(event)
        for event in FAILED:
            log(event)

    assert log.complete is False
    assert said == [f"the audit log {log.path} is not complete: File too large"]
    torn, first, *_ = log.path.read_bytes().split(b"\n")
    assert len(torn) == 30
    assert re.match(rb"....-..-..T..:..:..Z \xe2\x9d\x8c Error copying app.users", first)


def test_by_default_it_is_logged(tmp_path, caplog):
    with AuditLog(tmp_path) as log, files_of_at_most(0):
        for event in RUN:
            log(event)

    assert [record.name for record in caplog.records] == ["pg_xcopy"]
    assert caplog.messages == [f"the audit log {log.path} is not complete: File too large"]


def test_a_log_that_could_be_written_is_complete(tmp_path):
    with AuditLog(tmp_path) as log:
        for event in RUN:
            log(event)

    assert log.complete


def test_programs_have_it_too():
    assert pg_xcopy.AuditLog is AuditLog
