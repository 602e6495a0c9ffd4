"""The command with a job of several targets: what it prints, and how it ends when one of them fails."""

from __future__ import annotations

import json

import pytest
from commanding import write

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def manifest(tmp_path, source_db, target_db, new_database):
    """Give who writes a manifest whose last target is another database, or the one that is given."""
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT n AS id FROM generate_series(1, 500) AS n")
    other = new_database(target_db.server)

    def written(last=other.url):
        return write(
            tmp_path,
            f"""
            connections:
              prod: {{url: "{source_db.url}"}}
              eu: {{url: "{target_db.url}"}}
              us: {{url: "{last}"}}
            jobs:
              feed:
                source: {{database: prod, schema: app}}
                targets: [{{database: eu, schema: app}}, {{database: us, schema: app}}]
                tables: {{"*": {{}}}}
            """,
        )

    return written


def test_all_are_fed(run_cli, manifest):
    done = run_cli("run", manifest())

    assert done.code == 0
    assert "feed: done\n" in done.stdout
    assert [line.split()[:3] for line in done.stdout.splitlines() if "app.things" in line] == [
        ["app.things", "eu/app", "500"],
        ["app.things", "us/app", "500"],
    ]
    assert "feed → eu/app: app.things: 500 rows" in done.stderr


def test_one_fails(run_cli, manifest, target_db):
    done = run_cli("run", manifest(NOWHERE))

    assert done.code == 1
    assert "feed: done for eu/app only" in done.stdout
    assert "error: job feed, target us/app failed: can't connect to the target us: " in done.stderr
    assert target_db.value("SELECT count(*) FROM app.things") == 500


def test_one_fails_and_what_led_to_it_is_told(run_cli, manifest):
    lines = run_cli("run", "-v", manifest(NOWHERE)).stderr.splitlines()

    assert lines[-1].startswith("  caused by DriverError: psycopg2.OperationalError: connection to server at ")


def test_one_fails_for_machines(run_cli, manifest):
    done = run_cli("run", "--json", manifest(NOWHERE))

    (job,) = json.loads(done.stdout)["jobs"]
    assert (job["status"], job["rows"], job["error"]["type"]) == ("failed", 500, "TargetsFailedError")
    assert [table["target"] for table in job["tables"]] == ["eu/app"]
    assert job["failures"]["us/app"]["type"] == "ConnectionFailedError"


def test_plan_and_list(run_cli, manifest):
    path = manifest()

    planned = json.loads(run_cli("plan", "--json", path).stdout)["jobs"]
    listed = json.loads(run_cli("list", "--json", path).stdout)["jobs"]

    assert [plan["target"]["label"] for plan in planned] == ["eu", "us"]
    assert [target["database"] for target in listed[0]["targets"]] == ["eu", "us"]
    assert (
        run_cli("list", path).stdout == "feed  prod schema app → eu schema app\n      prod schema app → us schema app\n"
    )


def test_the_sql_says_whose_it_is(run_cli, manifest):
    printed = run_cli("plan", "--sql", manifest()).stdout

    assert [line for line in printed.splitlines() if line.startswith("-- job")] == [
        "-- job feed: prod schema app → eu schema app",
        "-- job feed: prod schema app → us schema app",
    ]
