"""One timed run of one command: how long, whose CPU, how much memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pg_xcopy.demo.servers import Server

STOPWATCH = Path(__file__).with_name("stopwatch.py")
LAST_LINES = 8


class CommandFailedError(Exception):
    """A command ended with an error, or not in time; the text is what it said last."""


@dataclass(frozen=True)
class Run:
    """What one run took: seconds, and bytes at the peak of its largest process; servers' CPU is None without /proc."""

    seconds: float
    client_cpu: float
    source_cpu: float | None
    target_cpu: float | None
    peak: int


def measure(command: str, directory: Path, env: Mapping[str, str], servers: tuple[Server, Server], timeout: float):
    """Run a command line in `directory` to its end, without anything on its terminal; raises CommandFailedError."""
    before = [cpu_of(server) for server in servers]
    seconds, client_cpu, peak = _watch(command, directory, env, timeout)
    after = [cpu_of(server) for server in servers]
    source_cpu, target_cpu = (
        None if now is None or then is None else now - then for then, now in zip(before, after, strict=True)
    )
    return Run(seconds, client_cpu, source_cpu, target_cpu, int(peak))


def _watch(command: str, directory: Path, env: Mapping[str, str], timeout: float) -> list[float]:
    report, said = directory / "stopwatch", directory / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", STOPWATCH, report, "/bin/sh", "-c", command],
            cwd=directory,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise CommandFailedError(f"it was not through after {timeout:.0f} s") from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if code:
        raise CommandFailedError(f"exit code {code}\n{last_lines(said)}")
    return [float(figure) for figure in report.read_text().split()]


def last_lines(file: Path) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-LAST_LINES:])


def cpu_of(server: Server) -> float | None:
    """CPU seconds of all processes a server has and had: those that ended are in its postmaster's account (proc(5))."""
    postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(file.parent.name) == postmaster:
            ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
        elif int(fields[1]) == postmaster:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else None
