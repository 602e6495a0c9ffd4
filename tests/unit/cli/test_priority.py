"""The command lets servers on its machine go on computing."""

import os
import subprocess
import sys

import pytest

from pg_xcopy.cli.priority import stand_back

ASK = "print(hasattr(os, 'SCHED_BATCH') and os.sched_getscheduler(0) == os.SCHED_BATCH)"
CHANGE = "import os; os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)); " + ASK
COMMAND = f"""
import os, sys, threading
from pg_xcopy.cli import main
sys.argv = ["pg-xcopy", "--version"]
try:
    main()
except SystemExit:
    threading.Thread(target=lambda: {ASK}).start()
"""


@pytest.fixture
def asked(monkeypatch):
    """What the kernel is asked for, in place of asking it: the process of these tests stays what it is."""
    calls = []
    monkeypatch.setattr(sys, "platform", "linux")
    for number, name in enumerate(("SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE")):
        monkeypatch.setattr(os, name, number, raising=False)  # not on macOS
    monkeypatch.setattr(os, "sched_param", int, raising=False)
    monkeypatch.setattr(os, "sched_getscheduler", lambda _: os.SCHED_OTHER, raising=False)
    monkeypatch.setattr(
        os, "sched_setscheduler", lambda process, policy, _: calls.append((process, policy)), raising=False
    )
    return calls


def test_a_process_becomes_a_batch_process(asked):
    stand_back()

    assert asked == [(0, os.SCHED_BATCH)]


def test_what_somebody_chose_stays(asked, monkeypatch):
    monkeypatch.setattr(os, "sched_getscheduler", lambda _: os.SCHED_IDLE)
    stand_back()

    assert asked == []


def test_elsewhere_nothing_is_asked_for(asked, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delattr(os, "sched_getscheduler")
    stand_back()

    assert asked == []


@pytest.mark.usefixtures("asked")
def test_a_sandbox_may_refuse(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    stand_back()


def said(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.split()[-1:]


def test_the_command_and_its_threads_are_what_a_process_may_be():
    allowed = said(CHANGE) == ["True"]  # not everywhere: neither in gVisor nor on macOS

    assert said(COMMAND) == [str(allowed)]
