"""What it takes to log in to a bastion, as a plain value; what speaks SSH is in `tunnelling`."""

from __future__ import annotations

from msgspec import Struct

STANDARD_PORT = 22


class SshLogin(Struct, frozen=True):
    """Where a bastion is, who we are there, and how we know that it is the one; keys and hosts as text.

    One of `fingerprint` ("SHA256:" and 43 characters) and `known_hosts` (what a file of that name has) is given.
    """

    host: str
    port: int
    user: str
    private_key: str
    passphrase: str = ""
    fingerprint: str = ""
    known_hosts: str = ""

    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"SshLogin({self.label!r})"

    @property
    def label(self) -> str:
        """What to call the bastion in front of people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}"

    @property
    def secrets(self) -> frozenset[str]:
        """What no message may contain."""
        return frozenset({self.private_key, self.passphrase} - {""})
