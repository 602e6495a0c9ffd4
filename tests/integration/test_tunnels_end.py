"""Runs through a bastion that are stopped, or killed: nothing stands still, and no process is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from copying import beside, in_background, running, sleeping, wait_until
from processes import seconds_to_end

from bastion import descendants
from judge import read_schema
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.connect.tunnelling import login as logins
from pg_xcopy.errors import CancelledError
from pg_xcopy.manifest.bastions import Bastion

FOR_EVER = {"things": {"transform": {"body": "body || pg_sleep(300)"}}}


@pytest.fixture
def things(source_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int PRIMARY KEY, body text)")
    source_db.execute("INSERT INTO app.things SELECT n, md5(n::text) FROM generate_series(1, 1000) AS n")
    return source_db


@pytest.fixture
def target(target_db):
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT 1 AS old")
    before = read_schema(target_db, "app")
    yield target_db
    assert read_schema(target_db, "app") == before


@pytest.fixture
def manifest(things, target, bastion, tmp_path):
    """A copy through the bastion on both sides that does not end by itself."""
    sides = {"source": things, "target": target}
    job = {side: {"database": side, "schema": "app"} for side in sides}
    connections = {side: {"url": database.url, "ssh": bastion.ssh()} for side, database in sides.items()}
    path = tmp_path / "jobs.yaml"
    path.write_text(json.dumps({"connections": connections, "jobs": {"a": {**job, "tables": FOR_EVER}}}))
    return path


@contextmanager
def started(manifest, things):
    """The command, as a shell starts it: as the first of a group of processes, while rows flow."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pg_xcopy", "run", manifest],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until(lambda: sleeping(things) or process.poll() is not None, seconds=60)
        assert process.poll() is None, process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_whole_group(manifest, things, target, number, code):
    """As Ctrl-C on a terminal, and as service managers that stop all processes of a service."""
    with started(manifest, things) as run:
        helpers, before = descendants(run.pid), cancelled(things)
        assert len(helpers) == 2
        os.killpg(run.pid, number)
        for each in helpers:
            os.kill(each, number)

        seconds = seconds_to_end(run)

    assert (run.returncode, seconds < 15) == (code, True), f"{seconds} s"
    assert beside(target) == []
    assert cancelled(things) > before, "what was asked for through the tunnel arrived"
    wait_until(lambda: not running(things) and not running(target))
    wait_until(lambda: not any(map(alive, helpers)))


def cancelled(database):
    return database.server.log.read_text(errors="replace").count("canceling statement due to user request")


def test_a_run_that_is_killed(manifest, things, bastion):
    with started(manifest, things) as run:
        helpers = descendants(run.pid)
        run.kill()

        wait_until(lambda: not any(map(alive, helpers)), seconds=30)

    wait_until(lambda: bastion.connections == 0)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_no_secret_is_shown_where_processes_are(manifest, things, bastion):
    key = bastion.key.read_text().splitlines()[1]

    with started(manifest, things) as run:
        shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in (run.pid, *descendants(run.pid))]

    assert len(shown) == 3
    assert not [each for each in shown if key in each or things.server.password in each]


def test_a_run_that_ends_while_it_logs_in(things, bastion):
    """At a bastion that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as mute, Sessions() as sessions:
        login = Bastion.model_validate(bastion.ssh(port=mute.getsockname()[1])).login
        address = Address("source", "prod", things.url, connect_timeout=60, ssh=login)
        with in_background(lambda: sessions.open(address)) as opening:
            connection, _ = mute.accept()
            began = time.monotonic()
            sessions.cancel()

            error = opening.exception(timeout=30)
            connection.close()

    assert isinstance(error, CancelledError)
    assert time.monotonic() - began < 20


def test_a_bastion_that_falls_silent(new_bastion, monkeypatch):
    """Nothing is refused, nothing arrives: the keepalives tell."""
    monkeypatch.setattr(logins, "KEEPALIVE_SECONDS", 0.2)
    bastion = new_bastion()

    async def lost():
        found = await logins.log_in(Bastion.model_validate(bastion.ssh()).login, 10)
        assert found.lost == ""
        bastion.hang_up(signal.SIGSTOP)
        await asyncio.wait_for(found.connection.wait_closed(), 30)
        return found.lost

    assert "keepalive" in asyncio.run(lost())


def test_a_bastion_that_does_not_answer_keeps_nobody_from_another(things, bastion):
    with socket.create_server(("127.0.0.1", 0)) as mute, Sessions() as sessions:
        slow, quick = (
            Address("target", "prod", things.url, connect_timeout=60, ssh=Bastion.model_validate(ssh).login)
            for ssh in (bastion.ssh(port=mute.getsockname()[1]), bastion.ssh())
        )
        with in_background(lambda: sessions.open(slow)) as opening:
            connection, _ = mute.accept()

            assert sessions.open(quick).backend_pid
            assert not opening.done()

            sessions.cancel()
            opening.exception(timeout=30)
            connection.close()
