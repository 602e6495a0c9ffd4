"""The main thread waits in Python, where signals are seen; the work is done in another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.errors import CancelledError, XcopyError

Result = TypeVar("Result")

GRACE = 5.0
"""Seconds that servers get to answer cancel requests before their connections are cut."""


class Deadline(Struct, frozen=True):
    """When a run has to be over, as a time.monotonic(), and what to raise if it is not."""

    at: float
    late: XcopyError


def supervised(work: Callable[[], Result], sessions: Sessions, deadline: Deadline | None = None) -> Result:
    """Do `work` in a thread and wait for it; an exception that reaches the waiting thread (a signal) ends it.

    So does the deadline, and then its error is raised, unless the work was done all the same.

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
            if deadline and time.monotonic() >= deadline.at:
                _stop(ended, sessions, deadline.late)
    except BaseException:
        if thread.ident is not None:  # a signal may even arrive while the thread starts
            _stop(ended, sessions, CancelledError())
        raise
    if failures:
        raise failures[0]
    return results[0]


def _stop(ended: threading.Event, sessions: Sessions, why: XcopyError) -> None:
    waited, step = 0.0, 0.3
    sessions.stop(why)
    while not ended.wait(step):
        waited += step
        sessions.cancel()
        if waited > GRACE:
            sessions.sever()
