"""Figures, not tests: `make bench` prints them, nothing asserts a time.

The contestants take turns within one run, so that a machine that slows down slows all of them; quote the ratios.
PG_XCOPY_BENCH_SCALE multiplies the rows (1 is a million).
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

import pytest

ROUNDS = 3
SCALE = float(os.environ.get("PG_XCOPY_BENCH_SCALE", "1"))
ROWS = int(1_000_000 * SCALE)

TABLE = """
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, name text, amount numeric(12,2), at timestamptz, tags text[], data jsonb);
INSERT INTO app.t
SELECT i, md5(i::text), i / 7.0, timestamptz '2023-01-01' + i * interval '1 second', ARRAY[i::text, 'x'],
       jsonb_build_object('n', i)
FROM generate_series(1, {rows}) AS i;
ANALYZE app.t
"""

MANIFEST = """
jobs:
  bench:
    source: {database: "${SOURCE_DB_URL}", schema: app}
    target: {database: "${TARGET_DB_URL}", schema: app}
    tables: {t: {}}
"""


@pytest.fixture
def filled(source_db, target_db, tmp_path, monkeypatch):
    source_db.execute(TABLE.format(rows=ROWS))
    (tmp_path / "jobs.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DB_URL", source_db.url)
    monkeypatch.setenv("TARGET_DB_URL", target_db.url)
    return source_db, target_db


def pg_xcopy(_source, _target):
    subprocess.run([sys.executable, "-m", "pg_xcopy", "run", "jobs.yaml", "-q"], check=True)


def psql_pipe(source, target):
    subprocess.run(
        f"psql -qX {source.url!r} -c 'COPY app.t TO STDOUT' | psql -qX {target.url!r} -1 -c 'DROP SCHEMA IF EXISTS app"
        " CASCADE' -c 'CREATE SCHEMA app' -c 'CREATE TABLE app.t (id int, name text, amount numeric(12,2),"
        " at timestamptz, tags text[], data jsonb)' -c 'COPY app.t FROM STDIN' -c 'ALTER TABLE app.t ADD PRIMARY KEY"
        " (id)' -c 'ANALYZE app.t'",
        shell=True,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_one_table_with_its_key(filled, capsys):
    contestants = [pg_xcopy, *([psql_pipe] if shutil.which("psql") else [])]

    seconds = {each.__name__: [] for each in contestants}
    for _ in range(ROUNDS + 1):
        for each in contestants:
            seconds[each.__name__].append(_seconds(each, *filled))

    with capsys.disabled():
        _report(seconds)
        print(f"  peak memory of the client  {_peak_of_children() / 1024:,.0f} MiB")


def _seconds(run, source, target):
    started = time.perf_counter()
    run(source, target)
    return time.perf_counter() - started


def _report(seconds):
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}  # the first round warms up
    slowest = medians.get("psql_pipe")
    print(f"\n  one table with its key, {ROWS:,} rows, median of {ROUNDS}")
    for name, median in medians.items():
        ratio = f"  {median / slowest:.2f} of psql | psql" if slowest else ""
        print(f"  {name:12} {median:6.2f} s  {ROWS / median:10,.0f} rows/s{ratio}")


def _peak_of_children():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
