"""The WAL writer is woken as rows pass; nothing waits for that, and nothing fails because of it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest

from pg_xcopy.engine.rows.waking import ATTEMPTS, EVERY, FIRST, waking
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.plan import Resources

YES = Resources(2, 2, None, (), wakes_wal_writer=True)
NO = Resources(2, 2, None, ())


class Writers:
    """Sessions that break at the statements of these numbers, the first being 0, and wait for `gate` at each."""

    def __init__(self, breaking=()):
        self.opened = self.returned = self.severed = 0
        self.said = []
        self.changed = threading.Condition()
        self.asked, self.gate = threading.Event(), threading.Event()
        self.gate.set()
        self._breaking = breaking

    @contextmanager
    def session(self):
        self.opened += 1
        yield self
        self.returned += 1

    def run(self, statement, doing):
        self.asked.set()
        assert self.gate.wait(10)
        with self.changed:
            self.said.append(statement)
            self.changed.notify_all()
        if len(self.said) - 1 in self._breaking:
            raise DatabaseError("target", "staging", doing, "the connection is gone")

    def sever(self):
        self.severed += 1
        self.gate.set()

    def await_statements(self, number):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.said) >= number, 10)


def test_few_rows_are_not_worth_a_connection():
    writers = Writers()

    with waking(YES, writers) as passed:
        for _ in range(15):
            passed(FIRST // 16)
        time.sleep(0.05)

    assert (writers.opened, writers.said) == (0, [])


def test_it_is_woken_again_and_again_over_one_session():
    writers = Writers()

    with waking(YES, writers) as passed:
        passed(FIRST)
        writers.await_statements(1)
        for number in range(2, 6):
            passed(EVERY // 2)
            passed(EVERY // 2)
            writers.await_statements(number)

    assert (writers.opened, writers.returned, len(writers.said)) == (1, 1, 5)


def test_rows_do_not_wait_for_a_slow_server():
    """And what is due while it is asked is asked once."""
    writers = Writers()

    with waking(YES, writers) as passed:
        writers.gate.clear()
        passed(FIRST)
        assert writers.asked.wait(10)
        for _ in range(100):
            passed(EVERY)
        writers.gate.set()
        writers.await_statements(2)

    assert len(writers.said) == 2


def test_a_lost_session_is_replaced_a_few_times():
    writers = Writers(breaking=range(9))

    with waking(YES, writers) as passed:
        passed(FIRST)
        for number in range(1, ATTEMPTS + 1):
            writers.await_statements(number)
            passed(EVERY)
        time.sleep(0.05)
        passed(EVERY)

    assert (writers.opened, writers.returned, len(writers.said)) == (ATTEMPTS, 0, ATTEMPTS)


def test_an_end_that_no_answer_comes_to_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("pg_xcopy.engine.rows.waking.PATIENCE", 0.05)
    writers = Writers(breaking=[0])

    with waking(YES, writers) as passed:
        writers.gate.clear()
        passed(FIRST)
        assert writers.asked.wait(10)

    assert (writers.severed, writers.opened, writers.returned) == (1, 1, 0)


def test_what_fails_within_is_raised():
    with pytest.raises(ZeroDivisionError), waking(YES, Writers()):
        raise ZeroDivisionError


def test_nothing_is_asked_where_the_plan_has_no_connection_for_it():
    writers = Writers()
    threads = threading.active_count()

    with waking(NO, writers) as passed:
        passed(FIRST + EVERY)
        assert threading.active_count() == threads

    assert writers.opened == 0
