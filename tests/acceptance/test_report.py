"""`--report FILE`: a page that is there, and true, whatever became of the run."""

from __future__ import annotations

import json
import re
import signal
from html import unescape
from urllib.parse import urlsplit

import pytest
from commanding import HEAD, manifest, urls, wait_until, write

BOOKS = manifest("tables: {books: {}, authors: {where: {id: 1}}}")
SLEEPING = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%pg_sleep%' AND datname = current_database()"


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("""
        CREATE TABLE authors (id int PRIMARY KEY); INSERT INTO authors VALUES (1), (2);
        CREATE TABLE books (id int, author int REFERENCES authors); INSERT INTO books VALUES (1, 1), (2, 2), (3, 1);
        ANALYZE
        """)
    return urls(source_db, target_db)


def text_of(path):
    """What the page says, tags aside."""
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def summary_of(path):
    page = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="summary">(.*?)</script>', page, re.DOTALL)[1])


def test_done_with_warnings(run_cli, tmp_path, databases):
    done = run_cli("run", write(tmp_path, BOOKS), "--report", "out/report.html", env=databases)

    report = tmp_path / "out" / "report.html"
    text = text_of(report)
    assert done.code == 0, done.stderr
    assert [each.name for each in report.parent.iterdir()] == ["report.html"]
    assert "! Done, with warnings: copy" in text
    assert "public.books copied 3 3 3" in text
    why = "rows refer to others that were not copied, or that a transform changed"
    assert (
        f"public.books.books_author_fkey foreign key left out {why} FOREIGN KEY (author) REFERENCES authors(id)" in text
    )
    assert "Constraint left out 1 The target lives without it." in text
    assert "public.authors.authors_pkey primary key made" in text
    assert 'WHERE "id" = 1' in text
    (job,) = summary_of(report)["jobs"]
    assert (job["state"], job["rows"], job["tables"], job["warnings"]) == ("done with warnings", 4, 2, 1)


def test_a_plan(run_cli, tmp_path, databases, target_db):
    done = run_cli("plan", write(tmp_path, BOOKS), env={**databases, "PG_XCOPY_REPORT": "report.html"})

    text = text_of(tmp_path / "report.html")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("job copy\n")
    assert "◇ Planned: copy Planned and checked on the source; nothing was written." in text
    assert "public.books.books_author_fkey foreign key will be made" in text
    assert "--report report.html PG_XCOPY_REPORT" in text
    assert target_db.rows("SELECT 1 FROM pg_class WHERE relname = 'books'") == []


def test_a_plan_that_can_not_be(run_cli, tmp_path, databases):
    other = "other: {tables: {boks: {}}, target: {schema: x}}"
    text = f"{HEAD}jobs:\n  copy: {{tables: {{books: {{}}}}}}\n  {other}\n"

    done = run_cli("plan", write(tmp_path, text), "--report", "report.html", env=databases)

    assert done.code == 1
    assert [each["state"] for each in summary_of(tmp_path / "report.html")["jobs"]] == ["planned", "failed"]
    assert "public.boks: there is no such table in the source" in text_of(tmp_path / "report.html")


def test_failed(run_cli, tmp_path, databases):
    text = manifest("{strict: true, tables: {books: {}, authors: {where: {id: 1}}}}")

    done = run_cli("run", write(tmp_path, text), "--report", "report.html", env=databases)

    said = text_of(tmp_path / "report.html")
    assert done.code == 1
    assert "✕ Failed: copy job copy is strict and 1 thing can't be replicated; the target is as it was:" in said
    assert "The target now: The target is as it was." in said
    assert "public.books copied, undone 3 3 \N{EN DASH}" in said


def test_some_tables_stay_filled(run_cli, tmp_path, databases, target_db):
    target_db.execute("CREATE TABLE authors (id int); CREATE TABLE books (id int CHECK (id < 3), author int)")
    text = manifest("{transaction: table, parallel: 1, target: {mode: append}, tables: {books: {}, authors: {}}}")

    done = run_cli("run", write(tmp_path, text), "--report", "report.html", env=databases)

    said = text_of(tmp_path / "report.html")
    assert done.code == 1
    (kept,) = target_db.column("SELECT count(*) FROM authors")
    assert ("The target now: Of its tables only these are filled: public.authors." in said) == (kept == 2)
    assert "Mode appends to tables that exist, in a transaction for each table" in said
    assert "Constraints and indexes the target's tables keep their own" in said


def test_stopped_by_a_signal(start_cli, tmp_path, databases, source_db):
    text = (
        f"{HEAD}jobs:\n  a: {{tables: {{books: {{transform: {{id: 'id + length(pg_sleep(60)::text)'}}}}}}}}\n"
        "  b: {tables: {authors: {}}, target: {schema: b}}\n"
    )
    run = start_cli("run", write(tmp_path, text), "--report", "report.html", env=databases)
    wait_until(lambda: source_db.rows(SLEEPING))

    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)

    assert run.returncode == 143
    assert "■ Stopped by SIGTERM 2 jobs: 1 stopped, 1 not begun." in text_of(tmp_path / "report.html")
    assert [(each["job"], each["state"]) for each in summary_of(tmp_path / "report.html")["jobs"]] == [
        ("a", "stopped"), ("b", "not begun")
    ]  # fmt: skip


def test_a_wrong_manifest(run_cli, tmp_path):
    done = run_cli("run", write(tmp_path, "jobs: {a: {}}"), "--report", "report.html")

    assert done.code == 2
    assert "✕ Failed" in text_of(tmp_path / "report.html")
    assert summary_of(tmp_path / "report.html") == {"kind": "run", "state": "failed", "jobs": []}


def test_several_targets(run_cli, tmp_path, databases):
    head = HEAD.replace(", target: {database: target}", "")
    targets = "[{database: target, schema: x}, {database: 'host=127.0.0.1 port=1'}]"
    text = f"{head}jobs:\n  both: {{tables: {{authors: {{}}}}, targets: {targets}}}\n"

    done = run_cli("run", write(tmp_path, text), "--report", "report.html", env=databases)

    assert done.code == 1
    assert [each["state"] for each in summary_of(tmp_path / "report.html")["jobs"]] == ["done", "failed"]
    assert "1 job, 2 targets: 1 failed, 1 done." in text_of(tmp_path / "report.html")


def test_a_page_that_can_not_be_written_is_a_warning(run_cli, tmp_path, databases):
    (tmp_path / "file").write_text("")
    path = write(tmp_path, manifest("tables: {authors: {}}"))

    plain = run_cli("run", path, "--report", "file/report.html", env=databases)
    strict = run_cli("run", path, "--report", "file/report.html", "--fail-on-warnings", env=databases)

    assert (plain.code, strict.code) == (0, 3)
    assert "warning: the report file/report.html can't be written: Not a directory" in plain.stderr.splitlines()


def test_no_password_is_in_it(run_cli, tmp_path, databases):
    """Neither where it succeeds nor where a server refuses it, and not that of an address among the options."""
    password = urlsplit(databases["SOURCE_DB_URL"]).password
    wrong = {**databases, "TARGET_DB_URL": databases["TARGET_DB_URL"].replace(password, "tr0ub4dor")}
    path = write(tmp_path, manifest("tables: {authors: {}}"))

    for number, given in enumerate((databases, wrong)):
        gateway = {"PG_XCOPY_PUSHGATEWAY": "http://user:p@ss-w0rd@127.0.0.1:1"}
        run_cli("run", path, "--report", f"{number}.html", env={**given, **gateway})

    pages = [(tmp_path / f"{number}.html").read_text(encoding="utf-8") for number in (0, 1)]
    assert [summary["state"] for summary in map(summary_of, sorted(tmp_path.glob("?.html")))] == ["done", "failed"]
    assert [password in pages[0], password in pages[1], "tr0ub4dor" in pages[1]] == [False, False, False]
    assert "ss-w0rd" not in pages[0]
    assert "http://***@127.0.0.1:1 PG_XCOPY_PUSHGATEWAY" in text_of(tmp_path / "0.html")
