"""Memory that the system has used before, so that no contestant pays for being the first to use it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 24 * 1024**3
"""Bytes: at scale 1 the copies of a work take less, all rounds together."""

CHUNK = 1024**2


@contextmanager
def used_memory(scale: float) -> Iterator[None]:
    """Fill the system's cache with zeros, as far as copies at that scale could, for as long as this lasts.

    A virtual machine is given its memory when it first touches it: 5 s a GB where this was found, 0.8 s afterwards. The
    cache grows with each copy that is kept until the end of a work, and whoever writes fastest paid most. Full, it
    gives to the next what the last had. The zeros are those of a file without blocks, so that no disk is read.
    """
    with tempfile.TemporaryFile(buffering=0) as file:
        file.truncate(min(int(MOST * scale), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
        while file.read(CHUNK):
            pass
        yield
