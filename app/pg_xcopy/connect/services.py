"""libpq's service files: what a service stands for (PostgreSQL manual, 34.17)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def parameters_of(service: str) -> dict[str, str]:
    """Look a service up where libpq does; nothing where it is not found, which libpq will complain of.

    What LDAP would say is not asked.
    """
    for file in _files():
        with suppress(OSError, UnicodeDecodeError, RuntimeError):  # the latter where nobody has a home
            found = _section(service, file.expanduser().read_text(encoding="utf-8"))
            if found is not None:
                return found
    return {}


def _files() -> Iterator[Path]:
    """Name the user's file, then the system's, whose directory is known if a variable says it."""
    yield Path(os.environ.get("PGSERVICEFILE") or "~/.pg_service.conf")
    if "PGSYSCONFDIR" in os.environ:
        yield Path(os.environ["PGSYSCONFDIR"], "pg_service.conf")


def _section(name: str, text: str) -> dict[str, str] | None:
    found: dict[str, str] | None = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            if found is not None:
                return found
            found = {} if line == f"[{name}]" else None
        elif found is not None and "=" in line and not line.startswith("#"):
            keyword, value = line.split("=", 1)
            found.setdefault(keyword, value)
    return found
