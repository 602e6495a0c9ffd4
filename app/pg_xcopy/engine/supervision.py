"""The main thread waits in Python, where signals are seen; the work is done in another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from pg_xcopy.connect.sessions import Sessions

Result = TypeVar("Result")

GRACE = 5.0
"""Seconds that servers get to answer cancel requests before their connections are cut."""


def supervised(work: Callable[[], Result], sessions: Sessions) -> Result:
    """Do `work` in a thread and wait for it; an exception that reaches the waiting thread (a signal) ends it.

    A thread inside the driver does not see signals until the server answers. So the work is told to stop by cancelling
    its sessions, again and again because a request between two statements is lost, and after a while by cutting them.
    The exception is raised once the work has cleaned up after itself.
    """
    results: list[Result] = []
    failures: list[BaseException] = []
    ended = threading.Event()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            failures.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="pg-xcopy job", daemon=True)
    try:
        thread.start()
        # Not Thread.join: interrupted by an exception, it takes a living thread for dead (CPython issue 90882).
        while not ended.wait(0.2):
            pass
    except BaseException:
        if thread.ident is not None:  # a signal may even arrive while the thread starts
            _stop(ended, sessions)
        raise
    if failures:
        raise failures[0]
    return results[0]


def _stop(ended: threading.Event, sessions: Sessions) -> None:
    waited, step = 0.0, 0.3
    while not ended.is_set():
        sessions.cancel()
        if waited > GRACE:
            sessions.sever()
        ended.wait(step)
        waited += step
