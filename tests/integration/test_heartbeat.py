"""Sessions that hold something and say nothing: kept alive, and missed when they are gone."""

from __future__ import annotations

import time

import pytest

from pg_xcopy.connect.address import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.errors import CancelledError, DatabaseError
from pg_xcopy.sql.quoting import Sql
from proxy import Faults, proxy

ASK = Sql("SELECT 1")


def test_a_silent_session_outlives_a_load_balancer_that_cuts_silent_ones(source_db):
    # The interval is a tenth of what is cut, so that a machine that is busy for seconds breaks nothing here.
    with proxy(source_db, Faults(idle=3.0)) as behind, Sessions() as sessions:
        session = sessions.open(Address("source", "behind a balancer", behind.url))

        with kept_alive([session], sessions, interval=0.3):
            time.sleep(4.5)

        assert session.value(ASK, "asking") == 1


def test_without_a_heartbeat_the_same_session_is_lost(source_db):
    with proxy(source_db, Faults(idle=1.0)) as behind, Sessions() as sessions:
        session = sessions.open(Address("source", "behind a balancer", behind.url))

        time.sleep(2.5)

        with pytest.raises(DatabaseError):
            session.value(ASK, "asking")


def test_a_lost_session_breaks_the_run_off_and_is_the_reason(source_db):
    with Sessions() as sessions:
        holding = sessions.open(Address("target", "a server", source_db.url))
        working = sessions.open(Address("target", "a server", source_db.url))
        source_db.execute(f"SELECT pg_terminate_backend({holding.backend_pid})")

        with pytest.raises(DatabaseError) as raised, kept_alive([holding], sessions, interval=0.1):
            working.run(Sql("SELECT pg_sleep(30)"), "working")

    assert raised.value.doing == "keeping the snapshot and the lock"


def test_what_fails_in_a_run_that_is_ending_is_not_taken_for_the_reason(source_db):
    with Sessions() as sessions:
        holding = sessions.open(Address("target", "a server", source_db.url))

        with pytest.raises(CancelledError), kept_alive([holding], sessions, interval=0.05):
            _end(sessions)


def _end(sessions):
    sessions.cancel()
    time.sleep(0.3)
    sessions.check()
