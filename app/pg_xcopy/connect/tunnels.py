"""All tunnels of a run: each is opened once, whatever number of sessions go through it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pg_xcopy.connect import dsn as dsns
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.ssh import SshLogin
from pg_xcopy.errors import MissingExtraError, TunnelFailedError

if TYPE_CHECKING:
    from pg_xcopy.connect.tunnel import Tunnel

LIBRARY = "asyncssh"

Route = tuple[SshLogin, tuple[tuple[str, int], ...]]


class _Way(Struct):
    """What leads to the servers of one route; the lock is held while it is being opened."""

    tunnel: Tunnel | None = None
    opening: threading.Lock = field(default_factory=threading.Lock)


class Tunnels:
    """Opens tunnels and knows them all; `check` is called before each is opened and may raise."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._ways: dict[Route, _Way] = {}
        self._made: list[Tunnel] = []
        self._lock = threading.Lock()

    def to(self, address: Address) -> Tunnel | None:
        """Give the tunnel to an address, None where none is needed; raises TunnelFailedError.

        One that broke is replaced: whoever asks after a COMMIT whose answer was lost needs a new one.
        """
        if address.ssh is None:
            return None
        route = (address.ssh, dsns.servers(address.dsn))
        with self._lock:
            way = self._ways.setdefault(route, _Way())
        with way.opening:
            if way.tunnel is None or way.tunnel.lost():
                way.tunnel = self._opened(address, route)
            return way.tunnel

    def cancel(self) -> None:
        """Wait no longer for those that are being opened; what travels through the others goes on."""
        for tunnel in tuple(self._made):
            tunnel.give_up()

    def close(self) -> None:
        """End all of them."""
        for tunnel in tuple(self._made):
            tunnel.close()

    def _opened(self, address: Address, route: Route) -> Tunnel:
        from pg_xcopy.connect.tunnel import NoTunnelError, Tunnel  # noqa: PLC0415 - most runs do without

        if find_spec(LIBRARY) is None:
            raise MissingExtraError(f"the {address.side} {address.label} is reached through a bastion", "ssh")
        self._check()
        try:
            tunnel = Tunnel(*route)
            self._made.append(tunnel)
            tunnel.open(address.connect_timeout)
        except NoTunnelError as error:
            self._check()  # given up, because the run is ending
            bastion = route[0].label
            raise TunnelFailedError(address.side, address.label, error.reason, error.advice, bastion) from None
        return tunnel
