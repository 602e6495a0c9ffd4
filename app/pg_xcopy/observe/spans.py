"""Where the time of a run goes: pieces of work, each done by one worker, on one clock."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from enum import Enum

from msgspec import Struct


class Phase(str, Enum):
    """What kind of work it is, roughly in the order of a job."""

    CONNECT = "connect"
    PLAN = "plan"
    CHECK = "check"
    BUILD = "build"
    EMPTY = "empty"
    COPY = "copy"
    MERGE = "merge"
    KEYS = "keys"
    INDEXES = "indexes"
    FINISH = "finish"
    ANALYZE = "analyze"
    FOREIGN_KEYS = "foreign keys"
    SETTLE = "settle"
    SWAP = "swap"
    COMMIT = "commit"
    CLEAN = "clean up"


class Span(Struct, frozen=True):
    """A piece of work: `doing` says which, in words for people.

    `table` is the relation that it was about, named as in the events of its rows; empty where it was about several, or
    about the job as a whole. `worker` is 0 for the thread of the job, or of the job's target, itself; its crew is
    numbered from 1, and before there is one, 1 is who connects to the target meanwhile. Of one worker no two spans
    overlap. `started` is in seconds since the run began. `rows` and `bytes` are what was copied. One that `failed` took
    its time in vain: what it was to make may be left out, or made later.
    """

    phase: Phase
    table: str
    doing: str
    worker: int
    started: float
    seconds: float
    rows: int = 0
    bytes: int = 0
    failed: bool = False

    @property
    def ended(self) -> float:
        """In seconds since the run began."""
        return self.started + self.seconds


class Clock(Struct, frozen=True):
    """The clock of one run, shared by its threads: it began at a time in UTC, from which on seconds are counted."""

    began: datetime
    origin: float

    @classmethod
    def start(cls) -> Clock:
        """Begin to count."""
        return cls(datetime.now(timezone.utc), time.monotonic())

    def seconds(self) -> float:
        """Tell how long ago the run began."""
        return time.monotonic() - self.origin
