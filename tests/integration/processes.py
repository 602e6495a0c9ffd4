"""Runs in processes of their own, for tests that send signals to them or kill them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

SCRIPT = """
import json, re, resource, signal, sys
from pathlib import Path
from pg_xcopy import run_job

class Stop(Exception):
    pass

def stop(*_):
    raise Stop

signal.signal(signal.SIGTERM, stop)
try:
    result = run_job(json.loads(sys.argv[1]))
except Stop:
    sys.exit(143)
# Not getrusage where there is /proc: its peak begins with that of the process that forked us.
status = Path("/proc/self/status")
peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text()) if status.exists() else None
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"rows": result.rows, "peak_kib": int(peak[1]) if peak else usage.ru_maxrss}))
"""


@contextmanager
def started(job, env=None):
    """A run of this job in a process; it is killed when the block ends before it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps(job)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finished(job, timeout=120):
    """Run a job in a process to its end; gives what it printed.

    The process does not measure its coverage, for which it would take several megabytes more.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    with started(job, env) as process:
        out, err = process.communicate(timeout=timeout)
        assert process.returncode == 0, err
        return json.loads(out)


def seconds_to_end(process, timeout=30):
    began = time.monotonic()
    process.communicate(timeout=timeout)
    return time.monotonic() - began
