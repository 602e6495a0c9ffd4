"""`pg-xcopy demo`: what it shows is true, works when typed, and nothing of it stays behind."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pg_xcopy.demo import next_steps
from pg_xcopy.demo.excerpts import MANIFEST, excerpt
from pg_xcopy.manifest.loader import load_manifest

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
COMMAND = [sys.executable, "-m", "pg_xcopy", "demo"]
JOBS = ["migrate:shop", "anonymise:shop", "shift:events", "tenant:extract"]
URLS = {"SOURCE_DB_URL": "postgresql://a@source/shop", "TARGET_DB_URL": "postgresql://b@target/shop"}


def make_place():
    """A directory with a space in its name, which the account that servers run as may enter."""
    place = Path(tempfile.mkdtemp(prefix="xcopy demo "))
    place.chmod(0o777)
    return place


@pytest.fixture
def place(installations):  # noqa: ARG001 - where there are no servers it skips
    made = make_place()
    yield made
    shutil.rmtree(made)


def environment(place, **more):
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "COLUMNS", "TERM", "NO_COLOR"}}
    return {**kept, "TMPDIR": str(place), **more}


def start(place, *options, **more):
    return subprocess.Popen(
        [*COMMAND, *options],
        env=environment(place, **more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(command, **how):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **how)


def read_until(stream, words):
    seen = ""
    for line in stream:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"{words!r} never came, only:\n{seen}")


def left_behind(place):
    """Files below a directory, and processes that name it."""
    commands = (path for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [*place.iterdir(), *(said for path in commands if str(place) in (said := _text(path)))]


def _text(path):
    try:
        return path.read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


# --- What it shows


@pytest.fixture(scope="module")
def shown(installations):  # noqa: ARG001 - as above
    """The finished demo; what it left behind; its sections by their headings."""
    place = make_place()
    done = finish(COMMAND, env=environment(place))
    left = left_behind(place)
    shutil.rmtree(place)
    headings = re.split(r"^(\S.*?) ─+$", done.stdout, flags=re.MULTILINE)[1:]
    return done, left, dict(zip(headings[::2], headings[1::2], strict=True))


def comparison(section):
    """The table of a job as {(subject, what): (before, after)}."""
    facts, subject = {}, ""
    for line in section[section.index("AFTER") :].splitlines()[3:]:
        cells = re.split(r" {2,}", line.strip())
        if len(cells) == 4:
            subject, *cells = cells
        if len(cells) == 3:
            facts[subject, cells[0]] = (cells[1], cells[2])
    return facts


def test_it_ends_well_and_leaves_nothing_behind(shown):
    done, left, _ = shown

    assert (done.returncode, done.stderr, left) == (0, "", [])


def test_every_job_is_shown_in_its_order(shown):
    _, _, sections = shown

    assert list(sections)[1:6] == [*(f"{n} of 4  {job}" for n, job in enumerate(JOBS, start=1)), "All jobs"]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_job_is_shown_with_its_purpose_its_declaration_and_what_it_did(shown, number):
    _, _, sections = shown
    declared = excerpt(JOBS[number - 1])
    section = sections[f"{number} of 4  {JOBS[number - 1]}"]

    assert declared.purpose in section
    assert all(f"    {line}" in section for line in declared.text.splitlines())
    assert re.search(r"✓ [\d,]+ rows of \d+ tables copied, .* in ", section)


def test_migrated_tables_are_filtered(shown):
    facts = comparison(shown[2]["1 of 4  migrate:shop"])

    assert facts["users", "rows"] == ("20,000", "9,938")
    assert facts["orders", "oldest"] == ("2023-01-02", "2023-07-01")
    assert facts["products", "not active"] == ("461", "0")


def test_a_foreign_key_that_cannot_hold_is_a_warning_that_names_it(shown):
    said = " ".join(shown[2]["1 of 4  migrate:shop"].split())

    assert "! warning: shop_2023.orders.orders_tenant_id_user_id_fkey: constraint left out" in said


def test_anonymised_rows_have_nothing_of_the_source(shown):
    facts = comparison(shown[2]["2 of 4  anonymise:shop"])
    emails = [both for (_, what), both in facts.items() if what == "email"]

    assert len(emails) == 3
    assert facts["user 1", "email"] == ("priya.jansen1@example.org", "user1@example.com")
    assert facts["user 1", "phone"][1] == facts["payment 1", "card_last4"][1] == "column left out"
    assert not {before for before, _ in facts.values()} & {after for _, after in facts.values()}
    assert all(re.fullmatch(r"user\d@example\.com", after) for _, after in emails)


def test_shifted_rows_are_of_the_last_year(shown):
    facts = comparison(shown[2]["3 of 4  shift:events"])
    before, after = facts["order 50000", "created_at"]
    today = time.time() - 10 * 86400

    assert before == "2023-12-27 06:09:27"
    assert abs(time.mktime(time.strptime(after, "%Y-%m-%d %H:%M:%S")) - today) < 10 * 86400
    assert after[10:] == before[10:]


def test_only_one_tenant_is_extracted(shown):
    facts = comparison(shown[2]["4 of 4  tenant:extract"])

    assert facts["users", "rows"] == ("20,000 of 40 tenants", "866 of 1 tenant")
    assert facts["user 1", "of tenant"] == ("1: Priya Jansen", "not copied")
    assert facts["user 2", "of tenant"] == ("7: Leila Dubois", "7: Leila Dubois")


def test_lines_fit_the_page_unless_they_are_to_be_copied(shown):
    done, _, sections = shown
    exempt = sections[list(sections)[-1]]  # commands, which are never wrapped

    assert [line for line in done.stdout.replace(exempt, "").splitlines() if len(line) > 80 and " " in line] == []


def test_the_manifest_that_it_shows_is_a_file_that_validates(shown, run_cli):
    assert f"    {MANIFEST}\n" in shown[0].stdout

    validated = run_cli("validate", MANIFEST, env=URLS)

    assert (validated.code, validated.stderr) == (0, "")
    assert "4 jobs" in validated.stdout


def test_the_manifest_and_the_examples_declare_the_same_jobs():
    examples = (load_manifest(path, URLS).jobs for path in EXAMPLES.glob("*.yaml"))

    jobs = load_manifest(MANIFEST, URLS).jobs

    assert dict(jobs) == {name: job for each in examples for name, job in each.items() if name in JOBS}
    assert list(jobs) == JOBS


# --- Servers that are kept


def test_the_commands_that_it_prints_work_while_the_servers_are_kept(place):
    demo = start(place, "--keep")
    said = read_until(demo.stdout, "Press Enter")
    commands = re.findall(r"^    (export .*|.* (?:plan|run) .*)$", said, flags=re.MULTILINE)

    typed = finish(["sh", "-ec", "\n".join(commands)])
    rest, complaints = demo.communicate("\n", timeout=60)

    assert len(commands) == 5
    assert (typed.returncode, demo.returncode, complaints) == (0, 0, ""), typed.stderr
    assert "tenant:extract: done" in typed.stdout
    assert "all that they wrote is removed" in rest
    assert left_behind(place) == []


@pytest.mark.parametrize("stdin", [subprocess.DEVNULL, None], ids=["at its end", "closed"])
def test_without_anybody_to_press_enter_it_ends(place, stdin):
    script = "exec 0<&-; " if stdin is None else ""
    done = finish(["sh", "-c", f'{script}exec "$@"', "sh", *COMMAND, "--keep"], env=environment(place), stdin=stdin)

    assert (done.returncode, done.stderr, left_behind(place)) == (0, "", [])


# --- When it is stopped


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGINT, "pg-xcopy"),
        (signal.SIGINT, "1 of 4"),
        (signal.SIGTERM, "3 of 4"),
        (signal.SIGINT, "Press Enter"),
    ],
)
def test_a_signal_removes_everything(place, number, words):
    demo = start(place, "--keep")
    read_until(demo.stdout, words)

    demo.send_signal(number)
    _, complaints = demo.communicate(timeout=20)

    assert demo.returncode == 128 + number
    assert complaints.startswith(f"pg-xcopy: stopped by {number.name}; the servers are stopped")
    assert left_behind(place) == []


def test_a_signal_while_servers_start_removes_everything(place):
    demo = start(place)
    while not any(place.glob("*/cluster-*/template/global")):
        assert demo.poll() is None
        time.sleep(0.01)

    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=20)

    assert demo.returncode == 130
    assert left_behind(place) == []


def test_a_reader_that_goes_away_is_no_error(place):
    demo = start(place)
    read_until(demo.stdout, "pg-xcopy")

    demo.stdout.close()

    assert demo.stderr.read() == ""
    assert demo.wait(timeout=60) == 128 + signal.SIGPIPE
    assert left_behind(place) == []


def test_without_server_binaries_it_says_so_and_no_more(place):
    done = finish(COMMAND, env=environment(place, PG_XCOPY_PG_BIN="/nowhere"))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: There are no PostgreSQL server binaries")
    assert "Traceback" not in done.stderr


# --- Terminals


def on_a_terminal(place, **more):
    """Run the demo on a terminal and return all that it wrote there."""
    ours, theirs = pty.openpty()
    demo = subprocess.Popen(
        COMMAND, env=environment(place, TERM="xterm", **more), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            written += os.read(ours, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
    os.close(ours)
    return demo.wait(timeout=60), written.decode()


def test_a_terminal_gets_colours_and_progress(place):
    code, written = on_a_terminal(place)

    assert code == 0
    assert "\x1b[32m" in written
    assert "copy rows" in written


def test_a_terminal_without_colours_in_ci_gets_neither(place):
    code, written = on_a_terminal(place, NO_COLOR="1", CI="true")

    assert code == 0
    assert re.search(r"\x1b\[[0-9;]*3[0-7]m", written) is None
    assert "copy rows" not in written


def test_characters_that_the_locale_lacks_are_no_error(place):
    done = finish(COMMAND, env=environment(place, PYTHONIOENCODING="ascii"))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


# --- How to call it again


def test_a_command_on_the_path_is_called_by_its_name(monkeypatch, tmp_path):
    script = tmp_path / "pg-xcopy"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(script)])

    assert next_steps.ourselves() == "pg-xcopy"


def test_a_command_elsewhere_is_called_as_it_was(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", ["a venv/bin/pg-xcopy"])

    assert next_steps.ourselves() == "'a venv/bin/pg-xcopy'"
