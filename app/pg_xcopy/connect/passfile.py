"""Password files, for connections through a tunnel: libpq looks a password up by host and port, and there has ours.

Everything else is as libpq does it (PostgreSQL manual, 34.16; passwordFromFile in fe-connect.c).
"""

from __future__ import annotations

import getpass
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

_FIELD = re.compile(r"((?:\\.|[^:\\])*)(?::|$)")
FIELDS = 5
"""Host, port, database, user, password."""


def looked_up(given: Mapping[str, str], port: int) -> str:
    """Find the password for a server, by libpq's parameters and its own port; empty where libpq would not look, too."""
    if given.get("password") or os.environ.get("PGPASSWORD"):
        return ""
    user = given.get("user") or getpass.getuser()
    host = (given.get("host") or given.get("hostaddr", "")).split(",")[0]
    return _password(_lines(given), (host, str(port), given.get("dbname") or user, user))


def _lines(given: Mapping[str, str]) -> list[str]:
    """Read the file, unless others may read it, too: libpq ignores it then."""
    path = Path(given.get("passfile") or os.environ.get("PGPASSFILE") or Path("~/.pgpass").expanduser())
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
            return []
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []


def _password(lines: list[str], wanted: tuple[str, ...]) -> str:
    for line in lines:
        fields = _FIELD.findall(line)
        if line.startswith("#") or len(fields) < FIELDS:
            continue
        if all(field == "*" or _plain(field) == name for field, name in zip(fields, wanted, strict=False)):
            return _plain(fields[FIELDS - 1])
    return ""


def _plain(field: str) -> str:
    return re.sub(r"\\(.)", r"\1", field)
