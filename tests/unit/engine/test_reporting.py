"""Work becomes spans: who did it, when, for how long, whatever came of it."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.observe.events import Worked
from pg_xcopy.observe.spans import Clock, Phase, Span


def spans_of(events):
    assert all(isinstance(event, Worked) and (event.job, event.to) == ("job", "there") for event in events)
    return [event.span for event in events]


def test_a_span_says_who_did_what_on_one_clock():
    events = []
    reporter = Reporter("job", events.append, "there")

    with reporter.of(3).during(Phase.COPY, "app.users").working("copying app.users") as moved:
        moved.rows, moved.bytes = 5, 70
    with reporter.during(Phase.SWAP).working("swapping"):
        pass

    copied, swapped = spans_of(events)
    assert copied == Span(Phase.COPY, "app.users", "copying app.users", 3, copied.started, copied.seconds, 5, 70)
    assert swapped == Span(Phase.SWAP, "", "swapping", 0, swapped.started, swapped.seconds)
    assert 0 <= copied.started <= copied.ended <= swapped.started <= swapped.ended <= reporter.clock.seconds()


def test_what_fails_took_its_time_too():
    events = []
    reporter = Reporter("job", events.append, "there")

    with pytest.raises(KeyError), reporter.working("trying"):
        raise KeyError

    (span,) = spans_of(events)
    assert span.failed
    assert span.phase is Phase.CONNECT


def test_workers_speak_of_one_job():
    reporter = Reporter("job", lambda _: None)

    assert reporter.of(2).warnings is reporter.warnings
    assert reporter.of(2).clock is reporter.clock


def test_a_clock_begins_at_a_time_in_utc(monkeypatch):
    now = iter([100.0, 102.5])
    monkeypatch.setattr("time.monotonic", lambda: next(now))

    clock = Clock.start()

    assert clock.seconds() == 2.5
    assert clock.began.tzinfo is timezone.utc
    assert clock.began.utcoffset() == timedelta(0)
