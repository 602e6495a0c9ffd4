"""The command lets servers on its machine go on computing. Each case in a process of its own, which it changes."""

import subprocess
import sys

import pytest

BEGINNING = "import os, sys, threading\nfrom pg_xcopy.cli import main, priority\n"
POLICY = "print({os.SCHED_OTHER: 'other', os.SCHED_BATCH: 'batch', os.SCHED_IDLE: 'idle'}[os.sched_getscheduler(0)])"


def ran(code):
    done = subprocess.run([sys.executable, "-c", BEGINNING + code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("before", "policy"),
    [
        ("", "batch"),
        ("os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))", "idle"),
        ("def refuse(*_): raise PermissionError\nos.sched_setscheduler = refuse", "other"),
        ("sys.platform = 'darwin'\ndel os.sched_getscheduler", ""),
    ],
    ids=["as usual", "somebody chose another", "forbidden", "not on Linux"],
)
def test_what_a_worker_inherits(before, policy):
    asked = f"threading.Thread(target=lambda: {POLICY}).start()" if policy else ""

    assert ran(f"{before}\npriority.stand_back()\n{asked}") == policy.split()


def test_the_command_does_it():
    code = f"sys.argv = ['pg-xcopy', '--version']\ntry:\n    main()\nexcept SystemExit:\n    {POLICY}"

    assert ran(code)[-1] == "batch"
