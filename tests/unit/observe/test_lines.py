"""Lines for pipes and logs."""

import logging
import threading

import pytest
from samples import FAILED, JOB, RUN

from pg_xcopy.observe import events, lines
from pg_xcopy.observe.lines import Lines, Loudness
from pg_xcopy.observe.log import LOGGER, line_of, log_events

BEGIN = "copy [all]: here schema app → there schema app"
USERS = "copy [all]: app.users: 1,500 rows, 4.0 KiB in 500 ms"
HOSTILE = "copy [all]: app.[red]x[/]: 1 row, 10 B in 0 ms"
WARNING = "copy [all]: warning: app.[red]x.k: constraint left out: it can't hold"
DONE = "copy [all]: done: 2 tables, 1,501 rows, 4.0 KiB in 2.0 s, 1 warning"


def told(run, loudness):
    written = []
    observer = Lines(written.append, loudness)
    for event in run:
        observer(event)
    return written


def test_quiet():
    assert told(RUN, Loudness.QUIET) == [WARNING]


def test_normal():
    assert told(RUN, Loudness.NORMAL) == [BEGIN, USERS, HOSTILE, WARNING, DONE]


def test_verbose():
    assert told(RUN, Loudness.VERBOSE) == [
        BEGIN,
        "copy [all]: connect",
        "copy [all]: copy rows",
        USERS,
        HOSTILE,
        "copy [all]: adding primary key app.users.k took 250 ms",
        WARNING,
        DONE,
    ]


@pytest.mark.parametrize("loudness", Loudness)
def test_a_failure_is_told_by_whoever_catches_it(loudness):
    assert not any("broke" in line for line in told(FAILED, loudness))


def test_a_long_table_gives_a_sign_of_life_now_and_then(monkeypatch):
    now = iter([0.0, 10.0, 31.0, 40.0, 62.0])
    monkeypatch.setattr(lines.time, "monotonic", lambda: next(now))
    progress = [events.TableProgress(JOB, "app.users", rows, rows * 2) for rows in (1, 10, 1000, 1100, 5000)]

    assert told((RUN[2], *progress), Loudness.NORMAL) == [
        "copy [all]: app.users: 1,000 rows of about 3,000, 2.0 KiB so far",
        "copy [all]: app.users: 5,000 rows, 9.8 KiB so far",
    ]


def test_log_records(caplog):
    passed_on = []
    with caplog.at_level(logging.INFO, logger="pg_xcopy"):
        observer = log_events(passed_on.append)
        for event in (*RUN, FAILED[-1]):
            observer(event)

    assert passed_on == [*RUN, FAILED[-1]]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", BEGIN),
        ("INFO", "copy [all]: connect"),
        ("INFO", "copy [all]: copy rows"),
        ("INFO", USERS),
        ("INFO", HOSTILE),
        ("WARNING", WARNING),
        ("INFO", DONE),
        ("WARNING", "copy [all]: failed: it broke."),
    ]


def test_log_of_a_program_that_set_up_nothing(monkeypatch):
    monkeypatch.setattr(LOGGER, "level", logging.NOTSET)
    monkeypatch.setattr(LOGGER, "handlers", [])
    asked = []
    monkeypatch.setattr(LOGGER, "hasHandlers", lambda: False)
    monkeypatch.setattr(logging, "basicConfig", lambda **given: asked.append(given))

    log_events(events.ignore)

    assert asked == [{"format": "%(message)s"}]
    assert LOGGER.isEnabledFor(logging.INFO)


def test_every_event_has_a_line_or_none():
    assert [bool(line_of(event)) for event in RUN].count(False) == 6


def test_threads_take_turns():
    inside, overlaps = [], []

    def observer(event):
        inside.append(event)
        overlaps.append(len(inside))
        inside.pop()

    shared = events.one_at_a_time(observer)
    threads = [threading.Thread(target=lambda: [shared(RUN[0]) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert overlaps == [1] * 800


def test_an_observer_that_fails_is_told_nothing_more():
    seen, errors = [], []

    def observer(event):
        seen.append(event)
        raise KeyError(event)

    watching = events.harmless(observer, errors.append)
    for event in RUN:
        watching(event)

    assert seen == [RUN[0]]
    assert [type(error) for error in errors] == [KeyError]


def test_what_a_signal_raises_passes():
    def observer(_event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        events.harmless(observer, pytest.fail)(RUN[0])


TARGETS = [
    events.JobStarted("feed", "r", "here schema app", "one schema app", "one/app"),
    events.JobStarted("feed", "r", "here schema app", "two schema app", "two/app"),
    events.JobFailed("feed", "it is down.", "one/app"),
    events.JobFailed("feed", "its disk is full.", "two/app"),
]


def test_a_target_that_fails_while_others_go_on_is_told_at_once():
    assert told(TARGETS, Loudness.NORMAL)[2:] == ["feed → one/app: failed: it is down."]
    assert told(TARGETS, Loudness.QUIET) == []
