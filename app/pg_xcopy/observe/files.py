"""Files that others read at any time: they find the old one or the new one, and never a part of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_atomically(path: str | Path, text: str) -> None:
    """Replace a file, or make it; raises OSError, and then what was there before still is.

    The new one comes up beside it under a name that begins with a dot, as a rename works within one file system only.
    """
    place = Path(path)
    beside = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
