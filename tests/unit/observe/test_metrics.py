"""Metrics of a run, read back with Prometheus' own parser."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pg_xcopy.observe.metrics import FAMILIES, LONGEST, MOST_WARNINGS, as_text, of_run, read_text
from pg_xcopy.observe.prometheus import Gateway, write_textfile
from pg_xcopy.observe.summary import DONE, FAILED, NOT_RUN, STOPPED, Failure, JobSummary, RunSummary
from pg_xcopy.results import TableResult, WarningResult

DOCS = (Path(__file__).parents[3] / "docs" / "observability.md").read_text(encoding="utf-8")
AT = datetime(2025, 3, 1, 2, 0, 0, tzinfo=timezone.utc)
LOST = WarningResult("constraint left out", "app.orders.k", 'it "can\'t" hold\n\\')
TABLES = (TableResult("app.users", 10, 100, 0.5), TableResult('app."é\n', 1, 7, 0.25, "there"))


def run(*jobs, code=0, started=AT):
    return RunSummary("1.0", code, started, 60.0, jobs)


def job(name="nightly", status=DONE, tables=TABLES, warnings=(), started=AT):
    error = None if status == DONE else Failure("X", "x", "", "no")
    return JobSummary(name, status, "r1", started, 30.0, tables if status == DONE else (), warnings, error)


def values(text):
    """What a text says, by metric and labels."""
    return {
        (sample.name, *(sample.labels[label] for label in FAMILIES[sample.name][0])): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_job_that_is_done():
    told = values(as_text(of_run(run(job(warnings=(LOST, LOST))), ())))

    assert told == {
        ("pg_xcopy_job_success", "nightly"): 1,
        ("pg_xcopy_job_run_timestamp_seconds", "nightly"): AT.timestamp() + 30,
        ("pg_xcopy_job_duration_seconds", "nightly"): 30,
        ("pg_xcopy_job_warnings", "nightly", "constraint left out"): 2,
        ("pg_xcopy_warning_info", "nightly", "", "constraint left out", "app.orders.k", LOST.message): 1,
        ("pg_xcopy_job_success_timestamp_seconds", "nightly"): AT.timestamp() + 30,
        ("pg_xcopy_job_rows", "nightly"): 11,
        ("pg_xcopy_job_bytes", "nightly"): 107,
        ("pg_xcopy_table_rows", "nightly", "", "app.users"): 10,
        ("pg_xcopy_table_rows", "nightly", "there", 'app."é\n'): 1,
        ("pg_xcopy_table_bytes", "nightly", "", "app.users"): 100,
        ("pg_xcopy_table_bytes", "nightly", "there", 'app."é\n'): 7,
        ("pg_xcopy_table_duration_seconds", "nightly", "", "app.users"): 0.5,
        ("pg_xcopy_table_duration_seconds", "nightly", "there", 'app."é\n'): 0.25,
        ("pg_xcopy_run_exit_code",): 0,
        ("pg_xcopy_run_timestamp_seconds",): AT.timestamp() + 60,
    }


@pytest.mark.parametrize("status", [FAILED, STOPPED])
def test_a_failure_keeps_what_is_known_of_the_last_success(tmp_path, status):
    place = tmp_path / "pg_xcopy.prom"
    write_textfile(str(place), run(job(warnings=(LOST,))))
    later = datetime(2025, 3, 2, 2, 0, 0, tzinfo=timezone.utc)

    write_textfile(str(place), run(job(status=status, started=later), code=1, started=later))

    told = values(place.read_text(encoding="utf-8"))
    assert told["pg_xcopy_job_success", "nightly"] == 0
    assert told["pg_xcopy_job_run_timestamp_seconds", "nightly"] == later.timestamp() + 30
    assert told["pg_xcopy_job_success_timestamp_seconds", "nightly"] == AT.timestamp() + 30
    assert told["pg_xcopy_table_rows", "nightly", "there", 'app."é\n'] == 1
    assert told["pg_xcopy_run_exit_code",] == 1
    assert not any(name.startswith(("pg_xcopy_job_warnings", "pg_xcopy_warning")) for name, *_ in told)


def test_tables_of_an_earlier_success_that_are_gone_are_forgotten(tmp_path):
    place = tmp_path / "f.prom"
    write_textfile(str(place), run(job()))

    write_textfile(str(place), run(job(tables=TABLES[:1])))

    assert [key[-1] for key in values(place.read_text()) if key[0] == "pg_xcopy_table_rows"] == ["app.users"]


def test_other_jobs_stay_as_they_were(tmp_path):
    place = tmp_path / "f.prom"
    write_textfile(str(place), run(job("a", FAILED), job("b", warnings=(LOST,)), code=1))

    write_textfile(str(place), run(job("c"), job("b", NOT_RUN)))

    told = values(place.read_text())
    assert [told["pg_xcopy_job_success", name] for name in "abc"] == [0, 1, 1]
    assert told["pg_xcopy_job_warnings", "b", "constraint left out"] == 1
    assert told["pg_xcopy_job_run_timestamp_seconds", "b"] == AT.timestamp() + 30


@pytest.mark.parametrize("before", [b"no metrics {", b"\xff\xfe", b'pg_xcopy_job_success{job_name="a"} x\n'])
def test_a_file_that_is_none_is_replaced_and_said_to_be(tmp_path, before):
    place = tmp_path / "f.prom"
    place.write_bytes(before)

    wrong = write_textfile(str(place), run(job()))

    assert wrong.startswith(f"what was in {place} is no file of metrics (")
    assert values(place.read_text())["pg_xcopy_job_success", "nightly"] == 1


def test_metrics_of_others_are_passed_over():
    assert read_text('# TYPE other gauge\nother{job_name="x"} 1\npg_xcopy_job_rows{job_name="x"} 5\n') == (
        *read_text('pg_xcopy_job_rows{job_name="x"} 5\n'),
    )


def test_thousands_of_warnings_make_no_thousands_of_series():
    many = tuple(WarningResult("left behind", f"app.t{number}", "x" * 1000) for number in range(500))

    told = values(as_text(of_run(run(job(warnings=many)), ())))

    info = [key for key in told if key[0] == "pg_xcopy_warning_info"]
    assert len(info) == MOST_WARNINGS
    assert max(len(key[-1]) for key in info) == LONGEST
    assert told["pg_xcopy_job_warnings", "nightly", "left behind"] == 500


def test_a_name_that_is_no_text():
    text = as_text(of_run(run(job("a\udc80")), ()))

    assert ("pg_xcopy_job_success", "a?") in values(text)


def test_every_metric_is_documented_with_its_labels():
    rows = re.findall(r"^\| `(pg_xcopy_\w+)` \| ([^|]*) \|", DOCS, re.MULTILINE)

    assert {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == {
        name: labels for name, (labels, _) in FAMILIES.items()
    }


def test_alerts_ask_for_metrics_that_there_are():
    assert set(re.findall(r"\bpg_xcopy_\w+", DOCS)) == set(FAMILIES)


@pytest.mark.parametrize(
    ("url", "address", "user", "password"),
    [
        ("http://gateway:9091", "http://gateway:9091", "", ""),
        ("gateway:9091", "http://gateway:9091", "", ""),
        ("https://me:p%40ss@gateway.example.com/push/", "https://gateway.example.com/push", "me", "p@ss"),
        ("http://u:s3cr3t@[::1]:9091", "http://[::1]:9091", "u", "s3cr3t"),
    ],
)
def test_credentials_of_a_gateway_are_apart_from_its_address(url, address, user, password):
    gateway = Gateway.at(url)

    assert (gateway.address, gateway.user, gateway.password) == (address, user, password)
    assert not password or password not in repr(gateway)


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://x:port", "http://x/?a=b"])
def test_what_is_no_gateway(url):
    with pytest.raises(ValueError):  # noqa: PT011 - whoever calls it says what is wrong
        Gateway.at(url)
