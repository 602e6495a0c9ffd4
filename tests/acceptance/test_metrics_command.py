"""Metrics through the command: a file for node_exporter, a push to a gateway, and what becomes of those who fail."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from commanding import HEAD, manifest, urls, write
from prometheus_client.parser import text_string_to_metric_families

from pg_xcopy.observe.metrics import FAMILIES

FILE = "pg_xcopy.prom"


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("""
        CREATE TABLE authors (id int PRIMARY KEY, name text); INSERT INTO authors VALUES (1, 'a'), (2, 'b');
        CREATE TABLE books (id int PRIMARY KEY, author int REFERENCES authors);
        INSERT INTO books VALUES (1, 1), (2, 2), (3, 2);
        """)
    return urls(source_db, target_db)


class Pushgateway:
    """A server on loopback that keeps what is pushed, group by group, as the real one does."""

    def __init__(self, status=200, silent=False):
        groups, credentials = {}, []
        self.groups, self.credentials = groups, credentials

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                if silent:
                    time.sleep(30)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                credentials.append(self.headers.get("Authorization"))
                groups[unquote(self.path)] = samples(body)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def gateway():
    made = []

    def make(**how):
        made.append(Pushgateway(**how))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def samples(text):
    return {
        (sample.name, *(sample.labels[label] for label in FAMILIES[sample.name][0])): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_questions_of_the_morning(run_cli, tmp_path, databases):
    """Did last night's run succeed, how long, how many rows, which constraint was dropped, why: from metrics alone."""
    path = write(tmp_path, manifest("{tables: {books: {}, authors: {where: {id: 1}}}}", "nightly"))
    before = time.time()

    run_cli("run", path, "--metrics-textfile", FILE, env=databases)

    told = samples((tmp_path / FILE).read_text(encoding="utf-8"))
    assert told["pg_xcopy_job_success", "nightly"] == 1
    assert before <= told["pg_xcopy_job_success_timestamp_seconds", "nightly"] <= time.time()
    assert 0 < told["pg_xcopy_job_duration_seconds", "nightly"] < 60
    assert told["pg_xcopy_job_rows", "nightly"] == 4
    assert told["pg_xcopy_table_rows", "nightly", "", "public.books"] == 3
    assert told["pg_xcopy_job_warnings", "nightly", "constraint left out"] == 1
    (dropped,) = [key for key in told if key[0] == "pg_xcopy_warning_info"]
    assert dropped[3:] == (
        "constraint left out",
        "public.books.books_author_fkey",
        "FOREIGN KEY (author) REFERENCES authors(id): "
        "rows refer to others that were not copied, or that a transform changed",
    )


def test_the_last_success_survives_a_failed_run_and_a_wrong_manifest(run_cli, tmp_path, databases):
    path = write(tmp_path, manifest("{tables: {books: {}}}", "nightly"))
    env = {**databases, "PG_XCOPY_METRICS_TEXTFILE": FILE}
    run_cli("run", path, env=env)
    succeeded = samples((tmp_path / FILE).read_text())

    failed = run_cli("run", path, env={**env, "SOURCE_DB_URL": "postgresql://u:s3cr3t@127.0.0.1:1/x"})
    after = samples((tmp_path / FILE).read_text())
    wrong = run_cli("run", write(tmp_path, "jobs: {}"), env=env)

    assert (failed.code, wrong.code) == (1, 2)
    key = ("pg_xcopy_job_success_timestamp_seconds", "nightly")
    assert after[key] == succeeded[key]
    assert (after["pg_xcopy_job_success", "nightly"], after["pg_xcopy_run_exit_code",]) == (0, 1)
    last = samples((tmp_path / FILE).read_text())
    assert (last[key], last["pg_xcopy_run_exit_code",]) == (succeeded[key], 2)
    assert [each.name for each in tmp_path.iterdir() if "tmp" in each.name] == []


def test_a_push_by_job(run_cli, tmp_path, databases, gateway):
    text = (
        f"{HEAD}jobs:\n  a/b: {{tables: {{authors: {{}}}}, target: {{schema: a}}}}\n  c: {{tables: {{boks: {{}}}}}}\n"
    )
    pushed = gateway()

    done = run_cli("run", write(tmp_path, text), "--pushgateway", f"http://127.0.0.1:{pushed.port}", env=databases)

    assert done.code == 1
    encoded = base64.urlsafe_b64encode(b"a/b").decode()
    one, two = f"/metrics/job/pg-xcopy/job_name@base64/{encoded}/part", "/metrics/job/pg-xcopy/job_name/c/part"
    assert pushed.groups.keys() == {f"{one}/last_run", f"{one}/last_success", f"{two}/last_run"}
    assert pushed.groups[f"{one}/last_success"]["pg_xcopy_job_rows", "a/b"] == 2
    assert pushed.groups[f"{two}/last_run"]["pg_xcopy_job_success", "c"] == 0


def test_credentials_are_sent_and_never_said(run_cli, tmp_path, databases, gateway):
    path = write(tmp_path, manifest("{tables: {authors: {}}}"))
    pushed, refusing = gateway(), gateway(status=401)

    accepted = run_cli(
        "run", path, "-v", env={**databases, "PG_XCOPY_PUSHGATEWAY": f"http://me:s3cr3t@127.0.0.1:{pushed.port}"}
    )
    refused = run_cli("run", path, "--pushgateway", f"http://me:s3cr3t@127.0.0.1:{refusing.port}", env=databases)

    assert set(pushed.credentials) == {f"Basic {base64.b64encode(b'me:s3cr3t').decode()}"}
    assert (accepted.code, refused.code) == (0, 0)
    assert "warning:" not in accepted.stderr
    assert refused.stderr.splitlines()[-1] == (
        f"warning: the metrics can't be pushed to http://127.0.0.1:{refusing.port}: it answers 401 Unauthorized"
    )
    assert "s3cr3t" not in accepted.stderr + refused.stderr


def test_a_gateway_that_is_down_fails_no_job(run_cli, tmp_path, databases, target_db):
    path = write(tmp_path, manifest("{tables: {authors: {}}}"))
    options = ("--pushgateway", "127.0.0.1:1", "--summary", "run.json")

    plain = run_cli("run", path, *options, env=databases)
    strict = run_cli("run", path, *options, "--fail-on-warnings", env=databases)

    assert (plain.code, strict.code) == (0, 3)
    assert target_db.value("SELECT count(*) FROM authors") == 2
    told = "the metrics can't be pushed to http://127.0.0.1:1: Connection refused"
    assert plain.stderr.splitlines()[-1] == f"warning: {told}"
    summary = json.loads((tmp_path / "run.json").read_text())
    assert [(each["topic"], each["message"]) for each in summary["warnings"]] == [("pushgateway", told)]
    assert (summary["outcome"], summary["exit_code"]) == ("done with warnings", 3)


def test_a_gateway_that_does_not_answer_is_not_waited_for(run_cli, tmp_path, databases, gateway):
    path = write(tmp_path, manifest("{tables: {authors: {}}}"))
    began = time.monotonic()

    done = run_cli("run", path, "--pushgateway", f"127.0.0.1:{gateway(silent=True).port}", env=databases)

    assert done.code == 0
    assert time.monotonic() - began < 20
    assert done.stderr.splitlines()[-1].endswith(": it did not answer within 5 s")


def test_a_file_that_can_not_be_written_fails_no_job(run_cli, tmp_path, databases):
    done = run_cli(
        "run", write(tmp_path, manifest("{tables: {authors: {}}}")), "--metrics-textfile", "no/x.prom", env=databases
    )

    assert done.code == 0
    assert done.stderr.splitlines()[-1] == (
        "warning: the metrics can't be written to no/x.prom: No such file or directory"
    )


def test_no_gateway_at_all(run_cli, tmp_path):
    done = run_cli("run", write(tmp_path, manifest("{tables: {a: {}}}")), "--pushgateway", "ftp://me:s3cr3t@x")

    assert done.code == 2
    assert done.stderr.splitlines() == [
        "error: --pushgateway is no URL of a Pushgateway.",
        "  Write it like http://host:9091, without a query.",
    ]


def test_without_the_extra_it_is_said_before_anything_is_run(tmp_path, databases, target_db):
    """A module of that name that can't be imported stands in for one that is not there."""
    (tmp_path / "prometheus_client.py").write_text("raise ImportError('not installed')")
    path = write(tmp_path, manifest("{tables: {authors: {}}}"))

    done = subprocess.run(
        [sys.executable, "-m", "pg_xcopy", "run", str(path), "--metrics-textfile", FILE],
        env={**os.environ, **databases, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: metrics for Prometheus are asked for, and what that needs is not installed.",
        "  Run: pip install 'pg-xcopy[metrics]'",
    ]
    assert target_db.rows("SELECT 1 FROM pg_class WHERE relname = 'authors'") == []
