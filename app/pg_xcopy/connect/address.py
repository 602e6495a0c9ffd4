"""Where a side of a job lives, as far as connecting needs it."""

from __future__ import annotations

from msgspec import Struct

from pg_xcopy.connect.ssh import SshLogin


class Address(Struct, frozen=True):
    """Where a side of a job lives; `dsn` is secret, `label` is what may be shown, `connect_timeout` is in seconds.

    `hidden` are further secrets, which statements contain and servers may repeat.
    `ssh` is the bastion to go through, and then the hosts in `dsn` are as the bastion knows them. `settings` are handed
    over while connecting, where no server logs or shows them; their values, without spaces, may be secret.
    """

    side: str
    label: str
    dsn: str
    connect_timeout: int = 10
    read_only: bool = False
    hidden: frozenset[str] = frozenset()
    ssh: SshLogin | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Show nothing that is secret."""
        return f"Address({self.side!r}, {self.label!r})"
