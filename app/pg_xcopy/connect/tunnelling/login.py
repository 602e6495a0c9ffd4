"""Logging in to a bastion, and the reasons why that fails, in words that go after "the bastion …"."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Any

import asyncssh

from pg_xcopy.connect.ssh import SshLogin
from pg_xcopy.connect.tunnelling.keys import UnusableKeyError, private_key
from pg_xcopy.connect.tunnelling.trust import Trust, UntrustedHostError

CIPHERS = (
    "aes128-gcm@openssh.com",  # the fastest by far where the processor knows AES
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
KEEPALIVE_SECONDS = 15
KEEPALIVE_COUNT = 4
"""After a minute without an answer the bastion counts as gone; a load balancer in between sees traffic four times."""

HUNG_UP = (asyncssh.ConnectionLost, ConnectionResetError, BrokenPipeError)
MAYBE_ABOUT_THE_HOST_KEY = (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed, *HUNG_UP)
"""OpenSSH just closes the connection where it has no host key of a kind that is asked for."""

NOTHING_BUT_THE_KEY: dict[str, Any] = {
    "preferred_auth": "publickey",
    "config": None,
    "agent_path": None,
    "client_certs": (),
    "gss_kex": False,
    "gss_host": None,
    "pkcs11_provider": None,
    "x509_trusted_certs": None,
    "x509_trusted_cert_paths": None,
}
"""No agent, no ~/.ssh, no certificate of this machine: what is used is what the manifest says."""


@dataclass(eq=False)
class LoginFailedError(Exception):
    """There is no tunnel. `reason` goes after "the bastion …"."""

    reason: str
    advice: str = ""


class Bastion(asyncssh.SSHClient):
    """A connection that is logged in; `lost` says why it is no longer there."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self.connection: asyncssh.SSHClientConnection
        self.lost = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - asyncssh's signature
        """Decide about a key that is in no list of known hosts."""
        return self._trust.trusts(addr, key)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember why."""
        self.lost = str(exc or "") or "it was closed"


async def log_in(login: SshLogin, timeout: float) -> Bastion:
    """Connect, verify the host's key, and only then show ours; raises LoginFailedError after `timeout` seconds."""
    try:
        key = private_key(login.private_key, login.passphrase)
        return await asyncio.wait_for(_connected(login, key), timeout)
    except UnusableKeyError as error:
        raise LoginFailedError(f"can't be logged in to: {error.reason}", error.advice) from error
    except UntrustedHostError as error:
        raise LoginFailedError(error.reason, error.advice) from error
    except (asyncio.TimeoutError, TimeoutError) as error:
        advice = "Check ssh.host, ssh.port and the firewall, or raise connect_timeout."
        raise LoginFailedError(f"did not answer within {timeout:g} s", advice) from error
    except (OSError, asyncssh.Error) as error:
        raise _failed(error, key) from error


async def _connected(login: SshLogin, key: asyncssh.SSHKey) -> Bastion:
    """Try once for each kind of host key that the bastion may have, until it shows the one that we know."""
    trust = Trust(login)
    while True:
        bastion = Bastion(trust)
        try:
            bastion.connection = await asyncssh.connect(
                login.host,
                login.port,
                username=login.user,
                client_keys=[key],
                client_factory=lambda made=bastion: made,
                encryption_algs=CIPHERS,
                compression_algs=None,
                keepalive_interval=KEEPALIVE_SECONDS,
                keepalive_count_max=KEEPALIVE_COUNT,
                known_hosts=trust.known_hosts,
                server_host_key_algs=trust.algorithms,
                **NOTHING_BUT_THE_KEY,
            )
        except MAYBE_ABOUT_THE_HOST_KEY as error:
            await trust.refused(error)
        else:
            return bastion


def _failed(error: Exception, key: asyncssh.SSHKey) -> LoginFailedError:
    known: dict[type[Exception] | tuple[type[Exception], ...], tuple[str, str]] = {
        socket.gaierror: ("can't be found: its name does not resolve", "Check ssh.host."),
        ConnectionRefusedError: (
            "refused the connection",
            "Check ssh.host and ssh.port, and that an SSH server runs there.",
        ),
        asyncssh.PermissionDenied: (
            f"did not let us in with the key {key.get_fingerprint()}",
            "Check ssh.user, and that this key is in that user's authorized_keys.",
        ),
        HUNG_UP: (
            "closed the connection before we were logged in",
            "Check that an SSH server runs there, and that it does not turn away many logins (MaxStartups).",
        ),
    }
    for kind, (reason, advice) in known.items():
        if isinstance(error, kind):
            return LoginFailedError(reason, advice)
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return LoginFailedError(f"can't be reached: {said}" if isinstance(error, OSError) else f"gave up: {said}")
