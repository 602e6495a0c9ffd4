"""The operating system's user that servers run as; PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from pg_xcopy.errors import XcopyError

_STAND_INS = ("postgres", "nobody")


@dataclass(eq=False)
class CommandFailedError(XcopyError):
    """A program that makes, starts or stops a throw-away server failed."""

    program: str
    reason: str

    @property
    def sentence(self) -> str:
        """Give the program, and what it said itself."""
        return f"{self.program} failed: {self.reason}"


class _Switch(TypedDict, total=False):
    user: int
    group: int
    extra_groups: tuple[int, ...]


@dataclass(frozen=True)
class Account:
    """A user and group to run programs as; it `stands_in` where we are root."""

    uid: int
    gid: int
    stands_in: bool

    def run(self, *command: str | Path, cwd: Path) -> None:
        """Run a program to its end in `cwd`, without libpq's variables; raises CommandFailedError."""
        program = Path(command[0]).name
        try:
            done = subprocess.run(  # noqa: S603 - our own list of arguments, no shell  # nosec B603
                [str(part) for part in command], cwd=cwd, env=_environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                start_new_session=True, **self._switch,
            )  # fmt: skip
        except OSError as error:
            raise CommandFailedError(program, str(error)) from error
        if done.returncode:
            raise CommandFailedError(program, done.stdout.strip() or f"exit code {done.returncode}")

    def own(self, path: Path) -> Path:
        """Make `path` this account's, and return it."""
        if self.stands_in:
            os.chown(path, self.uid, self.gid)
        return path

    def reaches(self, path: Path) -> bool:
        """Say whether this account may pass through every directory down to `path`, judged by mode bits."""
        if not self.stands_in:
            return os.access(path, os.X_OK)
        return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))

    def copy(self, source: Path, target: Path) -> None:
        """Copy a tree of binaries to where this account reads it."""
        shutil.copytree(source, target, symlinks=True)
        for directory, _, files in os.walk(target):
            self.own(Path(directory)).chmod(0o755)
            for name in files:
                os.chown(Path(directory, name), self.uid, self.gid, follow_symlinks=False)

    @property
    def _switch(self) -> _Switch:
        return _Switch(user=self.uid, group=self.gid, extra_groups=()) if self.stands_in else _Switch()


def server_account() -> Account:
    """Ourselves, or as root the first that exists of `postgres` and `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), stands_in=False)
    for name in _STAND_INS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, stands_in=True)
    raise CommandFailedError("initdb", f"root may not run a server, and there is no user {' or '.join(_STAND_INS)}")


def _environment() -> dict[str, str]:
    """Ours, without PGDATA, PGPORT and the like; in the C locale, which every server build knows."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}
