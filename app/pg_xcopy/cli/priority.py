"""How the command shares processors with servers that run on the same machine."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def stand_back() -> None:
    """Let a server go on computing when its data wakes us: on one machine, a copy takes as long as the servers do.

    A server sends 8 kB at a time, and each time Linux would put us in its place. Threads of a batch process wait for
    their turn, and then find more at once. Priorities that somebody gave us stay.
    """
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_OTHER:
        with suppress(OSError):  # sandboxes may forbid it, and then it only takes longer
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
