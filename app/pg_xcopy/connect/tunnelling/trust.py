"""Whether a bastion is the one that the manifest means, judged by its host key, before we show ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from pg_xcopy.connect.ssh import STANDARD_PORT, SshLogin

SIGNATURES = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""The kinds of host keys, and how each signs. A server has one of each kind at most, and shows only one at a time."""

NOBODY: tuple[Sequence[Any], ...] = ([], [], [], [], [], [], [])
"""A list of known hosts without any. An empty text would make asyncssh take the one in ~/.ssh."""

_SOMEBODY_ELSE = "If it was not set up anew, somebody may be in between. Its administrator can tell its fingerprint."


@dataclass(eq=False)
class UntrustedHostError(Exception):
    """The host key is not the expected one. `reason` goes after "the bastion …"."""

    reason: str
    advice: str = ""


@dataclass
class Trust:
    """What is expected of a bastion, a fingerprint or a line in known_hosts, and what it showed."""

    login: SshLogin
    _shown: dict[str, str] = field(default_factory=dict)
    _address: str = ""

    def __post_init__(self) -> None:
        try:
            self._known = asyncssh.import_known_hosts(self.login.known_hosts)
        except ValueError as error:
            raise UntrustedHostError("can't be verified: known_hosts has a line that is damaged") from error

    @property
    def known_hosts(self) -> Any:  # noqa: ANN401 - asyncssh's type is private
        """What asyncssh looks the key up in."""
        return NOBODY if self.login.fingerprint else self._known

    @property
    def algorithms(self) -> Sequence[str]:
        """How the bastion may prove itself: with a kind of key that it has not shown, or one of the known hosts."""
        if not self.login.fingerprint:
            return ()
        return [each for kind, signatures in SIGNATURES.items() if kind not in self._shown for each in signatures]

    def trusts(self, address: str, key: asyncssh.SSHKey) -> bool:
        """Compare a key that is in no list with the expected fingerprint."""
        self._address = address
        fingerprint = key.get_fingerprint()
        self._shown[key.get_algorithm()] = fingerprint
        return fingerprint == self.login.fingerprint

    async def refused(self, error: Exception) -> None:
        """Return if the expected key may be of another kind than what was shown; raise UntrustedHostError if not.

        Raises `error` itself where it has nothing to do with the host's key.
        """
        untrusted = isinstance(error, asyncssh.HostKeyNotVerifiable)
        if untrusted and self.login.fingerprint and self.algorithms:
            return
        if "revoked" in str(error):
            raise UntrustedHostError("showed a host key that known_hosts revokes", _SOMEBODY_ELSE) from error
        if not (untrusted or self._shown or await self._shows_another()):
            raise error
        raise self._mismatch() from error

    async def _shows_another(self) -> bool:
        """Ask for a host key of any kind: a bastion that has none of the known kind just hangs up."""
        try:
            key = await asyncssh.get_server_host_key(self.login.host, self.login.port, config=None)
        except (OSError, asyncssh.Error):
            return False
        if key is None or (key.get_fingerprint(), key.get_algorithm()) in self._expected():
            return False
        self.trusts("", key)
        return True

    def _mismatch(self) -> UntrustedHostError:
        found = _listed((fingerprint, kind) for kind, fingerprint in self._shown.items()) or "a certificate"
        expected = self.login.fingerprint or _listed(self._expected())
        if expected:
            return UntrustedHostError(f"showed another host key: expected {expected}, found {found}", _SOMEBODY_ELSE)
        scan = f"ssh-keyscan -p {self.login.port} {self.login.host}"
        return UntrustedHostError(
            f"is not in known_hosts; its host key is {found}",
            f"If its administrator says that this is right, add to known_hosts what this prints: {scan}",
        )

    def _expected(self) -> Collection[tuple[str, str]]:
        port = None if self.login.port == STANDARD_PORT else self.login.port
        keys, *_ = self._known.match(self.login.host, self._address, port)
        return dict.fromkeys((key.get_fingerprint(), key.get_algorithm()) for key in keys)


def _listed(keys: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{fingerprint} ({kind})" for fingerprint, kind in keys)
