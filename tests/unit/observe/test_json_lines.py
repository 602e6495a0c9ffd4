"""Events as lines of JSON."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from msgspec.structs import fields, replace
from samples import BEGAN, FAILED, JOB, RESULT, RUN, USERS, WARNING

from pg_xcopy.observe import events, json_lines
from pg_xcopy.observe.json_lines import JsonLines
from pg_xcopy.observe.spans import Phase, Span
from pg_xcopy.observe.verdicts import UNFINISHED
from pg_xcopy.results import TableResult

SPAN = Span(Phase.COPY, "app.users", "copying app.users", 1, 0.0, 0.5)


def written(run, **how):
    lines = []
    observer = JsonLines(lines.append, **how)
    for event in run:
        observer(event)
    observer.close()
    assert all(line.endswith("\n") and line.count("\n") == 1 and line.isascii() for line in lines)
    return [json.loads(line) for line in lines]


def without(line, *keys):
    return {key: value for key, value in line.items() if key not in {"timestamp", *keys}}


def test_events_of_a_run():
    lines = written(RUN)

    assert [(line["event"], line["level"]) for line in lines] == [
        ("job_started", "INFO"),
        ("stage_started", "INFO"),
        ("planned", "INFO"),
        ("stage_started", "INFO"),
        ("table_copied", "INFO"),
        ("table_copied", "INFO"),
        ("warned", "WARN"),
        ("job_finished", "INFO"),
        ("audit", "INFO"),
        ("audit", "INFO"),
        ("audit", "WARN"),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"]) for line in lines)


def test_what_they_hold():
    lines = {line["event"]: without(line, "level", "event", "message") for line in written(RUN[:8] + RUN[-2:])}

    assert lines["job_started"] == {
        "job": JOB, "run_id": "r1", "source": "here schema app", "target": "there schema app",
        "began": "2025-03-01T02:00:41.000Z",
    }  # fmt: skip
    assert lines["stage_started"] == {"job": JOB, "run_id": "r1", "stage": "copy rows"}
    assert lines["planned"] == {"job": JOB, "run_id": "r1", "tables": 2, "rows": 3000}
    assert lines["table_copied"] == {
        "job": JOB, "run_id": "r1", "table": "app.users", "rows": 1500, "bytes": 4096, "seconds": 0.5,
        "bytes_per_second": 8192,
    }  # fmt: skip
    assert lines["warned"] == {
        "job": JOB, "run_id": "r1", "topic": "constraint left out", "subject": "app.[red]x.k", "reason": "it can't hold"
    }  # fmt: skip
    assert lines["job_finished"] == {
        "job": JOB, "run_id": "r1", "tables": 2, "warnings": 1, "rows": 1501, "bytes": 4106, "seconds": 2.0,
        "bytes_per_second": 2053,
    }  # fmt: skip


def test_the_audit_is_among_them():
    audit = [without(line, "level", "event") for line in written(FAILED) if line["event"] == "audit"]

    assert audit[0] == {
        "outcome": "failed",
        "job": JOB,
        "run_id": "r1",
        "target": "there schema app",
        "table": "app.users",
        "rows": 1000,
        "bytes": 2000,
        "bytes_per_second": audit[0]["bytes_per_second"],
        "seconds": audit[0]["seconds"],
        "cause": "it broke.",
        "message": audit[0]["message"],
    }
    assert audit[0]["message"].startswith(
        "❌ Error copying app.users → there schema app (job copy [all], run r1): 1,000"
    )


def test_a_failure():
    failed = next(line for line in written(FAILED) if line["event"] == "job_failed")

    assert without(failed) == {
        "level": "ERROR", "event": "job_failed", "job": JOB, "run_id": "r1", "reason": "it broke.",
        "code": "database_error", "sqlstate": "57P01", "seconds": 0.5, "message": "copy [all]: failed: it broke.",
    }  # fmt: skip


def test_a_run_without_an_end():
    assert [line["cause"] for line in written(RUN[:4])[-2:]] == [UNFINISHED] * 2


def test_what_is_always_there():
    assert {line["requestId"] for line in written(RUN, always={"requestId": "q1"})} == {"q1"}


def test_verbose():
    more = {line["event"] for line in written(RUN, level="DEBUG")} - {line["event"] for line in written(RUN)}

    assert more == {"table_started", "worked"}


def test_where_the_time_went():
    copied, made = [line for line in written(RUN, level="DEBUG") if line["event"] == "worked"]

    assert without(copied, "message") == {
        "level": "DEBUG", "event": "worked", "job": JOB, "phase": "copy", "table": "app.users",
        "doing": "copying app.users", "worker": 1, "started": 0.5, "seconds": 0.5, "rows": 1500, "bytes": 4096,
        "failed": False, "run_id": "r1", "bytes_per_second": 8192,
    }  # fmt: skip
    assert (made["phase"], made["worker"], made["started"]) == ("keys", 2, 1.0)


def test_a_long_table_gives_a_sign_of_life_now_and_then(monkeypatch):
    now = iter([0.0, 10.0, 31.0, 40.0])
    monkeypatch.setattr(json_lines.time, "monotonic", lambda: next(now))

    lines = written([events.TableProgress(JOB, "app.users", rows, rows) for rows in (1, 2, 3, 4)])

    assert [(line["event"], line["rows"]) for line in lines] == [("table_progress", 3)]


@pytest.mark.parametrize(("level", "least"), [("INFO", 1), ("WARN", 2), ("ERROR", 3)])
def test_how_much(level, least):
    order = ["DEBUG", "INFO", "WARN", "ERROR"]

    assert {order.index(line["level"]) for line in written(FAILED, level=level)} <= set(range(least, 4))
    assert [line["event"] for line in written(FAILED, level=level)].count("job_failed") == 1


def test_which_target():
    run = [replace(event, to="there/one") for event in RUN[:-1]]

    lines = written(run)

    assert {line["to"] for line in lines if line["event"] != "audit"} == {"there/one"}


def test_every_event_has_a_line():
    """Also one that somebody thinks of later."""
    names = {each: re.sub("([a-z])([A-Z])", r"\1_\2", each.__name__).lower() for each in get_args(events.Event)}
    values = {"job": "a", "table": "b", "stage": events.Stage.COPY, "tables": (), "result": RESULT, "warning": WARNING,
              "span": SPAN, "began": BEGAN, "message": "c", "hint": ""}  # fmt: skip
    for kind, name in names.items():
        given = {field.name: values.get(field.name, 0) for field in fields(kind) if field.name != "to"}
        if kind is events.TableCopied:
            given["result"] = USERS

        lines = written([kind(**given), kind(**given)], level="DEBUG")

        assert name in {line["event"] for line in lines} or kind is events.TableProgress


def test_no_name_breaks_a_line():
    (line,) = written([events.TableCopied(JOB, TableResult("a\n{\u2028\udc80", 1, 1, 0.0))])

    assert line["table"] == "a\n{\u2028\udc80"
