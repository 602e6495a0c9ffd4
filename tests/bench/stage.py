"""Two throw-away servers, the databases on them, and the programs that fit them."""

from __future__ import annotations

import compileall
import os
import platform
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pg_xcopy
from pg_xcopy import __version__
from pg_xcopy.demo.installations import Installation, find_installations, installation_at
from pg_xcopy.demo.servers import Server
from pg_xcopy.sql.render import compile_templates
from servers import Database, drop_database

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
PACKAGE = Path(pg_xcopy.__file__).parent
PREFERRED = 15

# A server as it comes, but quiet: nothing wakes up in the middle of a run, each begins after a checkpoint. fsync and
# full_page_writes stand here because throw-away servers are otherwise without.
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Stage:
    """The servers, and the PATH on which commands find psql, pg_dump and others."""

    source: Server
    target: Server
    path: str

    @property
    def servers(self) -> tuple[Server, Server]:
        return self.source, self.target

    def described(self) -> dict[str, object]:
        """Say what figures depend on: versions, settings, the machine."""
        return {
            "pg-xcopy": __version__,
            "python": platform.python_version(),
            "source": _version(self.source),
            "target": _version(self.target),
            **{name: _version_of(name, self.path) for name in ("psql", "pg_dump", "pgcopydb")},
            "settings": SETTINGS,
            "processors": os.cpu_count(),
            "machine": f"{platform.system()} {platform.machine()}",
        }


@contextmanager
def stage(source_bin: str | None, target_bin: str | None) -> Iterator[Stage]:
    """Start both servers; raises NoServerError when there are no binaries for one."""
    # As pip does with what it installs; where Python keeps no bytecode, a checkout costs each command 0.15 s more.
    compileall.compile_dir(PACKAGE, quiet=2)
    compile_templates()
    source, target = _installation(source_bin), _installation(target_bin)
    newest = max(source, target, key=lambda one: one.major)
    path = os.pathsep.join([*_tools(newest), os.environ.get("PATH", os.defpath)])
    with Server(source, SETTINGS) as first, Server(target, SETTINGS) as second:
        yield Stage(first, second, path)


@contextmanager
def new_database(server: Server, name: str) -> Iterator[Database]:
    """Make an empty database, and drop it at the end."""
    Database(server, "postgres").execute(f"CREATE DATABASE {name} TEMPLATE template0")
    database = Database(server, name)
    try:
        yield database
    finally:
        drop_database(database)


def _installation(directory: str | None) -> Installation:
    """Take the one that is named, else PostgreSQL 15, else the newest; of one version one that has client programs."""
    if directory:
        return installation_at(Path(directory))
    found = find_installations(CHECKOUT / ".cache" / "servers")
    return max(found, key=lambda one: (one.major == PREFERRED, one.major, _has_tools(one.bin)))


def _has_tools(directory: Path) -> bool:
    return all((directory / name).exists() for name in ("psql", "pg_dump", "pg_restore"))


def _tools(newest: Installation) -> list[str]:
    """Find client programs that are no older than the servers, and no wrappers such as Debian's in /usr/bin."""
    others = find_installations(CHECKOUT / ".cache" / "servers")
    fitting = [one for one in (newest, *others) if one.major >= newest.major and _has_tools(one.bin)]
    return [str(min(fitting, key=lambda one: one.major).bin)] if fitting else []


def _version(server: Server) -> str:
    return str(Database(server, "postgres").value("SHOW server_version"))


def _version_of(name: str, path: str) -> str | None:
    program = shutil.which(name, path=path)
    if program is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, env={"PATH": path})
    found = re.search(r"\d+\.[\w.-]+", said.stdout + said.stderr)
    return found.group() if found else None


def environment(stage: Stage, source_url: str, target_url: str, scratch: Path) -> dict[str, str]:
    """Build what a command sees: ours, without libpq's own variables."""
    # An installed package is compiled; PYTHONDONTWRITEBYTECODE would have a checkout compile itself at every start.
    left_out = ("PG", "SOURCE_", "TARGET_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {
        **kept,
        "PATH": stage.path,
        "PYTHON": sys.executable,
        "SCRATCH": str(scratch),
        "SOURCE_DB_URL": source_url,
        "TARGET_DB_URL": target_url,
    }
