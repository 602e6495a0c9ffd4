"""Bytes a second, with a clock that the test sets."""

import pytest

from pg_xcopy.engine.rows import pacing
from pg_xcopy.engine.rows.pacing import Pace


class Clock:
    """Time goes by when somebody sleeps, and a little longer than asked, as it does."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds + 0.0005


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(pacing, "time", clock)
    return clock


@pytest.mark.parametrize("rate", [10_000, 1_000_000, 50_000_000, 1_000_000_000])
@pytest.mark.parametrize("available", [4096, 262_144])
def test_the_rate_is_kept_within_ten_percent(clock, rate, available):
    pace, passed, started = Pace(rate), 0, clock.now

    while passed < rate:
        chunk = min(available, pace.portion(262_144))
        passed += chunk
        pace.passed(chunk)

    assert passed / (clock.now - started) == pytest.approx(rate, rel=0.1)


def test_a_stall_is_not_made_up_for_by_a_burst(clock):
    pace = Pace(1_000_000)
    pace.passed(1_000_000)
    clock.now += 60
    started = clock.now

    for _ in range(10):
        pace.passed(100_000)

    assert clock.now - started == pytest.approx(1.0, rel=0.1)


def test_without_a_rate_nobody_waits(clock):
    pace = Pace(None)
    pace.passed(10**12)

    assert clock.now == 100.0
    assert pace.portion(262_144) == 262_144
