"""One directory for all that our servers write, and a guardian that removes it however this process ends."""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pg_xcopy.demo.accounts import Account

# A Unix socket's path is limited to 107 bytes on Linux and 103 on macOS (sun_path, unix(7)). Below the base
# come "/pg-xcopy-12345678", "/server-12" and "/.s.PGSQL.54321".
LONGEST_BASE = 103 - len("/pg-xcopy-12345678/server-123/.s.PGSQL.54321")

# Waits until our end of its standard input closes, which a kill -9 does too. SIGQUIT is PostgreSQL's
# immediate shutdown, and the server removes its postmaster.pid as it ends. An initdb that is left alone goes on
# writing for a moment, so removing is repeated until nothing is left.
_GUARD = """
trap '' INT TERM HUP
read -r _
for file in "$1"/*/data/postmaster.pid; do
  [ -f "$file" ] || continue
  kill -QUIT "$(head -n 1 "$file")"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -f "$file" ] || break
    sleep 0.1
  done
done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  rm -rf "$1" && break
  sleep 0.1
done
"""


@dataclass
class Scratch:
    """A private directory that belongs to the servers' account."""

    account: Account
    root: Path = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.account.own(_make_directory(self.account))
        self._names = count(1)
        self._guardian = subprocess.Popen(  # noqa: S603 - our own script, its argument is quoted there  # nosec B603
            ["/bin/sh", "-c", _GUARD, "pg-xcopy-guardian", str(self.root)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        )  # fmt: skip
        atexit.register(self.remove)

    def directory(self, kind: str) -> Path:
        """Make a new directory that the servers' account owns."""
        made = self.root / f"{kind}-{next(self._names)}"
        made.mkdir(mode=0o700)
        return self.account.own(made)

    def remove(self) -> None:
        """Stop what still runs and remove everything, now."""
        atexit.unregister(self.remove)
        if self._guardian.stdin:
            self._guardian.stdin.close()
        self._guardian.wait()


def _make_directory(account: Account) -> Path:
    """Take the first usual place whose path is short enough for a socket and which the account can reach."""
    for base in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - mkdtemp's mode is 0700  # nosec B108
        if len(os.fsencode(base)) <= LONGEST_BASE and account.reaches(base) and os.access(base, os.W_OK):
            return Path(tempfile.mkdtemp(prefix="pg-xcopy-", dir=base))
    return Path(tempfile.mkdtemp(prefix="pg-xcopy-"))
