"""SIGINT, SIGTERM and SIGHUP end a run cleanly; a second one ends the process at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


FIRST_PROCESS = 1


class StoppedBySignal(BaseException):
    """A signal asked the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.name = signal.Signals(number).name
        self.effect = "nothing had begun"
        """What that leaves behind, for people."""


@contextmanager
def signals_raise() -> Iterator[None]:
    """Have signals raise StoppedBySignal in the main thread, once."""
    # Under nohup SIGHUP is ignored, and stays so.
    wanted = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def answer_as_first_process() -> None:
    """Have signals end the process where it is number 1, as in a container without an init.

    To process 1 the kernel delivers no signal whose action is the default one (pid_namespaces(7)): `docker stop` would
    wait for its grace period, and then kill.
    """
    if os.getpid() == FIRST_PROCESS:
        for number in SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _end)


def _stop(number: int, _frame: FrameType | None) -> None:
    at_once = _end if os.getpid() == FIRST_PROCESS else signal.SIG_DFL
    for each in SIGNALS:
        signal.signal(each, at_once)
    raise StoppedBySignal(number)


def _end(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)
