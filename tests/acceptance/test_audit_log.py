"""`run --audit-log DIR`: a line for each table, true whatever became of the run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from commanding import HEAD, manifest, urls, wait_until, write

from pg_xcopy import AuditLog, load_manifest, run_jobs

BOOKS = manifest("tables: {books: {}, authors: {}}")
NOWHERE = {"SOURCE_DB_URL": "host=127.0.0.1 port=1", "TARGET_DB_URL": "host=127.0.0.1 port=1"}
LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (.*) → target schema public \(job copy, run [0-9a-f]{8}\)(.*)")


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("""
        CREATE TABLE authors (id int PRIMARY KEY); INSERT INTO authors VALUES (1), (2);
        CREATE TABLE books (id int, author int REFERENCES authors); INSERT INTO books VALUES (1, 1), (2, 2), (3, 1);
        """)
    return urls(source_db, target_db)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def lines(log):
    """What each line says before and after the target, its time and its run's name aside."""
    (file,) = log.iterdir()
    assert re.fullmatch(r"audit_\d{8}_\d{6}\.log", file.name)
    found = [LINE.fullmatch(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return sorted((each[2], re.sub(r" in [\d.]+ m?s", "", each[3])) for each in found)


def test_done(run_cli, tmp_path, databases, log):
    done = run_cli("run", write(tmp_path, BOOKS), "--audit-log", log, env=databases)

    assert done.code == 0, done.stderr
    assert lines(log) == [("✅ Done: public.authors", ": 2 rows, 41 B"), ("✅ Done: public.books", ": 3 rows, 75 B")]


def test_done_with_warnings(run_cli, tmp_path, databases, log):
    text = manifest("tables: {books: {}, authors: {where: {id: 1}}}")

    done = run_cli("run", write(tmp_path, text), "-q", env={**databases, "PG_XCOPY_AUDIT_LOG": str(log)})

    assert done.code == 0, done.stderr
    assert lines(log) == [
        (
            "⚠️ Done with warnings: public.books",
            ": 3 rows, 75 B: books_author_fkey: constraint left out: FOREIGN KEY (author) REFERENCES authors(id): "
            "rows refer to others that were not copied, or that a transform changed",
        ),
        ("✅ Done: public.authors", ": 1 row, 31 B"),
    ]


def test_a_table_that_a_failed_job_threw_away_was_not_done(run_cli, tmp_path, databases, log, target_db):
    """The foreign key is refused at the very end, when all rows of both tables were in."""
    text = manifest("{strict: true, tables: {books: {}, authors: {where: {id: 1}}}}")

    done = run_cli("run", write(tmp_path, text), "-v", "--audit-log", log, env=databases)

    assert done.code == 1
    assert "copy: public.books: 3 rows" in done.stderr
    assert target_db.rows("SELECT 1 FROM pg_class WHERE relname = 'books'") == []
    (authors, why), (books, _) = lines(log)
    assert (authors, books) == ("❌ Error copying public.authors", "❌ Error copying public.books")
    assert why.startswith(": 1 row, 31 B, undone: job copy is strict and 1 thing can't be replicated;")


def test_a_job_whose_source_is_not_there(run_cli, tmp_path, log):
    done = run_cli("run", write(tmp_path, BOOKS), "--audit-log", log, env=NOWHERE)

    assert done.code == 1
    ((what, why),) = lines(log)
    assert what == "❌ Error: nothing copied"
    assert why.startswith(": can't connect to the source source:")


def test_a_run_that_is_stopped(start_cli, tmp_path, databases, log, source_db):
    text = manifest("{tables: {authors: {}, books: {transform: {id: 'id + length(pg_sleep(60)::text)'}}}}")
    run = start_cli("run", write(tmp_path, text), "-q", "--audit-log", log, env=databases)
    wait_until(lambda: source_db.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))

    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)

    assert run.returncode == 143
    assert [what for what, _ in lines(log)] == ["❌ Error copying public.authors", "❌ Error copying public.books"]
    assert all(why.endswith(", undone: stopped on request; the target is as it was.") for _, why in lines(log))


def test_several_jobs_share_a_log(run_cli, tmp_path, databases, log):
    text = f"{HEAD}jobs:\n  a: {{tables: {{authors: {{}}}}, target: {{schema: a}}}}\n  b: {{tables: {{boks: {{}}}}}}\n"

    run_cli("run", write(tmp_path, text), "--audit-log", log, env=databases)

    (file,) = log.iterdir()
    done, failed = file.read_text(encoding="utf-8").splitlines()
    assert " ✅ Done: public.authors → target schema a (job a, run " in done
    assert " ❌ Error: nothing copied → target schema public (job b, run " in failed
    assert failed.endswith("): job b can't run, 1 problem; nothing was changed: "
                           "public.boks: there is no such table in the source (did you mean 'books'?)")  # fmt: skip


def test_a_directory_that_can_not_be_written_stops_all_before_it_begins(run_cli, tmp_path, log):
    log.touch()

    done = run_cli("run", write(tmp_path, BOOKS), "--audit-log", log, env=NOWHERE)

    assert done.code == 2
    assert done.stderr.splitlines() == [
        f"error: the audit log can't be written in {log}: Not a directory; nothing was run.",
        "  Name a directory in which this user may create files.",
    ]


def test_a_wrong_manifest_leaves_no_log(run_cli, tmp_path, log):
    done = run_cli("run", write(tmp_path, "jobs: {}"), "--audit-log", log)

    assert done.code == 2
    assert not log.exists()


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--fail-on-warnings",), 3)], ids=str)
def test_a_disk_that_is_full_breaks_no_job(options, code, tmp_path, databases, log, target_db):  # noqa: PLR0917
    command = [sys.executable, "-B", "-m", "pg_xcopy", "run", write(tmp_path, BOOKS), "-q", "--audit-log", log]
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command, *options],
        env={name: value for name, value in {**os.environ, **databases}.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    (file,) = log.iterdir()
    assert done.stderr == f"warning: the audit log {file} is not complete: File too large\n"
    assert done.returncode == code
    assert target_db.value("SELECT count(*) FROM books") == 3


def test_programs_pass_it_as_an_observer(tmp_path, databases, log, monkeypatch):
    for name, url in databases.items():
        monkeypatch.setenv(name, url)

    with AuditLog(log) as audit:
        run_jobs("copy", load_manifest(write(tmp_path, BOOKS)), observer=audit)

    assert [what for what, _ in lines(log)] == ["✅ Done: public.authors", "✅ Done: public.books"]
