"""From a port of this machine to a server behind the bastion, byte for byte."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import cast

import asyncssh

from pg_xcopy.connect.tunnelling.login import Bastion

LISTEN_ON = "127.0.0.1"
WINDOW = 8 << 20
"""Bytes under way to us in one connection: with the usual 2 MiB, a bastion 40 ms away gave 23 MB/s, with this 80."""

FORBIDDEN = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254, 5.1)."""


class Forward:
    """A port of this machine, and the server that answers there.

    `refused` says why the last connection came to none, and what may mend it.
    """

    def __init__(self, bastion: Bastion, host: str, port: int) -> None:
        self._bastion, self._host, self._port = bastion, host, port
        self.refused: tuple[str, str] | None = None

    async def listen(self) -> int:
        """Listen on a free port and return it."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Near(self), LISTEN_ON, 0)
        return int(server.sockets[0].getsockname()[1])

    async def open(
        self, far: asyncssh.SSHTCPSession[bytes], peer: tuple[str, int]
    ) -> asyncssh.SSHTCPChannel[bytes] | None:
        """Have the bastion connect to the server; None if it does not, and then `refused` says why."""
        try:
            channel, _ = await self._bastion.connection.create_connection(
                lambda: far, self._host, self._port, *peer, window=WINDOW
            )
        except (OSError, asyncssh.Error) as error:
            self.refused = self._why(error)
            return None
        self.refused = None
        return channel

    async def answers(self) -> bool:
        """Tell whether the bastion gets a connection to the server at all."""
        found = await self.open(asyncssh.SSHTCPSession(), (LISTEN_ON, 0))
        if found:
            found.close()
        return found is not None

    def _why(self, error: Exception) -> tuple[str, str]:
        server = f"{self._host}:{self._port}"
        if isinstance(error, asyncssh.ChannelOpenError) and error.code == FORBIDDEN:
            return f"does not allow forwarding to {server}", "See AllowTcpForwarding and PermitOpen in its sshd_config."
        said = getattr(error, "reason", error)
        return f"can't reach {server}: {said}", "Check the url: its host and port are as the bastion knows them."


class _Near(asyncio.Protocol):
    """The end that a client on this machine has connected to."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._far: asyncssh.SSHTCPChannel[bytes] | None = None
        # What comes before the far end is there: up to Python 3.11.3, reading can't be paused from the very beginning.
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()
        self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        peer = self._transport.get_extra_info("peername")
        self._far = await self._forward.open(_Far(self._transport), peer[:2])
        if self._far is None:
            self._transport.abort()
        elif self._transport.is_closing():
            self._far.close()
        else:
            self._far.write(self._early)
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._far:
            with suppress(OSError):  # the server has hung up; that it did is on its way
                self._far.write(data)
        else:
            self._early += data

    def eof_received(self) -> bool:
        if self._far:
            self._far.write_eof()
        return True  # the other direction stays open

    def pause_writing(self) -> None:
        if self._far:
            self._far.pause_reading()

    def resume_writing(self) -> None:
        if self._far:
            self._far.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self._far:
            self._far.close()


class _Far(asyncssh.SSHTCPSession[bytes]):
    """The end that the bastion has connected to the server; what it says goes to `near`."""

    def __init__(self, near: asyncio.Transport) -> None:
        self._near = near

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:  # noqa: ARG002 - asyncssh's signature
        self._near.write(data)

    def eof_received(self) -> bool:
        with suppress(OSError):  # it may have hung up already; raised here, that would end the whole tunnel
            self._near.write_eof()
        return True  # the other direction stays open

    def pause_writing(self) -> None:
        if not self._near.is_closing():
            self._near.pause_reading()

    def resume_writing(self) -> None:
        if not self._near.is_closing():
            self._near.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        # Aborted, a client does not take what it has got for a clean end.
        (self._near.abort if exc else self._near.close)()
