"""A tunnel, seen from here: a process that listens on this machine and is logged in to a bastion."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, cast

from msgspec.structs import asdict

from pg_xcopy.connect.dsn import redact
from pg_xcopy.connect.ssh import SshLogin

PROGRAM = (
    "import json, sys; orders = json.loads(sys.stdin.readline()); sys.path[:] = orders['path']; "
    "from pg_xcopy.connect.tunnelling.process import main; main(orders)"
)
HERE = "127.0.0.1"
START_UP = 30.0
"""Seconds that the process gets beyond those for logging in, on a machine that has much else to do."""

PATIENCE = 30.0
"""Seconds that it gets for an answer about itself, which takes it none."""

GOODBYE = 5.0
"""Seconds that it gets to end."""

ENDED: dict[str, Any] = {
    "failed": "is out of reach: the process that should log in has ended",
    "lost": "the process that held it has ended",
    "refused": (),
}

Servers = Sequence[tuple[str, int]]


class NoTunnelError(Exception):
    """The tunnel could not be opened. `reason` goes after "the bastion …"."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason, self.advice = reason, advice


class Tunnel:
    """Leads from ports of this machine to servers behind a bastion, each a host and a port as the bastion knows them.

    A process of its own, because the driver keeps the interpreter's lock while it waits for what a tunnel in the same
    interpreter would have to carry: see `tunnelling.process`.
    """

    def __init__(self, login: SshLogin, servers: Servers) -> None:
        """Start the process; raises NoTunnelError."""
        self.login, self.servers = login, servers
        self._ports: Sequence[int] = ()
        self._seconds = 0
        self._asking = threading.Lock()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own Python, and a program without any input in it  # nosec B603
                [sys.executable, "-I", "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C must not take from a run what its cancel requests travel through
            )
        except OSError as error:
            raise NoTunnelError(f"is out of reach: no process can be started ({error.strerror})", "") from error

    def open(self, seconds: int) -> None:
        """Log in within so many seconds; raises NoTunnelError."""
        self._seconds = seconds
        path = [each for each in sys.path if isinstance(each, str)]
        orders = {"path": path, "login": asdict(self.login), "servers": self.servers, "timeout": seconds}
        answer = self._ask(orders, seconds + START_UP)
        if "ports" not in answer:
            raise NoTunnelError(self._in_public(answer["failed"]), answer.get("advice", ""))
        self._ports = answer["ports"]

    def parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Say to libpq where to connect; it still verifies a certificate by the host's own name.

        Of several hosts, those that do not answer are left out: libpq goes on to the next only where it is refused, and
        here it never is.
        """
        names = (given.get("host") or given["hostaddr"]).split(",")
        ways = list(zip(names, self._ports, strict=False))
        if len(ways) > 1:
            answer = self._ask("who answers?", self._seconds + PATIENCE).get("answering", ())
            ways = [way for way, answering in zip(ways, answer, strict=False) if answering] or ways
        return {
            "host": ",".join(name for name, _ in ways),
            "hostaddr": ",".join(HERE for _ in ways),
            "port": ",".join(str(port) for _, port in ways),
        }

    def lost(self) -> str:
        """Say why nothing travels through it any more; empty while it is well."""
        lost = self._state()["lost"]
        return self._in_public(f"the tunnel through the bastion {self.login.label} broke: {lost}") if lost else ""

    def why_refused(self) -> NoTunnelError | None:
        """Say why the last connection through it came to no server; None if it did."""
        state = self._state()
        if state["lost"]:
            return NoTunnelError(self._in_public(f"is gone: {state['lost']}"), "")
        if len(state["refused"]) < len(self._ports):  # one of several servers did answer
            return None
        reasons, advice = zip(*state["refused"], strict=True)
        return NoTunnelError(self._in_public(" and ".join(reasons)), advice[0])

    def translated(self, text: str) -> str:
        """Put the bastion and the servers' own ports where libpq names ours."""
        for (host, port), ours in zip(self.servers, self._ports, strict=True):
            text = text.replace(f'"{HERE}", port {ours}', f'"{host}" (through {self.login.label}), port {port}')
        return text

    def give_up(self) -> None:
        """End the process if it has not logged in yet: whoever waits for that waits no longer."""
        if not self._ports:
            self._process.kill()

    def close(self) -> None:
        """End the process, and with it whatever still travels through it."""
        with suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()

    def _state(self) -> dict[str, Any]:
        return self._ask("how are you?", PATIENCE)

    def _ask(self, question: object, seconds: float) -> dict[str, Any]:
        with self._asking:
            try:
                self._stdin.write(json.dumps(question).encode() + b"\n")
                return self._answer(seconds)
            except (OSError, ValueError):  # it has ended; ValueError: we have closed it
                return ENDED

    def _answer(self, seconds: float) -> dict[str, Any]:
        poll = select.poll()  # not select.select, which knows no descriptor above 1023
        poll.register(self._stdout, select.POLLIN)
        if not poll.poll(seconds * 1000):
            self._process.kill()  # a late answer would be taken for that to the next question
            return ENDED
        line = self._stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else ENDED
        return answer

    def _in_public(self, text: str) -> str:
        return redact(text, self.login.secrets)

    @property
    def _stdin(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    @property
    def _stdout(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdout)
