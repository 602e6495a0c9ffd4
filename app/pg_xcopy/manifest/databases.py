"""From the text of `database:` to a connection, and whether two connections lead to the same database."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Protocol, TypeVar

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from pg_xcopy.connect import dsn
from pg_xcopy.connect.ssh import STANDARD_PORT
from pg_xcopy.manifest.bastions import Bastion
from pg_xcopy.manifest.fields import refusal
from pg_xcopy.manifest.secrets.references import Unread

Declared = TypeVar("Declared")

PRIVATE_DOMAINS = frozenset(
    {"corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "private", "test"}
)
"""Top-level domains that are somebody's own: the same name may be two hosts in two networks (RFC 6761, 6762, 9476)."""

LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})
NOT_SET = "the variable it was read from is probably not set"


class Reached(Protocol):
    """A database and the way to it."""

    @property
    def dsn(self) -> str:
        """Its connection string."""

    @property
    def ssh(self) -> Bastion | None:
        """The bastion in front of it."""


def checked_url(given: object) -> str:
    """Refuse a URL or keyword/value string that libpq can't parse; the reason quotes none of it.

    Of what is still to be read from a secret, nothing is known yet.
    """
    url = given.get_secret_value() if isinstance(given, SecretStr) else given
    if url is None or url == "":
        raise refusal(f"the URL is missing: {NOT_SET}")
    if not isinstance(url, str):
        raise refusal("expected text: a postgresql:// URL or a libpq keyword/value string")
    if isinstance(url, Unread):
        return url
    try:
        dsn.parse(url)
    except dsn.InvalidDsnError as error:
        raise refusal(f"this connection string can't be used: {error.reason}") from None
    return url


def is_dsn(text: str) -> bool:
    """Tell a connection string from a connection's name."""
    return "://" in text or "=" in text


def declared(text: object, connections: Mapping[str, Declared]) -> Declared | str:
    """Find the connection that the text names, or hand back the connection string that it is."""
    if text is None or text == "":
        raise refusal(f"the database is missing: {NOT_SET}")
    if not isinstance(text, str):
        raise refusal("expected text: a connection's name, a postgresql:// URL or a libpq DSN")
    if text in connections:
        return connections[text]
    if isinstance(text, Unread) or is_dsn(text):
        return text
    known = {"known": tuple(connections)}
    raise PydanticCustomError("unknown_connection", "no connection has this name", known)


def refuse_unreachable(url: str) -> None:
    """Refuse a connection string that a bastion could do nothing with: one that does not say which host is meant."""
    parameters = dsn.effective(url)
    hosts = (parameters.get("hostaddr") or parameters.get("host", "")).split(",")
    if any(host.startswith(("/", "@")) for host in hosts):
        raise refusal("a Unix socket can't be reached through a bastion", "name a host")
    if "" in hosts:
        raise refusal("behind a bastion the url must name its host", "localhost is the bastion itself")
    if not re.fullmatch(r"[\d,]*", parameters.get("port", "")):
        raise refusal("the port in this connection string makes no sense")


def same_database(one: Reached, other: Reached) -> bool:
    """Tell whether two connections share a server and a database, as far as their text says."""
    first, second = dsn.effective(one.dsn), dsn.effective(other.dsn)
    if _database(first) != _database(second):
        return False
    return not _servers(first, one.ssh).isdisjoint(_servers(second, other.ssh))


def _database(parameters: Mapping[str, str]) -> str:
    # libpq: the database's name defaults to the user's.
    return parameters.get("dbname") or parameters.get("user", "")


def _unknown(parameters: Mapping[str, str]) -> str:
    return f"service {parameters['service']}" if "service" in parameters else ""


def _servers(parameters: Mapping[str, str], ssh: Bastion | None) -> frozenset[tuple[str, str, str]]:
    """Pair every host with its port (PostgreSQL manual, 34.1.1.3: one port may serve all hosts), as seen from where.

    A service of which nothing is known is a server of its own.
    """
    hosts = (parameters.get("host") or parameters.get("hostaddr") or _unknown(parameters)).lower().split(",")
    ports = parameters.get("port", "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return frozenset((*_place(host, ssh), port or "5432") for host, port in zip(hosts, ports, strict=False))


def _place(host: str, ssh: Bastion | None) -> tuple[str, str]:
    """Say which host it is, and for whom: behind two bastions, `localhost`, `db` or 10.0.0.5 are two hosts."""
    host = "localhost" if host in LOOPBACK else host
    if ssh is None or _is_one_everywhere(host):
        return "", host
    if host == "localhost" and ssh.port == STANDARD_PORT:  # another port may be a container's, on the same machine
        return _place(ssh.host.lower(), None)
    return f"{ssh.host.lower()}:{ssh.port}", host


def _is_one_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and host.rstrip(".").rpartition(".")[2] not in PRIVATE_DOMAINS
