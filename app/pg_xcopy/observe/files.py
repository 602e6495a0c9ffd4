"""Files that others read at any time: they find the old one or the new one, and never a part of it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_atomically(path: str | Path, text: str) -> None:
    """Replace a file, or make it; raises OSError, and then what was there before still is.

    The new one comes up beside it under a name that begins with a dot, as a rename works within one file system only.
    A symbolic link stays one. What is no file, as a pipe or /dev/stdout, can't be replaced: that is written to.
    """
    data = text.encode(errors="backslashreplace")
    if Path(path).exists() and not Path(path).is_file():
        Path(path).write_bytes(data)
        return
    place = Path(os.path.realpath(path))  # not before: /dev/stdout leads to what has no name
    beside = place.with_name(f".{secrets.token_hex(8)}.tmp")  # the name itself may be as long as can be
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
