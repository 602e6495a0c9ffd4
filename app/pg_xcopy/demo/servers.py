"""PostgreSQL servers that last as long as this process at most, and leave nothing behind."""

from __future__ import annotations

import secrets
import shutil
import socket
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pg_xcopy.demo.accounts import CommandFailedError, server_account
from pg_xcopy.demo.installations import Installation, find_installations
from pg_xcopy.demo.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

SUPERUSER = "postgres"
_STARTS = 3
_LAST_LINES = 6

# A crash of the server is survived as ever, a crash of the machine need not be.
THROW_AWAY: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "wal_level": "replica",
    "max_wal_size": "4GB",
    "timezone": "UTC",
}


@dataclass
class Server:
    """One server on 127.0.0.1, with a password; a context manager that starts, stops and removes it.

    `settings` go into postgresql.conf and override what is there.
    """

    installation: Installation = field(default_factory=lambda: find_installations()[0])
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        workshop = _workshop()
        self._account = workshop.account
        self._installation = _reachable(self.installation)
        self.directory = workshop.directory("server")
        self.data = self.directory / "data"
        self.password = _password()

    def __enter__(self) -> Server:
        try:
            self.create()
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.installation.major

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.directory / "log"

    def create(self) -> None:
        """Copy a fresh cluster into place; the first one of an installation is made by initdb."""
        self._account.run("cp", "-Rp", _cluster(self._installation), self.data, cwd=self.directory)

    def start(self) -> None:
        """Start, and wait until it answers; another process may take the chosen port, so a few are tried."""
        for attempt in range(1, _STARTS + 1):
            if not self.port:
                self._configure()
            try:
                self._pg_ctl("start", "-w", "-l", str(self.log))
            except CommandFailedError as error:
                said = self._last_words()
                if attempt == _STARTS or "Address already in use" not in said:
                    raise CommandFailedError("pg_ctl start", said or error.reason) from error
                self.port = 0
            else:
                return

    def stop(self) -> None:
        """Stop at once, as a crash would; `start` runs it again, on the same port."""
        if (self.data / "postmaster.pid").exists():
            self._pg_ctl("stop", "-m", "immediate")

    def remove(self) -> None:
        """Stop, and remove all of it; what a killed server's processes still hold, the guardian removes."""
        with suppress(CommandFailedError):
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def dsn(self, dbname: str = SUPERUSER, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """Spell the way into a database as libpq's keyword/value string."""
        words = {**self._address, "dbname": dbname, "user": user, "password": password or self.password}
        return " ".join(f"{key}={_word(value)}" for key, value in words.items())

    def url(self, dbname: str = SUPERUSER, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """Spell the way into a database as a URL."""
        who = f"{quote(user, safe='')}:{quote(password or self.password, safe='')}"
        host = self._address["host"]
        if host.startswith("/"):
            return f"postgresql://{who}@/{quote(dbname, safe='')}?{urlencode(self._address)}"
        return f"postgresql://{who}@{host}:{self.port}/{quote(dbname, safe='')}"

    @property
    def _address(self) -> dict[str, str]:
        host = "127.0.0.1" if self._listens else str(self.directory)
        return {"host": host, "port": str(self.port)}

    def _configure(self) -> None:
        free = _free_port()
        self._listens = free is not None
        self.port = free or 5432
        settings = {
            **THROW_AWAY,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1" if self._listens else "",
            "unix_socket_directories": str(self.directory),
            **self.settings,
        }
        lines = (f"{name} = {_word(value)}\n" for name, value in settings.items())
        self._account.own(self.data / "postgresql.auto.conf").write_text("".join(lines))

    def _pg_ctl(self, verb: str, *options: str) -> None:
        command = self._installation.bin / "pg_ctl"
        self._account.run(command, verb, "-s", "-D", self.data, *options, cwd=self.directory)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " ".join(lines[-_LAST_LINES:])


@cache
def _workshop() -> Scratch:
    return Scratch(server_account())


@cache
def _password() -> str:
    return secrets.token_hex(8)


@cache
def _reachable(installation: Installation) -> Installation:
    """Copy binaries that the servers' account can't reach, such as those of a venv below /root."""
    account = _workshop().account
    if account.reaches((installation.bin / "postgres").resolve()):
        return installation
    place = _workshop().directory("binaries")
    for part in installation.parts:
        account.copy(part, place / part.relative_to(installation.tree))
    return replace(installation, bin=place / installation.bin.relative_to(installation.tree))


@cache
def _cluster(installation: Installation) -> Path:
    """Make the cluster that every server of an installation is a copy of."""
    scratch = _workshop()
    place = scratch.directory("cluster")
    secret = place / "password"
    secret.write_text(_password())
    scratch.account.own(secret)
    options = ("-U", SUPERUSER, "-E", "UTF8", "--locale=C", "-N", "-A", "scram-sha-256", f"--pwfile={secret}")
    scratch.account.run(installation.bin / "initdb", "-D", place / "template", *options, cwd=place)
    return place / "template"


def _free_port() -> int | None:
    """Ask the kernel for a port that nobody listens on; None where 127.0.0.1 can't be used."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
            return port
    except OSError:
        return None


def _word(value: str) -> str:
    r"""Quote a value for a libpq keyword/value string and for postgresql.conf, which both know \\ and \'."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
