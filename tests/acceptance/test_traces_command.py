"""Traces through the command, as a collector gets them: OTLP over HTTP, taken apart with its own protocol."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from commanding import HEAD, manifest, urls, write
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
ERROR = 2
"""STATUS_CODE_ERROR of OTLP."""


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("""
        CREATE TABLE authors (id int PRIMARY KEY, name text); INSERT INTO authors VALUES (1, 'a'), (2, 'b');
        CREATE TABLE books (id int PRIMARY KEY, author int REFERENCES authors);
        INSERT INTO books VALUES (1, 1), (2, 2), (3, 2);
        """)
    return urls(source_db, target_db)


class Collector:
    """A server on loopback that keeps the spans it gets."""

    def __init__(self, status=200):
        self.spans, self.resources, self.paths, self.headers = [], [], set(), []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.keep(self.path, self.headers, body)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def keep(self, path, headers, body):
        request = ExportTraceServiceRequest()
        request.ParseFromString(gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body)
        self.paths.add(path)
        self.headers.append(headers)
        for of_resource in request.resource_spans:
            self.resources.append({each.key: each.value.string_value for each in of_resource.resource.attributes})
            self.spans += [span for scope in of_resource.scope_spans for span in scope.spans]

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def children(self, parent):
        return [span for span in self.spans if span.parent_span_id == parent.span_id]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector():
    made = []

    def make(**how):
        made.append(Collector(**how))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def attributes(span):
    """Attributes as plain values."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


def test_a_span_a_run_a_job_a_table_and_a_phase(run_cli, tmp_path, databases, collector):
    path = write(tmp_path, manifest("{tables: {books: {}, authors: {where: {id: 1}}}}", "nightly"))
    traced = collector()

    done = run_cli("run", path, env={**databases, ENDPOINT: f"http://127.0.0.1:{traced.port}"})

    assert done.code == 0
    assert traced.paths == {"/v1/traces"}
    assert {each["service.name"] for each in traced.resources} == {"pg-xcopy"}
    (run,), (job,) = traced.named("pg-xcopy run"), traced.named("job nightly")
    assert len({span.trace_id for span in traced.spans}) == 1
    assert traced.children(run) == [job]
    told = attributes(job)
    assert (told["pg_xcopy.rows"], told["pg_xcopy.source"], told["db.system.name"]) == (
        4,
        "source schema public",
        "postgresql",
    )
    below = {span.name for span in traced.children(job)}
    assert {
        "table public.books",
        "table public.authors",
        "connect",
        "plan",
        "check",
        "build",
        "swap",
        "clean up",
    } <= below
    (books,) = traced.named("table public.books")
    (copied,) = traced.children(books)
    assert copied.name == "copy"
    assert attributes(copied)["pg_xcopy.rows"] == 3
    (warning,) = job.events
    assert attributes(warning)["pg_xcopy.subject"] == "public.books.books_author_fkey"


def test_times_are_those_of_the_run(run_cli, tmp_path, databases, collector):
    traced = collector()

    run_cli(
        "run",
        write(tmp_path, manifest("{tables: {books: {}}}")),
        env={**databases, ENDPOINT: f"http://127.0.0.1:{traced.port}"},
    )

    by_id = {span.span_id: span for span in traced.spans}
    for span in traced.spans:
        assert span.start_time_unix_nano <= span.end_time_unix_nano
        if parent := by_id.get(span.parent_span_id):
            assert parent.start_time_unix_nano <= span.start_time_unix_nano
            assert span.end_time_unix_nano <= parent.end_time_unix_nano
    assert [span.name for span in traced.spans if span.parent_span_id not in by_id] == ["pg-xcopy run"]


def test_a_failure_and_several_jobs(run_cli, tmp_path, databases, collector):
    text = f"{HEAD}jobs:\n  a: {{tables: {{boks: {{}}}}}}\n  b: {{tables: {{authors: {{}}}}, target: {{schema: b}}}}\n"
    traced = collector()

    done = run_cli("run", write(tmp_path, text), env={**databases, ENDPOINT: f"http://127.0.0.1:{traced.port}/"})

    assert done.code == 1
    (run,), (failed,), (other,) = traced.named("pg-xcopy run"), traced.named("job a"), traced.named("job b")
    assert (run.status.code, failed.status.code, other.status.code) == (ERROR, ERROR, 0)
    assert attributes(failed)["error.type"] == "plan_error"
    assert attributes(run)["pg_xcopy.exit_code"] == 1


def test_what_the_environment_says_holds(run_cli, tmp_path, databases, collector):
    traced = collector()
    environment = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{traced.port}/otlp",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=s3cr3t",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_SERVICE_NAME": "nightly-copies",
        "TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }

    run_cli("run", write(tmp_path, manifest("{tables: {books: {}}}")), env={**databases, **environment})

    assert traced.paths == {"/otlp"}
    assert traced.headers[0]["x-key"] == "s3cr3t"
    assert traced.resources[0]["service.name"] == "nightly-copies"
    (run,) = traced.named("pg-xcopy run")
    assert (run.trace_id.hex(), run.parent_span_id.hex()) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")


@pytest.mark.parametrize("off", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}, {ENDPOINT: ""}])
def test_no_traces_where_nobody_asks_for_them(run_cli, tmp_path, databases, collector, off):
    traced = collector()
    environment = {ENDPOINT: f"http://127.0.0.1:{traced.port}", **off}

    done = run_cli("run", write(tmp_path, manifest("{tables: {books: {}}}")), env={**databases, **environment})

    assert (done.code, traced.spans) == (0, [])


@pytest.mark.parametrize("status", [None, 401])
def test_a_collector_that_is_down_or_refuses_is_a_warning(run_cli, tmp_path, databases, collector, status):
    port = collector(status=status).port if status else 1
    environment = {ENDPOINT: f"http://me:s3cr3t@127.0.0.1:{port}"}

    done = run_cli(
        "run",
        write(tmp_path, manifest("{tables: {books: {}}}")),
        "--log-format",
        "json",
        env={**databases, **environment},
    )

    assert done.code == 0
    warned, ended = [json.loads(line) for line in done.stderr.splitlines()][-2:]
    assert warned["reason"] == (
        f"the traces can't be sent to http://127.0.0.1:{port}/v1/traces: the collector is not there, or takes none"
    )
    assert ended["outcome"] == "done with warnings"
    assert "s3cr3t" not in done.stderr


def test_grpc_is_not_spoken(run_cli, tmp_path, databases):
    environment = {ENDPOINT: "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}

    done = run_cli("run", write(tmp_path, manifest("{tables: {books: {}}}")), env={**databases, **environment})

    assert done.code == 0
    assert done.stderr.splitlines()[-1] == (
        "warning: OTEL_EXPORTER_OTLP_ENDPOINT asks for traces by grpc: "
        "pg-xcopy sends http/protobuf only, mostly to port 4318"
    )


def test_without_the_extra_one_warning_says_how_to_mend_it(tmp_path, databases):
    """A module of that name that can't be imported stands in for one that is not there."""
    (tmp_path / "opentelemetry.py").write_text("raise ImportError('not installed')")

    done = subprocess.run(
        [sys.executable, "-m", "pg_xcopy", "run", str(write(tmp_path, manifest("{tables: {books: {}}}")))],
        env={**os.environ, **databases, "PYTHONPATH": str(tmp_path), ENDPOINT: "http://127.0.0.1:4318"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if line.startswith("warning:")] == [
        "warning: OTEL_EXPORTER_OTLP_ENDPOINT asks for traces: what that needs is not installed; "
        "run pip install 'pg-xcopy[otel]', or set OTEL_SDK_DISABLED=true"
    ]
