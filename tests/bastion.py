"""A real OpenSSH server on this machine, with throw-away keys: a bastion for tests."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import pytest

# Of an option that is given twice, the first counts.
CONFIG = """
{extra}
Port {port}
ListenAddress 127.0.0.1
{host_keys}
AuthorizedKeysFile {home}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 1000
MaxSessions 1000
LogLevel VERBOSE
{penalties}
"""
STARTS = 3
KINDS = ("ed25519", "ecdsa", "rsa")
PRIVILEGE_SEPARATION = Path("/run/sshd")
"""Where an sshd that root starts goes to; Debian's service makes it."""


def program(name, package="openssh-server"):
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if not found:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


def penalties():
    """From 9.8 on OpenSSH keeps away for a while who failed to log in, as tests do on purpose."""
    said = subprocess.run([program("ssh"), "-V"], capture_output=True, text=True, check=True).stderr
    major, minor = re.match(r"OpenSSH_(\d+)\.(\d+)", said).groups()
    return "PerSourcePenalties no" if (int(major), int(minor)) >= (9, 8) else ""


def keygen(*arguments):
    done = subprocess.run([program("ssh-keygen"), *map(str, arguments)], capture_output=True, text=True, check=True)
    return done.stdout


def new_key(path, kind="ed25519", form="RFC4716", passphrase=""):
    """Make a private key at `path`, and its public half beside it; `form` is OpenSSH's own, PEM or PKCS8."""
    bits = {"rsa": ["-b", "2048"]}.get(kind, [])
    keygen("-q", "-t", kind, *bits, "-N", passphrase, "-C", "a test", "-m", form, "-f", path)
    return path


class Bastion:
    """An sshd that lets in whoever has a key that was authorised; `kinds` are those of its host keys."""

    def __init__(self, home: Path, extra: str = "", kinds: tuple[str, ...] = KINDS) -> None:
        self.home, self.kinds = home, kinds
        self._extra = extra
        self.user = getpass.getuser()
        for kind in kinds:
            new_key(home / f"host_{kind}", kind)
        self.key = new_key(home / "user")
        (home / "authorized_keys").write_text(self.key.with_suffix(".pub").read_text())
        for attempt in range(1, STARTS + 1):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            try:
                self.start()
                break
            except RuntimeError:  # another process may have taken the port meanwhile
                if attempt == STARTS:
                    raise

    def start(self) -> None:
        """Start it, on the same port as before, and wait until it answers."""
        config = self.home / "sshd_config"
        host_keys = "\n".join(f"HostKey {self.home}/host_{kind}" for kind in self.kinds)
        settings = {"port": self.port, "home": self.home, "extra": self._extra, "penalties": penalties()}
        config.write_text(CONFIG.format(host_keys=host_keys, **settings))
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with (self.home / "log").open("a") as log:
            command = [program("sshd"), "-D", "-e", "-f", str(config)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._await()

    def _await(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(self.log)
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5):
                return
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def stop(self, how=signal.SIGKILL) -> None:
        """End it and all connections through it."""
        self.hang_up(how)
        self._process.send_signal(how)
        self._process.wait()

    def hang_up(self, how=signal.SIGKILL) -> None:
        """Send a signal to the processes that hold its connections."""
        for pid in descendants(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, how)

    @property
    def connections(self) -> int:
        """How many logins it serves now."""
        return len(_children(self._process.pid))

    @property
    def logins(self) -> int:
        """How often somebody was let in."""
        return self.log.count("Accepted publickey")

    @property
    def log(self) -> str:
        """What it said so far."""
        return (self.home / "log").read_text()

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Those of its host keys."""
        return {kind: fingerprint_of(self.home / f"host_{kind}.pub") for kind in self.kinds}

    def known_hosts(self, kind="ed25519", host=None) -> str:
        return f"{host or f'[127.0.0.1]:{self.port}'} {(self.home / f'host_{kind}.pub').read_text()}"

    def authorise(self, public_key: Path) -> None:
        with (self.home / "authorized_keys").open("a") as file:
            file.write(public_key.read_text())

    def ssh(self, **others) -> dict[str, object]:
        """What a connection's `ssh` says; None leaves a key out."""
        said = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "private_key": self.key.read_text(),
            "fingerprint": self.fingerprints[self.kinds[0]],
            **others,
        }
        return {key: value for key, value in said.items() if value is not None}


def fingerprint_of(public_key: Path) -> str:
    return keygen("-l", "-f", public_key).split()[1]


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
    return found


def descendants(parent: int) -> list[int]:
    """All processes below this one, the nearest first."""
    children = _children(parent)
    return [*children, *(each for child in children for each in descendants(child))]
