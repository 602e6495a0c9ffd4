"""Copies through a bastion: an OpenSSH server on this machine, with the databases behind it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import struct
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from copying import Clock, in_background, running, sleeping, wait_until

from bastion import descendants, program
from judge import read_schema
from pg_xcopy import run_job
from pg_xcopy.connect import tunnel
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.connect.tunnelling import relay
from pg_xcopy.errors import ConnectionFailedError, DatabaseError, SameSchemaError, TunnelFailedError
from pg_xcopy.manifest.bastions import Bastion
from pg_xcopy.manifest.loader import parse_manifest
from pg_xcopy.sql.quoting import Sql
from servers import Database

ASK = Sql("SELECT 1")
SLOWLY = {"things": {"transform": {"body": "body || pg_sleep(0.05)"}}}


@pytest.fixture
def things(source_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int PRIMARY KEY, body text)")
    source_db.execute("INSERT INTO app.things SELECT n, md5(n::text) FROM generate_series(1, 1000) AS n")
    return source_db


def job_of(source, target, tables=None, *, ssh, through="source target", **options):
    """A job whose sides `through` go through the bastion that `ssh` describes."""
    urls = {"source": source, "target": target}
    said = {
        side: {"url": getattr(url, "url", url), **({"ssh": ssh} if side in through.split() else {})}
        for side, url in urls.items()
    }
    job = {side: {"database": side, "schema": "app"} for side in said}
    manifest = {"connections": said, "jobs": {"copy": {**job, "tables": tables or {"*": {}}, **options}}}
    return parse_manifest(manifest).jobs["copy"]


def address(database, ssh, side="source"):
    url = getattr(database, "url", database)
    return Address(side, "prod", url, ssh=Bastion.model_validate(ssh).login)


def tunnels():
    """The processes of ours that hold tunnels."""
    return [pid for pid in descendants(os.getpid()) if b"tunnelling" in _command(pid)]


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert tunnels() == []


@pytest.mark.parametrize("through", ["source", "target", "source target"])
def test_a_copy(things, target_db, bastion, through):
    job = job_of(things, target_db, ssh=bastion.ssh(), through=through, parallel=2)
    before = bastion.logins

    for _ in range(2):
        run_job(job)

    assert read_schema(target_db, "app") == read_schema(things, "app")
    assert bastion.logins - before == 2 * len(through.split()), "one login for all sessions on a server"
    wait_until(lambda: bastion.connections == 0)


def test_one_tunnel_for_both_sides_of_one_server(things, new_database, bastion):
    before = bastion.logins

    run_job(job_of(things, new_database(things.server), ssh=bastion.ssh()))

    assert bastion.logins - before == 1


def test_a_slow_end_holds_nothing_up_for_ever(source_db, target_db, bastion):
    """The driver ends a COPY with the interpreter locked, while all buffers on the way are full."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE FUNCTION app.slow(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
            IF current_setting('application_name') LIKE 'pg-xcopy%' THEN PERFORM pg_sleep(0.01); END IF;
            RETURN length($1);
        END$$;
        CREATE TABLE app.things (body text, size int GENERATED ALWAYS AS (app.slow(body)) STORED);
        INSERT INTO app.things SELECT repeat(md5(n::text), 3000) FROM generate_series(1, 300) AS n""")

    result = run_job(job_of(source_db, target_db, ssh=bastion.ssh()))

    assert result.rows == 300
    assert read_schema(target_db, "app") == read_schema(source_db, "app")


def test_the_same_schema_is_refused_through_a_bastion(things, bastion):
    with pytest.raises(SameSchemaError):
        run_job(job_of(things, things, ssh=bastion.ssh(), through="target"))


def test_a_client_that_hangs_up_ends_nothing_but_itself():
    """At the moment when the server says that it has nothing more to say: raised there, an error ends the tunnel."""

    async def hang_up():
        accepted = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(lambda _, writer: accepted.set_result(writer.transport), "127.0.0.1", 0)
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            near = await accepted
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with pytest.raises(OSError, match="not connected"):
            near.get_extra_info("socket").shutdown(socket.SHUT_WR)
        assert relay._Far(near).eof_received()
        near.abort()
        server.close()

    asyncio.run(hang_up())


# --- Where it leads


def test_keys_that_are_exchanged_on_the_way(source_db, target_db, new_bastion):
    """As it happens after some gigabytes or an hour."""
    rows = "SELECT n, repeat(md5(n::text), 30) AS body FROM generate_series(1, 20000) AS n"
    source_db.execute(f"CREATE SCHEMA app; CREATE TABLE app.things AS {rows}")
    bastion = new_bastion("RekeyLimit 1M\nLogLevel DEBUG1")

    run_job(job_of(source_db, target_db, ssh=bastion.ssh()))

    assert read_schema(target_db, "app") == read_schema(source_db, "app")
    assert bastion.log.count("SSH2_MSG_NEWKEYS received") > 10


def test_several_hosts(things, bastion):
    """Each of them is reached through the bastion, until one answers."""
    url = things.url.replace(f"127.0.0.1:{things.server.port}", f"127.0.0.1:1,localhost:{things.server.port}")

    with Sessions() as sessions:
        session = sessions.open(address(url, bastion.ssh()))

        assert session.value(Sql("SELECT current_database()"), "asking") == things.name


def test_several_hosts_that_are_all_down(things, bastion):
    url = things.url.replace(f"127.0.0.1:{things.server.port}", "127.0.0.1:1,localhost:2")

    with Sessions() as sessions, pytest.raises(TunnelFailedError) as caught:
        sessions.open(address(url, bastion.ssh()))

    assert "can't reach 127.0.0.1:1: Connection refused and can't reach localhost:2: Connection r" in str(caught.value)


def test_a_database_that_is_down(things, bastion):
    url = things.url.replace(f":{things.server.port}/", ":1/")

    with Sessions() as sessions, pytest.raises(TunnelFailedError) as caught:
        sessions.open(address(url, bastion.ssh()))

    assert str(caught.value) == (
        f"can't connect to the source prod: the bastion {bastion.user}@127.0.0.1:{bastion.port} can't reach "
        "127.0.0.1:1: Connection refused. Check the url: its host and port are as the bastion knows them."
    )


def test_what_the_database_refuses_is_said_in_its_own_words(things, bastion):
    """Even after another connection was refused on the way; and with the server's port, not with ours."""
    url = re.sub(r":[^:/@]+@", ":wrong@", things.url).replace("127.0.0.1", "localhost")
    with Sessions() as sessions, pytest.raises(ConnectionFailedError) as caught:
        sessions.open(address(url, bastion.ssh()))

    assert str(caught.value) == (
        'can\'t connect to the source prod: connection to server at "localhost" (through '
        f"{bastion.user}@127.0.0.1:{bastion.port}), port {things.server.port} failed: FATAL: password authentication "
        'failed for user "postgres". Check the user and the password.'
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The certificate of a server called db.example, which is its own authority; and its key."""
    directory = tmp_path_factory.mktemp("tls")
    key, certificate = directory / "server.key", directory / "server.crt"
    command = f"{program('openssl', 'openssl')} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=db.example"
    files = ["-addext", "subjectAltName=DNS:db.example", "-keyout", key, "-out", certificate]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def tls_database(source_server, certificate):
    """A database on a server that speaks TLS with that certificate."""
    directory = source_server.directory / "data"
    owner = directory.stat()
    for path in certificate:
        copy = directory / path.name
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o600)
        os.chown(copy, owner.st_uid, owner.st_gid)
    database = Database(source_server, "postgres")
    database.execute("ALTER SYSTEM SET ssl = on")
    database.execute("SELECT pg_reload_conf()")
    wait_until(lambda: database.value("SHOW ssl") == "on")
    yield database
    database.execute("ALTER SYSTEM RESET ssl")
    database.execute("SELECT pg_reload_conf()")
    wait_until(lambda: database.value("SHOW ssl") == "off")


def tls_url(database, certificate, name):
    """The url of that database, under another name, and with all that a certificate can prove."""
    server = database.server
    return (
        f"postgresql://postgres:{server.password}@{name}:{server.port}/postgres?hostaddr=127.0.0.1"
        f"&sslmode=verify-full&sslrootcert={certificate[0]}"
    )


def test_a_certificate_is_verified_by_the_hosts_own_name(tls_database, certificate, bastion):
    with Sessions() as sessions:
        session = sessions.open(address(tls_url(tls_database, certificate, "db.example"), bastion.ssh()))

        assert session.value(Sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), "asking") is True


def test_a_certificate_of_another_host(tls_database, certificate, bastion):
    with Sessions() as sessions, pytest.raises(ConnectionFailedError) as caught:
        sessions.open(address(tls_url(tls_database, certificate, "other.example"), bastion.ssh()))

    assert 'server certificate for "db.example" does not match host name "other.example"' in str(caught.value)


# --- What ends it


@contextmanager
def copying(things, target_db, ssh, through):
    """A copy that takes its time, and that must fail; gives what it said."""
    job = job_of(things, target_db, SLOWLY, ssh=ssh, through=through)
    said = []
    with in_background(lambda: run_job(job)) as run:
        wait_until(lambda: sleeping(things) or run.done(), seconds=60)
        assert not run.done(), run.exception()
        with Clock() as clock:
            yield said
            said.append(str(run.exception(timeout=30)))
    assert clock.seconds < 20


def is_lost(bastion, said):
    """By the session that rows flow through, or by one that was about to be opened."""
    name = f"the bastion {bastion.user}@127.0.0.1:{bastion.port}"
    return f"the tunnel through {name} broke: " in said or f"{name} is gone: " in said


@pytest.mark.parametrize("through", ["source", "target", "source target"])
def test_a_bastion_that_dies_while_rows_flow(things, target_db, new_bastion, through):
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT 1 AS old")
    before = read_schema(target_db, "app")
    bastion = new_bastion()

    with copying(things, target_db, bastion.ssh(), through) as said:
        bastion.stop()

    assert is_lost(bastion, said[0])
    assert read_schema(target_db, "app") == before
    # A source's server sees only when it sends the next few kilobytes that nobody is there.
    wait_until(lambda: not running(things) and not running(target_db), seconds=60)


def test_a_tunnel_whose_process_is_killed(things, target_db, bastion):
    with copying(things, target_db, bastion.ssh(), "source") as said:
        for pid in tunnels():
            os.kill(pid, signal.SIGKILL)

    assert is_lost(bastion, said[0])
    assert "the process that held it has ended" in said[0]


def test_a_tunnel_whose_process_says_nothing(things, bastion, monkeypatch):
    monkeypatch.setattr(tunnel, "PATIENCE", 0.5)
    with Sessions() as sessions:
        sessions.open(address(things, bastion.ssh()))
        (stopped,) = tunnels()
        os.kill(stopped, signal.SIGSTOP)

        assert sessions.open(address(things, bastion.ssh())).value(ASK, "asking") == 1
        assert stopped not in tunnels()


def test_a_bastion_that_comes_back(things, new_bastion):
    """Who asks after a COMMIT whose answer was lost needs a new tunnel, in the same run."""
    bastion = new_bastion()
    with Sessions() as sessions:
        old = sessions.open(address(things, bastion.ssh()))
        bastion.stop()
        with pytest.raises(DatabaseError, match=r"the tunnel through the bastion .* broke"):
            old.value(ASK, "asking")
        with pytest.raises(TunnelFailedError, match="refused the connection"):
            sessions.open(address(things, bastion.ssh()))

        bastion.start()

        assert sessions.open(address(things, bastion.ssh())).value(ASK, "asking") == 1


def test_sessions_that_are_cancelled(things, bastion):
    """The driver waits for the answer to a cancel request with the interpreter locked."""
    with Sessions() as sessions:
        session = sessions.open(address(things, bastion.ssh()))
        with in_background(lambda: session.run(Sql("SELECT pg_sleep(60)"), "sleeping")) as call:
            wait_until(lambda: sleeping(things))
            with Clock() as clock:
                sessions.cancel()

                error = call.exception(timeout=30)

    assert isinstance(error, DatabaseError)
    assert (error.sqlstate, clock.seconds < 10) == ("57014", True)


# --- Passwords: libpq's own connection is the judge of ours


PASSWORD = r"a:b\c d"
ESCAPED = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
FILES = {
    "everything": "HOST:PORT:DB:USER:{}",
    "anything": "*:*:*:*:{}",
    "the right one of several": "#HOST:PORT:DB:USER:x\n\nother:PORT:DB:USER:x\nHOST:1:DB:USER:x\nHOST:PORT:DB:USER:{}",
    "the first that fits": "*:*:DB:*:{}\nHOST:PORT:DB:USER:x",
    "the first that fits is wrong": "*:*:*:USER:x\nHOST:PORT:DB:USER:{}",
    "blanks count": " HOST:PORT:DB:USER:{}",
    "something behind it": "HOST:PORT:DB:USER:{}:more",
    "an escaped host": "loc\\alhost:PORT:DB:USER:{}",
    "another user": "HOST:PORT:DB:somebody:{}",
    "too little": "HOST:PORT:DB:{}",
    "lines of Windows": "HOST:PORT:DB:USER:{}\r\n",
    "nothing": "",
}


@pytest.fixture
def with_password_file(things, hostile_role, tmp_path):
    """`with_password_file(text)` is a database's url, without a password, whose password file has this text."""
    role = hostile_role(things, password=PASSWORD)
    server = things.server

    def url(text, mode=0o600):
        path = tmp_path / "pass:file"
        known = {"HOST": "localhost", "PORT": str(server.port), "DB": things.name, "USER": role.name}
        path.write_bytes(re.sub("|".join(known), lambda name: known[name[0]], text).format(ESCAPED).encode())
        path.chmod(mode)
        return f"postgresql://{role.name}@localhost:{server.port}/{things.name}?passfile={quote(str(path))}"

    return url


def lets_in(url, ssh=None):
    with Sessions() as sessions:
        try:
            sessions.open(address(url, ssh) if ssh else Address("source", "it", url))
        except ConnectionFailedError:
            return False
        return True


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_password_file(with_password_file, bastion, text):
    url = with_password_file(text)

    assert lets_in(url, bastion.ssh()) == lets_in(url)


def test_a_password_file_that_others_may_read(with_password_file, bastion):
    url = with_password_file("*:*:*:*:{}", mode=0o640)

    assert not lets_in(url)
    assert not lets_in(url, bastion.ssh())


def test_the_password_file_of_the_environment(with_password_file, bastion, monkeypatch, tmp_path):
    url = with_password_file("HOST:PORT:DB:USER:{}").partition("?")[0]
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pass:file"))

    assert lets_in(url, bastion.ssh())


def test_the_password_file_of_the_home_directory(with_password_file, bastion, monkeypatch, tmp_path):
    url = with_password_file("HOST:PORT:DB:USER:{}").partition("?")[0]
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "pass:file").rename(tmp_path / ".pgpass")

    assert lets_in(url, bastion.ssh())


def test_a_password_of_the_environment_goes_before_a_file(with_password_file, bastion, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)

    assert lets_in(with_password_file("*:*:*:*:wrong"), bastion.ssh())
