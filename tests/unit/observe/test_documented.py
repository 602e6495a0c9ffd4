"""docs/observability.md says of every event which fields its line has, and says nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

from msgspec.structs import replace
from samples import JOB, RESULT, RUN, USERS

from pg_xcopy.cli.manner import Manner
from pg_xcopy.cli.talking import JsonTalk
from pg_xcopy.errors import DatabaseError
from pg_xcopy.observe import events
from pg_xcopy.observe.json_lines import JsonLines
from pg_xcopy.observe.spans import Phase
from pg_xcopy.observe.summary import RunSummary, done
from pg_xcopy.results import WarningResult

DOCS = Path(__file__).parents[3] / "docs" / "observability.md"
TEXT = DOCS.read_text(encoding="utf-8")
EVERYWHERE = {"timestamp", "level", "event", "message"}
OF_A_JOB = {"job", "run_id", "to"}
ROW = re.compile(r"^\| `(\w+)` \| ([A-Z, ]+) \| (.*) \|$", re.MULTILINE)
DOCUMENTED = {
    name: (set(levels.split(", ")), set(re.findall(r"`(\w+)`", fields))) for name, levels, fields in ROW.findall(TEXT)
}
ALL = (
    *RUN,
    events.TableKept(JOB, "app.users"),
    events.TableStarted(JOB, "app.users"),
    events.JobStarted(JOB, "r1", "here", "there"),
    events.TableProgress(JOB, "app.users", 1, 2),
    events.TableProgress(JOB, "app.users", 3, 4),
    events.JobFailed(JOB, "it broke. Mend it.", hint="Mend it.", code="database_error", sqlstate="57P01", seconds=0.5),
)


def written(monkeypatch, capsys):
    """A line of every kind."""
    monkeypatch.setattr("pg_xcopy.observe.json_lines.PROGRESS_SECONDS", 0.0)
    lines = []
    observer = JsonLines(lines.append, level="DEBUG")
    for event in ALL:
        observer(replace(event, to="there"))
    talk = JsonTalk(Manner(as_json=False, verbose=True, quiet=False, fail_on_warnings=False))
    talk.failed(JOB, DatabaseError("source", "prod", "copying", "it ended", "57P01"))
    talk.warn(WarningResult("summary", "x.json", "can't be written"))
    started = RUN[0].began
    talk.ended(RunSummary("1", 0, started, 1.0, (done(RESULT, started),)))
    lines += capsys.readouterr().err.splitlines()
    return [json.loads(line) for line in lines]


def test_every_line_is_documented_and_every_documented_field_is_there(monkeypatch, capsys):
    found: dict[str, set[str]] = {}
    for line in written(monkeypatch, capsys):
        assert EVERYWHERE - {"message"} <= line.keys()
        assert line["level"] in DOCUMENTED[line["event"]][0]
        found.setdefault(line["event"], set()).update(line.keys() - EVERYWHERE - OF_A_JOB)

    expected = {name: fields for name, (_, fields) in DOCUMENTED.items()}
    assert expected["error"] - found["error"] <= {"hint"}
    assert {**found, "error": expected["error"]} == expected


def test_every_event_is_documented():
    names = {re.sub("([a-z])([A-Z])", r"\1_\2", each.__name__).lower() for each in get_args(events.Event)}

    assert names <= DOCUMENTED.keys()


def test_every_line_of_a_job_names_its_run(monkeypatch, capsys):
    lines = [line for line in written(monkeypatch, capsys) if line["event"] not in {"error", "run_finished"}]

    assert all(line["run_id"] == "r1" and line["job"] == JOB for line in lines if "job" in line)
    assert [line["event"] for line in lines if "job" not in line] == ["warned"]


def test_every_phase_is_documented():
    assert {each.value for each in Phase} <= set(re.findall(r"`([\w ]+)`", TEXT.replace("\n", " ")))


def test_an_upsert_says_more():
    assert {"inserted", "updated"} <= set(re.findall(r"`(\w+)`", TEXT))
    assert USERS.table in str(ALL)
