"""The command without a database: words, options, exit codes; jobs are replaced by what they would give."""

import json
import os
import re
import shlex
import signal

import pytest
from click.testing import CliRunner

from pg_xcopy import api
from pg_xcopy.cli import commands
from pg_xcopy.cli.failing import exit_code_of
from pg_xcopy.cli.main import command
from pg_xcopy.cli.signals import SIGNALS, StoppedBySignal, signals_raise
from pg_xcopy.errors import PlanError, UsageError
from pg_xcopy.results import JobResult, TableResult, WarningResult

MANIFEST = """\
jobs:
  "export:a": {source: {database: host=x}, target: {database: host=y}, tables: {"*": {}}}
  "export:b": {source: {database: host=x}, target: {database: host=z}, tables: {"*": {}}}
"""
WARNING = WarningResult("index left out", "app.t.i", "it is invalid in the source")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command in a directory with a manifest; gives click's result."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.yaml").write_text(MANIFEST)
    return lambda *words, **given: CliRunner().invoke(command, words, prog_name="pg-xcopy", **given)


@pytest.fixture
def outcomes(monkeypatch):
    """What each job gives, by its name: a JobResult by default, or the error put here."""
    given = {}

    def run_job(job, **_):
        outcome = given.get(job.name, JobResult(job.name, "r1", (TableResult("app.t", 2, 10, 1.0),), (), 1.0))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(api, "run_job", run_job)
    return given


def jobs_in(result):
    return [job["job"] for job in json.loads(result.stdout)["jobs"]]


# --- Which jobs


@pytest.mark.parametrize(
    ("words", "jobs"),
    [
        (("run", "jobs.yaml"), ["export:a", "export:b"]),
        (("run", "jobs.yaml", "export:b"), ["export:b"]),
        (("run", "jobs.yaml", "*b", "*a"), ["export:a", "export:b"]),
        (("export:a",), ["export:a"]),
        (("export:*", "-c", "jobs.yaml"), ["export:a", "export:b"]),
        (("-v", "export:a"), ["export:a"]),
        (("-v", "run", "jobs.yaml", "*a"), ["export:a"]),
        (("-c", "jobs.yaml", "*a"), ["export:a"]),
        (("--config", "jobs.yaml", "*a"), ["export:a"]),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("outcomes")
def test_chosen_jobs(run, words, jobs):
    assert jobs_in(run(*words, "--json")) == jobs


@pytest.mark.parametrize("words", [("rnu", "jobs.yaml"), ("vlidate", "jobs.yaml", "-v")], ids=" ".join)
def test_a_command_that_is_misspelt(run, words):
    result = run(*words)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: there is no command '{words[0]}'; did you mean")


@pytest.mark.usefixtures("outcomes")
def test_a_job_may_be_called_like_nothing_else(run):
    result = run("nightly")

    assert result.exit_code == 2
    assert result.stderr == "error: no job matches 'nightly'.\n  the manifest has: export:a, export:b\n"


# --- Exit codes


@pytest.mark.parametrize(
    ("outcome", "options", "code"),
    [
        (None, (), 0),
        (JobResult("export:a", "r", (), (WARNING,), 1.0), (), 0),
        (JobResult("export:a", "r", (), (WARNING,), 1.0), ("--fail-on-warnings",), 3),
        (None, ("--fail-on-warnings",), 0),
        (PlanError("export:a", ("x",)), ("--fail-on-warnings",), 1),
        (KeyboardInterrupt(), (), 130),
        (RuntimeError("oh"), (), 1),
    ],
    ids=str,
)
def test_exit_code(run, outcomes, outcome, options, code):
    if outcome is not None:
        outcomes["export:a"] = outcome

    assert run("run", "jobs.yaml", *options).exit_code == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_exit_code_of_a_signal(run, outcomes, number):
    outcomes["export:a"] = StoppedBySignal(number)

    result = run("run", "jobs.yaml")

    assert result.exit_code == 128 + number
    assert result.stderr.startswith(f"pg-xcopy: stopped by {number.name}")


def test_two_jobs_that_replace_the_same_schema_do_not_run_together(run, outcomes, tmp_path):
    outcomes.clear()
    (tmp_path / "jobs.yaml").write_text(MANIFEST.replace("host=z", "host=y"))

    result = run("run", "jobs.yaml")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: jobs export:a and export:b both replace schema public of the same database.\n"
        "  Run one of them by its name, or give each a schema of its own.\n"
    )


def test_one_failure_of_several(run, outcomes):
    outcomes["export:a"] = PlanError("export:a", ("app.t: no",))

    result = run("run", "jobs.yaml")

    assert result.exit_code == 1
    assert result.stderr == "error: job export:a can't run, 1 problem; nothing was changed:\n  app.t: no\n"
    assert "export:b: done" in result.stdout


# --- Errors


def test_causes_on_request(run, outcomes):
    error = PlanError("export:a", ("no",))
    error.__cause__ = UsageError("it was asked in vain", "")
    error.__cause__.__cause__ = KeyError("a line with a password")
    outcomes["export:a"] = error

    lines = run("run", "jobs.yaml", "export:a", "-v").stderr.splitlines()

    assert lines[-2:] == ["  caused by UsageError: it was asked in vain", "  caused by KeyError"]


def test_what_nobody_expected(run, outcomes):
    outcomes["export:a"] = RuntimeError("oh")

    plainly = run("run", "jobs.yaml")
    verbosely = run("run", "jobs.yaml", "-v")

    assert plainly.stderr == "error: unexpected RuntimeError: oh. This is a bug; -v shows where.\n"
    assert verbosely.stderr.startswith(plainly.stderr)
    assert "Traceback (most recent call last)" in verbosely.stderr


def test_an_error_of_the_operating_system(run, outcomes):
    outcomes["export:a"] = OSError(28, "No space left on device")

    assert run("run", "jobs.yaml").stderr == "error: the operating system says: [Errno 28] No space left on device.\n"


@pytest.mark.parametrize(("variable", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colour_of_an_error(run, monkeypatch, variable, colored):
    monkeypatch.delenv("NO_COLOR", raising=False)

    result = run("run", "nothing.yaml", color=True, env=variable)

    assert ("\x1b[31m" in result.stderr) is colored


def test_exit_code_of_whatever_else():
    assert exit_code_of(UsageError("x")) == 2
    assert exit_code_of(BrokenPipeError()) == 141
    assert exit_code_of(ValueError()) == 1


# --- Options


def options_of(one):
    return [each for each in one.params if each.param_type_name == "option" and each.name != "help"]


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_option_has_an_environment_variable(name):
    for option in options_of(command.commands[name]):
        assert option.envvar == f"PG_XCOPY_{option.opts[-1].lstrip('-').replace('-', '_').upper()}"


def test_every_option_is_explained():
    for one in command.commands.values():
        assert one.help
        assert all(option.help.endswith(".") for option in options_of(one))


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_examples_in_the_help_are_commands(run, monkeypatch, name):
    shown = run(name, "--help").stdout
    examples = [words[1:] for line in shown.splitlines() if (words := _example(line))]
    for each in command.commands.values():
        monkeypatch.setattr(each, "callback", lambda **_given: None)

    assert examples
    assert all(words[0] == name and run(*words).exit_code == 0 for words in examples)
    assert "Exit codes: 0 " in shown


def _example(line):
    """Give the words of `pg-xcopy …` in a line of examples, without what its output goes into."""
    _, found, rest = line.partition("pg-xcopy ")
    if not found or not re.search(r"^ +(Examples:|generate-jobs|$)", line.split("pg-xcopy ")[0]):
        return []
    return ["pg-xcopy", *shlex.split(re.split(r"[|>]", rest)[0])]


def test_commands_are_known_to_who_guesses():
    assert set(commands.COMMANDS) == {name for name, one in command.commands.items() if not one.hidden}


def test_json_begins_with_what_it_is_about(run, outcomes):
    outcomes["export:b"] = PlanError("export:b", ("x",))

    first, second = json.loads(run("run", "jobs.yaml", "--json").stdout)["jobs"]

    assert list(first)[:2] == list(second)[:2] == ["job", "status"]


def test_standard_input(run):
    result = run("validate", "-", input=MANIFEST)

    assert result.stdout == "-: valid, 2 jobs: export:a, export:b\n"


# --- Signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_raised_once_and_handlers_come_back(number):
    before = {each: signal.getsignal(each) for each in SIGNALS}

    with pytest.raises(StoppedBySignal) as caught, signals_raise():
        os.kill(os.getpid(), number)

    assert caught.value.number == number
    assert {each: signal.getsignal(each) for each in SIGNALS} == before
