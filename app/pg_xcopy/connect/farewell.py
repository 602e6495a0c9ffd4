"""Keeps what a server said when it ended a session in the middle of COPY; the driver would report its echo.

For every error that PQgetResult gives after COPY, psycopg2 2.9 raises anew (_pq_copy_out_v3 in pqpath.c): first the
server's farewell (57P01), then that the socket is closed. The second finds an exception set already, so Python prints
the first through sys.excepthook, as the cause of a SystemError, and the closed socket is all that is raised.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import psycopg2

_lock = threading.Lock()
_thread = threading.local()
_inside = 0
_hook_before = sys.excepthook


@contextmanager
def first_error_kept() -> Iterator[None]:
    """Raise the first error of the block's COPY, not its echo, and keep it off stderr."""
    _enter()
    _thread.copying, _thread.first = True, None
    try:
        yield
    except psycopg2.Error as echo:
        raise (_thread.first or echo) from None
    finally:
        _thread.copying = False
        _leave()


def _enter() -> None:
    global _inside, _hook_before  # noqa: PLW0603 - sys.excepthook is one for the whole process
    with _lock:
        if not _inside:
            _hook_before, sys.excepthook = sys.excepthook, _hook
        _inside += 1


def _leave() -> None:
    global _inside  # noqa: PLW0603 - see above
    with _lock:
        _inside -= 1
        if not _inside and sys.excepthook is _hook:
            sys.excepthook = _hook_before


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    first = error.__cause__
    if getattr(_thread, "copying", False) and isinstance(error, SystemError) and isinstance(first, psycopg2.Error):
        _thread.first = _thread.first or first
        return
    _hook_before(kind, error, trace)
