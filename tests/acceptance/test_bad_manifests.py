"""A manifest that is wrong: exit 2, a sentence with its place and its mend, no traceback, no connection."""

import socket

import pytest
from commanding import HEAD, write

JOB = HEAD + "jobs:\n  copy:\n"
BOMB = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9 if n else ['1'] * 9)}]\n" for n in range(9))

# What is in the file, and what is said of it behind `error: jobs.yaml:`.
YAML_MISTAKES = {
    "a wrong key": (
        JOB + '    tabels: {"*": {}}\n',
        [
            "6:3: jobs.copy.tables: this key is missing (\"'*': {}\" copies every table)",
            "7:5: jobs.copy.tabels: unknown key (did you mean 'tables'?)",
        ],
    ),
    "wrong types": (
        JOB + '    parallel: many\n    tables: {"*": {}}\n    exclude: audit\n',
        [
            "7:15: jobs.copy.parallel: expected a whole number, found 'many'",
            "9:14: jobs.copy.exclude: expected a list of names, found text (put it in brackets: [name])",
        ],
    ),
    "a variable that is not set": (
        JOB + '    target: {schema: "${TARGET_SCHEMA}"}\n    tables: {"*": {}}\n',
        [
            "7:22: jobs.copy.target.schema: the variable TARGET_SCHEMA is not set"
            " (set it, or give a default: ${TARGET_SCHEMA:-…})",
        ],
    ),
    "a connection's name": (
        JOB + '    source: {database: sourse}\n    tables: {"*": {}}\n',
        [
            "7:24: jobs.copy.source.database: no connection is called 'sourse' (did you mean 'source'?)",
        ],
    ),
    "a connection string": (
        JOB + '    source: {database: "host=localhost prot=5432"}\n    tables: {"*": {}}\n',
        [
            "7:24: jobs.copy.source.database: "
            "this connection string can't be used: it has a parameter that libpq does not know",
        ],
    ),
    "a tab": (
        JOB + "\ttables: {}\n",
        ["7:1: a tab is used for indentation (YAML indents with spaces only)"],
    ),
    "a key written twice": (
        JOB + '    tables: {"*": {}}\n    tables: {}\n',
        ["8:5: jobs.copy.tables: this key is written twice, first in line 7, column 5"],
    ),
    "anchors that explode": (
        BOMB + JOB,
        [
            "1:31: the aliases (*name) unfold to far too much",
        ],
    ),
    "an empty file": ("", [" the file is empty (a manifest has at least the key jobs)"]),
    "a list": (
        "- jobs\n",
        [
            "1:1: expected a mapping with the key jobs, found a list",
        ],
    ),
    "an operator": (
        JOB + "    tables: {users: {where: {id: {gte: null, most: 1}}}}\n",
        [
            "7:40: jobs.copy.tables.users.where.id.gte: a comparison with null is never true "
            "(use is_null: true or is_null: false)",
            "7:46: jobs.copy.tables.users.where.id.most: unknown key "
            "(known keys: eq, ne, gt, gte, lt, lte, in, not_in, like, ilike, between, is_null)",
        ],
    ),
    "a filter on nothing": (
        JOB + "    tables: {users: {where: {id: {}}}}\n",
        [
            "7:34: jobs.copy.tables.users.where.id: an empty mapping is no condition "
            "(use an operator such as eq, gte or in)",
        ],
    ),
    "a transform of nothing": (
        JOB + "    tables: {users: {transform: {email: ''}}}\n",
        [
            "7:41: jobs.copy.tables.users.transform.email: the SQL expression is blank "
            "(use null to leave the column out)",
        ],
    ),
    "not YAML": (
        JOB + "    tables: {\n",
        [
            "8:1: this is not valid YAML: something is missing, or too much, here",
        ],
    ),
}

PYTHON_MISTAKES = {
    "raises": (
        "JOBS = {}\nraise RuntimeError('no such environment')\n",
        ["2:1: the file raises: RuntimeError: no such environment"],
    ),
    "is not Python": (
        "JOBS = {\n",
        [
            "1:8: this is not valid Python: '{' was never closed",
        ],
    ),
    "defines nothing": (
        "JOB = {}\n",
        [
            " the file defines no JOBS (did you mean 'JOB'?)",
        ],
    ),
    "ends the process": (
        "import sys\nsys.exit(3)\n",
        [
            "2:1: the file ends the process itself: SystemExit: 3",
        ],
    ),
    "has a wrong key": (
        "JOBS = {\n    'copy': {'tabels': {}},\n}\n",
        [
            "2:5: jobs.copy.source: this key is missing",
            "2:5: jobs.copy.tables: this key is missing (\"'*': {}\" copies every table)",
            "2:5: jobs.copy.target: this key is missing",
            "2:14: jobs.copy.tabels: unknown key (did you mean 'tables'?)",
        ],
    ),
}


@pytest.fixture
def listener():
    """A port that takes connections; `listener.visited()` tells whether anyone came."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield Listener(server)


class Listener:
    def __init__(self, server):
        self._server = server
        self.url = f"postgresql://someone:hush-hush@127.0.0.1:{server.getsockname()[1]}/db?connect_timeout=2"

    def visited(self):
        try:
            self._server.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def run(run_cli, listener):
    def run_here(*arguments, **how):
        env = {"SOURCE_DB_URL": listener.url, "TARGET_DB_URL": listener.url}
        return run_cli(*arguments, env=env, **how)

    return run_here


def test_listener_notices_a_run(run, listener, tmp_path):
    write(tmp_path, JOB + '    tables: {"*": {}}\n')

    assert run("run", "jobs.yaml").code == 1
    assert listener.visited()


@pytest.mark.parametrize(("text", "said"), YAML_MISTAKES.values(), ids=YAML_MISTAKES)
def test_yaml(text, said, run, listener, tmp_path):
    write(tmp_path, text)

    done = run("run", "jobs.yaml")

    assert done.stderr.splitlines() == [f"error: jobs.yaml:{each}" for each in said]
    assert (done.code, done.stdout, listener.visited()) == (2, "", False)


@pytest.mark.parametrize(("text", "said"), PYTHON_MISTAKES.values(), ids=PYTHON_MISTAKES)
def test_python(text, said, run, listener, tmp_path):
    write(tmp_path, text, "jobs.py")

    done = run("run", "jobs.py")

    assert done.stderr.splitlines() == [f"error: jobs.py:{each}" for each in said]
    assert (done.code, done.stdout, listener.visited()) == (2, "", False)


def test_file_that_is_not_there(run, tmp_path):
    write(tmp_path, JOB)

    done = run("run", "job.yaml")

    assert done.stderr == "error: job.yaml: there is no such file (did you mean 'jobs.yaml'?)\n"
    assert done.code == 2


def test_directory(run, tmp_path):
    (tmp_path / "jobs").mkdir()

    done = run("run", "jobs")

    assert done.stderr == "error: jobs: this is a directory (name a YAML or Python file in it)\n"
    assert done.code == 2


def test_file_that_cannot_be_read(run):
    unreadable = "/proc/self/mem"  # for root too, whom no file's mode stops

    done = run("run", unreadable)

    assert done.stderr == f"error: {unreadable}: the file can't be read: Input/output error\n"
    assert done.code == 2


def test_standard_input(run):
    done = run("run", "-", stdin="jobs: {a: 1}\n")

    assert done.stderr.startswith("error: <stdin>:1:")
    assert done.code == 2


def test_causes_follow_on_request(run, tmp_path):
    write(tmp_path, "JOBS = {}['copy']\n", "jobs.py")

    done = run("run", "jobs.py", "-v")

    assert done.stderr.splitlines() == [
        "error: jobs.py:1:1: the file raises: KeyError: 'copy'",
        "  caused by KeyError",
    ]
    assert done.code == 2


@pytest.mark.parametrize("command", ["plan", "validate", "list"])
def test_other_commands_say_the_same(command, run, listener, tmp_path):
    write(tmp_path, "jobs: {}\n")

    done = run(command, "jobs.yaml")

    assert done.stderr == "error: jobs.yaml:1:7: jobs: expected at least one entry\n"
    assert (done.code, done.stdout, listener.visited()) == (2, "", False)


def test_no_secret_is_repeated(run, tmp_path):
    write(
        tmp_path,
        JOB + '    source: {database: "postgresql://me:hunter2@db:port/x"}\n    tables: {"*": {where: hunter2://x}}\n',
    )

    done = run("run", "jobs.yaml")

    assert done.code == 2
    assert "source.database: this connection string can't be used" in done.stderr
    assert "hunter2" not in done.stderr.split("source.database")[1].splitlines()[0]
