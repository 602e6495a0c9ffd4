"""Run one command, and write its seconds, CPU seconds and peak memory in bytes to a file.

A program of its own, for `python -I -S`, that imports next to nothing: Linux counts into a process's peak what it was
before exec (exec_mmap in fs/exec.c). A command measured from here shows 12 MB at least, not what the benchmark holds.
"""

import os
import sys
import time


def main(report: str, *command: str) -> int:
    started = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - importing pathlib costs memory
        file.write(f"{seconds} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss * unit}")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
