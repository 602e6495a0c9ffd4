"""What an operator sees of a run: lines of JSON, a summary."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from commanding import HEAD, manifest, urls, wait_until, write

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "summary.schema.json").read_text(encoding="utf-8"))
NOWHERE = {
    "SOURCE_DB_URL": "postgresql://u:s3cr3t@127.0.0.1:1/x",
    "TARGET_DB_URL": "postgresql://u:s3cr3t@127.0.0.1:1/y",
}
FULL = Path("/dev/full")
SLEEPING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name LIKE 'pg-xcopy%%'"


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("""
        CREATE TABLE authors (id int PRIMARY KEY, name text); INSERT INTO authors VALUES (1, 'a secret name'), (2, 'b');
        CREATE TABLE books (id int PRIMARY KEY, author int REFERENCES authors);
        INSERT INTO books VALUES (1, 1), (2, 2), (3, 2);
        """)
    return urls(source_db, target_db)


def logged(done):
    """The lines of a log, each of which is JSON."""
    return [json.loads(line) for line in done.stderr.splitlines()]


def summary_in(path):
    summary = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(summary, SCHEMA)
    return summary


# --- The log


def test_the_questions_of_the_morning(run_cli, tmp_path, databases):
    """Did last night's run succeed, how long, how many rows, which constraint was dropped, why."""
    text = manifest("{tables: {books: {}, authors: {where: {id: 1}}}}", "nightly")

    done = run_cli("run", write(tmp_path, text), "--log-format", "json", env=databases)

    lines = logged(done)
    ended = lines[-1]
    assert (ended["event"], ended["outcome"], ended["exit_code"], ended["level"]) == (
        "run_finished", "done with warnings", 0, "WARN"
    )  # fmt: skip
    assert (ended["rows"], ended["jobs"], ended["failed"], ended["warnings"]) == (4, 1, 0, 1)
    assert 0 < ended["seconds"] < 60
    (warned,) = [line for line in lines if line["event"] == "warned"]
    assert (warned["job"], warned["topic"], warned["subject"], warned["reason"]) == (
        "nightly",
        "constraint left out",
        "public.books.books_author_fkey",
        "FOREIGN KEY (author) REFERENCES authors(id): "
        "rows refer to others that were not copied, or that a transform changed",
    )
    copied = {line["table"]: line["rows"] for line in lines if line["event"] == "table_copied"}
    assert copied == {"public.authors": 1, "public.books": 3}
    assert len({line["run_id"] for line in lines if "job" in line}) == 1
    assert all("run_id" in line for line in lines if "job" in line)
    assert done.stdout == ""


def test_verbose_says_where_the_time_went(run_cli, tmp_path, databases):
    text = manifest("{tables: {authors: {}}}")

    done = run_cli("copy", "-c", write(tmp_path, text), "-v", env={**databases, "PG_XCOPY_LOG_FORMAT": "json"})

    phases = [line["phase"] for line in logged(done) if line["event"] == "worked"]
    assert {"connect", "plan", "check", "build", "copy", "swap", "clean up"} <= set(phases)


def test_a_failure_has_its_code(run_cli, tmp_path, databases):
    text = manifest("{tables: {authors: {transform: {id: 1 / (id - 2)}}}}")

    done = run_cli("run", write(tmp_path, text), "-q", "--log-format", "json", env=databases)

    assert done.code == 1
    failed, audited, ended = logged(done)
    assert (failed["event"], failed["code"], failed["sqlstate"]) == ("job_failed", "database_error", "22012")
    assert (audited["event"], audited["table"]) == ("audit", "public.authors")
    assert (ended["event"], ended["outcome"], ended["exit_code"]) == ("run_finished", "failed", 1)


@pytest.mark.parametrize(
    ("text", "code"), [("jobs: {a: {}}", "manifest_error"), (HEAD.replace("}}", "}}\njobs: {}"), "manifest_error")]
)
def test_a_wrong_manifest_is_told_in_json_too(run_cli, tmp_path, text, code):
    done = run_cli("run", write(tmp_path, text), "--log-format", "json", env=NOWHERE)

    assert done.code == 2
    error, ended = logged(done)
    assert (error["event"], error["code"], error["exit_code"]) == ("error", code, 2)
    assert (ended["event"], ended["outcome"], ended["exit_code"]) == ("run_finished", "failed", 2)


def test_no_secret_and_no_value_of_a_row(run_cli, tmp_path, databases):
    text = manifest("{tables: {authors: {transform: {id: name::int}}}}")

    rows = run_cli("run", write(tmp_path, text), "-v", "--log-format", "json", "--summary", "s.json", env=databases)
    down = run_cli("run", write(tmp_path, text), "-v", "--log-format", "json", "--summary", "t.json", env=NOWHERE)

    told = rows.stderr + down.stderr + (tmp_path / "s.json").read_text() + (tmp_path / "t.json").read_text()
    assert (rows.code, down.code) == (1, 1)
    assert "a secret name" not in told
    assert "s3cr3t" not in told


@pytest.mark.skipif(not FULL.exists(), reason=f"this system has no {FULL}")
def test_a_log_that_can_not_be_written_breaks_no_job(tmp_path, databases, target_db):
    path = write(tmp_path, manifest("{tables: {authors: {}}}"))
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pg_xcopy", "run", str(path), "--log-format", "json"],
            env={**os.environ, **databases},
            stderr=full,
            check=False,
        )

    assert done.returncode == 0
    assert target_db.value("SELECT count(*) FROM authors") == 2


# --- The summary


def test_a_summary_of_jobs(run_cli, tmp_path, databases):
    text = f"{HEAD}jobs:\n  a: {{tables: {{authors: {{}}}}, target: {{schema: a}}}}\n  b: {{tables: {{boks: {{}}}}}}\n"

    done = run_cli("run", write(tmp_path, text), "--json", "--summary", "run.json", env=databases)

    summary = summary_in(tmp_path / "run.json")
    assert (summary["outcome"], summary["exit_code"], summary["rows"]) == ("failed", 1, 2)
    assert summary["jobs"] == json.loads(done.stdout)["jobs"]
    one, other = summary["jobs"]
    assert (one["job"], one["status"], len(one["run_id"]), one["tables"][0]["table"]) == (
        "a",
        "done",
        8,
        "public.authors",
    )
    assert (other["job"], other["status"], other["error"]["code"]) == ("b", "failed", "plan_error")
    assert other["run_id"] != one["run_id"]


def test_a_summary_of_a_run_that_is_stopped(start_cli, tmp_path, databases, source_db):
    text = (
        f"{HEAD}jobs:\n  a: {{tables: {{books: {{transform: {{id: 'id + length(pg_sleep(60)::text)'}}}}}}}}\n"
        "  b: {tables: {authors: {}}, target: {schema: b}}\n"
    )
    run = start_cli("run", write(tmp_path, text), "--summary", "run.json", "--log-format", "json", env=databases)
    wait_until(lambda: source_db.rows(SLEEPING))

    run.send_signal(signal.SIGTERM)
    _, told = run.communicate(timeout=60)

    assert run.returncode == 143
    summary = summary_in(tmp_path / "run.json")
    assert (summary["outcome"], summary["exit_code"]) == ("stopped", 143)
    assert [(job["job"], job["status"]) for job in summary["jobs"]] == [("a", "stopped"), ("b", "not run")]
    assert summary["jobs"][0]["error"]["message"] == "stopped by SIGTERM; the target is as it was"
    assert json.loads(told.splitlines()[-1])["outcome"] == "stopped"


def test_a_summary_of_a_wrong_manifest(run_cli, tmp_path):
    done = run_cli("run", write(tmp_path, "jobs: {a: {}}"), "--summary", "run.json")

    assert done.code == 2
    summary = summary_in(tmp_path / "run.json")
    assert (summary["outcome"], summary["exit_code"], summary["jobs"]) == ("failed", 2, [])
    assert summary["error"]["code"] == "manifest_error"


def test_what_some_targets_took(run_cli, tmp_path, databases):
    text = manifest(
        "{targets: [{database: target}, {database: 'host=127.0.0.1 port=1'}], tables: {authors: {}}}"
    ).replace(", target: {database: target}", "")

    run_cli("run", write(tmp_path, text), "--summary", "run.json", env=databases)

    (job,) = summary_in(tmp_path / "run.json")["jobs"]
    assert (job["status"], job["rows"], len(job["failures"])) == ("failed", 2, 1)


def test_a_summary_that_can_not_be_written_is_a_warning(run_cli, tmp_path, databases):
    path = write(tmp_path, manifest("{tables: {authors: {}}}"))

    plain = run_cli("run", path, "--summary", "no/run.json", env=databases)
    strict = run_cli(
        "run", path, "--summary", "no/run.json", "--fail-on-warnings", "--log-format", "json", env=databases
    )

    assert plain.code == 0
    assert plain.stderr.splitlines()[-1] == (
        "warning: the summary can't be written to no/run.json: No such file or directory"
    )
    assert strict.code == 3
    warned, ended = logged(strict)[-2:]
    assert (warned["topic"], warned["subject"]) == ("summary", "no/run.json")
    assert (ended["outcome"], ended["exit_code"], ended["warnings"]) == ("done with warnings", 3, 1)
