"""All tunnels of a run: each is opened once, whatever number of sessions go through it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.util import find_spec

from pg_xcopy.connect import dsn as dsns
from pg_xcopy.connect.session import Address
from pg_xcopy.connect.ssh import SshLogin
from pg_xcopy.connect.tunnel import NoTunnelError, Tunnel
from pg_xcopy.errors import MissingExtraError, TunnelFailedError

LIBRARY = "asyncssh"


class Tunnels:
    """Opens tunnels and knows them all; `check` is called before each is opened and may raise."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._serving: dict[tuple[SshLogin, tuple[tuple[str, int], ...]], Tunnel] = {}
        self._made: list[Tunnel] = []
        self._one_at_a_time = threading.Lock()

    def to(self, address: Address) -> Tunnel | None:
        """Give the tunnel to an address, None where none is needed; raises TunnelFailedError.

        One that broke is replaced: whoever asks after a COMMIT whose answer was lost needs a new one.
        """
        if address.ssh is None:
            return None
        route = (address.ssh, dsns.servers(address.dsn))
        with self._one_at_a_time:
            tunnel = self._serving.get(route)
            if tunnel is None or tunnel.lost():
                tunnel = self._serving[route] = self._opened(address, *route)
            return tunnel

    def cancel(self) -> None:
        """Wait no longer for those that are being opened; what travels through the others goes on."""
        for tunnel in tuple(self._made):
            tunnel.give_up()

    def close(self) -> None:
        """End all of them."""
        for tunnel in tuple(self._made):
            tunnel.close()

    def _opened(self, address: Address, login: SshLogin, servers: tuple[tuple[str, int], ...]) -> Tunnel:
        if find_spec(LIBRARY) is None:
            raise MissingExtraError(f"the {address.side} {address.label} is reached through a bastion", "ssh")
        self._check()
        tunnel = Tunnel(login, servers)
        self._made.append(tunnel)
        try:
            tunnel.open(address.connect_timeout)
        except NoTunnelError as error:
            self._check()  # given up, because the run is ending
            failed = TunnelFailedError(address.side, address.label, error.reason, error.advice, login.label)
            raise failed from None
        return tunnel
