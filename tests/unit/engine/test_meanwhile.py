"""What is done in a thread beside ours: its result, its error, and that nobody goes on without it."""

from __future__ import annotations

import threading

import pytest

from pg_xcopy.engine.meanwhile import Meanwhile


def test_both_go_on_at_the_same_time():
    met = threading.Barrier(2, timeout=10)

    with Meanwhile(met.wait) as other:
        mine = met.wait()

        assert {mine, other.result()} == {0, 1}


def test_its_error_is_raised_where_the_result_is_wanted():
    def fail():
        raise LookupError("gone")

    with Meanwhile(fail) as other, pytest.raises(LookupError, match="gone"):
        other.result()


def test_an_error_of_ours_waits_until_it_has_ended():
    ended = []
    ours = threading.Event()

    def work():
        ours.wait(10)
        ended.append(True)

    def go_on():
        with Meanwhile(work):
            ours.set()
            raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        go_on()

    assert ended
