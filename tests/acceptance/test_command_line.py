"""The command's manners: words, options and their environment variables, exit codes, what goes to which stream."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commanding import HEAD, urls, write

JOBS = (
    HEAD
    + """\
jobs:
  "export:books": {tables: {books: {}}, target: {schema: books_copy}}
  "export:authors": {tables: {authors: {}}, target: {schema: authors_copy}}
  "import:nothing": {tables: {nothing: {}}}
"""
)
NOWHERE = {"SOURCE_DB_URL": "host=127.0.0.1 port=1", "TARGET_DB_URL": "host=127.0.0.1 port=1"}
EXPENSIVE = ("psycopg2", "pydantic", "rich", "jinja2", "yaml")
ESCAPE = "\x1b"
FULL = Path("/dev/full")


@pytest.fixture
def databases(source_db, target_db):
    source_db.execute("""
        CREATE TABLE books (id int PRIMARY KEY); INSERT INTO books SELECT generate_series(1, 3);
        CREATE TABLE authors (id int PRIMARY KEY, boss int REFERENCES authors); INSERT INTO authors VALUES (1, 1);
        """)
    return urls(source_db, target_db)


@pytest.fixture
def jobs(tmp_path):
    return write(tmp_path, JOBS)


# --- Words


def test_misspelt_command(run_cli, jobs):
    done = run_cli("rnu", jobs)

    assert done.code == 2
    assert done.stderr.splitlines() == [
        "error: there is no command 'rnu'; did you mean 'run'?",
        "  Usage: pg-xcopy [OPTIONS] PATTERN... (pg-xcopy --help says more)",
    ]


def test_misspelt_job(run_cli, jobs):
    done = run_cli("run", jobs, "export:boks", env=NOWHERE)

    assert done.code == 2
    assert done.stderr.splitlines() == ["error: no job matches 'export:boks'.", "  did you mean 'export:books'?"]


def test_pattern_that_matches_nothing(run_cli, jobs):
    done = run_cli("run", jobs, "zzz*", env=NOWHERE)

    assert done.code == 2
    assert done.stderr.splitlines() == [
        "error: no job matches 'zzz*'.",
        "  the manifest has: export:books, export:authors, import:nothing",
    ]


def test_misspelt_option(run_cli, jobs):
    done = run_cli("run", jobs, "--fail-on-warning")

    assert done.code == 2
    assert done.stderr.splitlines()[0].startswith("error: No such option '--fail-on-warning'")
    assert "Usage: pg-xcopy run [OPTIONS] MANIFEST [PATTERN]..." in done.stderr


def test_missing_manifest(run_cli):
    done = run_cli("run")

    assert done.code == 2
    assert done.stderr.splitlines()[0] == "error: Missing argument 'MANIFEST'."


def test_no_words_at_all_is_help(run_cli):
    done = run_cli()

    assert "Usage: pg-xcopy" in done.stdout + done.stderr
    assert done.code in (0, 2)  # click 8.1 and later ones


def test_version(run_cli):
    done = run_cli("--version")

    assert re.fullmatch(r"pg-xcopy, version \d+\.\d+\.\d+\n", done.stdout)


# --- The short form


@pytest.mark.usefixtures("jobs")
def test_short_form_takes_the_manifest_of_the_directory(run_cli, databases):
    done = run_cli("export:*", env=databases)

    assert done.code == 0, done.stderr
    assert "export:books: done" in done.stdout
    assert "export:authors: done" in done.stdout
    assert "import:nothing" not in done.stdout + done.stderr


@pytest.mark.usefixtures("jobs")
def test_short_form_prefers_python(run_cli, tmp_path):
    write(tmp_path, "JOBS = {'only:this': 1}", "pg_xcopy_jobs.py")

    done = run_cli("only:this")

    assert done.stderr.startswith("error: pg_xcopy_jobs.py:1:")


def test_short_form_without_a_manifest(run_cli):
    done = run_cli("export:*")

    assert done.code == 2
    assert done.stderr.splitlines()[0] == (
        "error: there is neither pg_xcopy_jobs.py nor jobs.yaml here; name the manifest with -c FILE"
    )


@pytest.mark.usefixtures("jobs")
def test_short_form_never_runs_everything_by_accident(run_cli):
    done = run_cli("-v", env=NOWHERE)

    assert done.code == 2
    assert done.stderr.splitlines()[0] == "error: Missing argument 'PATTERN...'."


def test_switches_may_stand_before_the_command(run_cli, jobs):
    done = run_cli("-v", "validate", jobs, env=NOWHERE)

    assert done.code == 0
    assert done.stdout.endswith("valid, 3 jobs: export:books, export:authors, import:nothing\n")


def test_options_may_stand_before_the_pattern(run_cli, tmp_path, databases):
    write(tmp_path, JOBS, "others.yaml")

    done = run_cli("-q", "-c", "others.yaml", "export:books", env=databases)

    assert (done.code, done.stdout, done.stderr) == (0, "", "")


# --- Options from the environment


def test_every_option_has_an_environment_variable(run_cli, jobs, databases):
    env = {
        "PG_XCOPY_MANIFEST": str(jobs),
        "PG_XCOPY_JSON": "1",
        "PG_XCOPY_QUIET": "1",
        "PG_XCOPY_FAIL_ON_WARNINGS": "1",
    }

    done = run_cli("run", env={**databases, **env})

    assert done.code == 1
    assert [job["status"] for job in json.loads(done.stdout)["jobs"]] == ["done", "done", "failed"]
    assert done.stderr.startswith("error: job import:nothing can't run")


def test_config_and_verbosity_from_the_environment(run_cli, tmp_path, databases):
    write(tmp_path, JOBS, "others.yaml")

    done = run_cli("export:books", env={**databases, "PG_XCOPY_CONFIG": "others.yaml", "PG_XCOPY_VERBOSE": "1"})

    assert done.code == 0
    assert "export:books: build structure" in done.stderr.splitlines()


def test_wrong_value_in_the_environment(run_cli, jobs):
    done = run_cli("run", jobs, env={"PG_XCOPY_QUIET": "perhaps"})

    assert done.code == 2
    assert done.stderr.startswith("error: Invalid value for '-q' / '--quiet'")


# --- Several jobs


def test_a_failed_job_does_not_keep_the_next_from_running(run_cli, tmp_path, databases, target_db):
    text = JOBS.replace(
        '  "import:nothing"', '  "zzz": {tables: {books: {}}, target: {schema: last}}\n  "import:nothing"'
    )
    text = text.replace("tables: {books: {}}, target: {schema: books_copy}", "tables: {boks: {}}")

    done = run_cli("run", write(tmp_path, text), "export:*", "zzz", env=databases)

    assert done.code == 1
    assert "error: job export:books can't run" in done.stderr
    assert "export:authors: done" in done.stdout
    assert target_db.value("SELECT count(*) FROM last.books") == 3


# --- What goes where


def test_talk_goes_to_stderr_and_results_to_stdout(run_cli, jobs, databases):
    done = run_cli("run", jobs, "export:books", env=databases)

    assert done.stderr.splitlines()[0] == "export:books: source schema public → target schema books_copy"
    assert done.stdout.splitlines()[0] == "export:books: done"
    assert next(line for line in done.stdout.splitlines() if "public.books" in line).split()[1:4] == ["3", "51", "B"]
    assert ESCAPE not in done.stdout + done.stderr
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


def test_quiet_tells_only_what_is_wrong(run_cli, jobs, databases):
    done = run_cli("run", jobs, "-q", env=databases)

    assert done.stdout == ""
    assert done.stderr.startswith("error: job import:nothing can't run")


def test_json_of_a_run(run_cli, jobs, databases):
    done = run_cli("run", jobs, "--json", env=databases)

    first, second, third = json.loads(done.stdout)["jobs"]
    assert (first["job"], first["status"], first["rows"], first["warnings"]) == ("export:books", "done", 3, [])
    assert {"table": "public.books", "rows": 3, "bytes": 51}.items() <= first["tables"][0].items()
    assert second["job"] == "export:authors"
    assert {"job", "status", "error", "run_id", "seconds", "started"} <= third.keys()
    assert {key: third[key] for key in ("job", "status", "rows", "tables", "error")} == {
        "job": "import:nothing",
        "status": "failed",
        "rows": 0,
        "tables": [],
        "error": {
            "type": "PlanError",
            "code": "plan_error",
            "message": "job import:nothing can't run, 1 problem; nothing was changed:\n"
            "  public.nothing: there is no such table in the source",
        },
    }
    assert done.code == 1


def test_json_of_list_and_schema(run_cli, jobs):
    listed = json.loads(run_cli("list", jobs, "import:*", "--json", env=NOWHERE).stdout)
    schema = json.loads(run_cli("schema").stdout)

    assert listed == {
        "jobs": [
            {
                "job": "import:nothing",
                "source": "source schema public",
                "targets": [{"database": "target", "schema": "public", "mode": "replace"}],
                "tables": ["nothing"],
            }
        ]
    }
    assert "jobs" in schema["properties"]


def test_list_for_people(run_cli, jobs):
    done = run_cli("list", jobs, env=NOWHERE)

    assert done.stdout.splitlines() == [
        "export:books    source schema public → target schema books_copy",
        "export:authors  source schema public → target schema authors_copy",
        "import:nothing  source schema public → target schema public",
    ]


@pytest.mark.parametrize(("variable", "colored"), [("NO_COLOR", False), ("FORCE_NOTHING", True)])
def test_colours_on_a_terminal(variable, colored, jobs, databases):
    shown = on_a_terminal("run", jobs, env={**databases, variable: "1"})

    assert "export:books: done" in shown
    assert "error:" in shown
    assert bool(re.search(rf"{ESCAPE}\[[0-9;]*3[0-9][;m]", shown)) is colored
    without_codes = re.sub(rf"{ESCAPE}\[[0-9;?]*[a-zA-Z]", "", shown)
    assert "error: job import:nothing can't run, 1 problem; nothing was changed:" in re.split(r"[\r\n]+", without_codes)


def on_a_terminal(*arguments, env):
    """Run the command on a terminal of its own and give all that it shows there."""
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI")}
    process = subprocess.Popen(
        [sys.executable, "-m", "pg_xcopy", *map(str, arguments)],
        env={**clean, "TERM": "xterm-256color", **env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    process.wait(60)
    return shown.decode()


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # what Linux says when the other end is closed
        return b""


# --- Streams that break


@pytest.mark.parametrize("command", [("list",), ("plan",), ("run", "-q", "--json")], ids=" ".join)
def test_reader_that_goes_away(command, jobs, databases):
    done = piped_into_nobody(command[0], jobs, "export:books", *command[1:], env=databases)

    assert done.returncode == 141
    assert done.stderr == ""


def piped_into_nobody(*arguments, env):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing) as nobody:
        return subprocess.run(
            [sys.executable, "-m", "pg_xcopy", *map(str, arguments)],
            env={**os.environ, **env},
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.mark.skipif(not FULL.exists(), reason=f"this system has no {FULL}")
def test_disk_that_is_full(jobs):
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pg_xcopy", "list", str(jobs)],
            env={**os.environ, **NOWHERE},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.stderr == "error: the operating system says: [Errno 28] No space left on device.\n"
    assert done.returncode == 1


def test_closed_stdout(jobs):
    done = subprocess.run(
        f'"{sys.executable}" -m pg_xcopy list "{jobs}" >&-',
        shell=True,
        env={**os.environ, **NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Traceback" not in done.stderr


# --- Help


def test_help_imports_nothing_expensive():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pg_xcopy", "--help"],
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        check=True,
    )

    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported
    assert imported.isdisjoint(EXPENSIVE)


@pytest.mark.parametrize("command", ["", "run", "plan", "validate", "list", "schema", "demo"])
def test_help_is_laid_out(command, run_cli):
    done = run_cli(*command.split(), "--help")

    assert done.code == 0
    assert done.stdout.startswith(f"Usage: pg-xcopy {command}".rstrip())
    assert "\\b" not in done.stdout
    assert "\b" not in done.stdout
    assert "short-form" not in done.stdout


def test_help_shows_exit_codes_as_they_are_written(run_cli):
    lines = run_cli("--help").stdout.splitlines()

    assert "  Exit codes:   0 done            2 usage or manifest" in lines
    assert "  \\copy on steroids: stream filtered, transformed tables between PostgreSQL" in lines
