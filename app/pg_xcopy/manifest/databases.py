"""From the text of `database:` to a connection, and whether two connections lead to the same database."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from pg_xcopy.connect import dsn
from pg_xcopy.manifest.fields import refusal
from pg_xcopy.manifest.secrets.references import Unread

Declared = TypeVar("Declared")

LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})
NOT_SET = "the variable it was read from is probably not set"


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


def same_database(one: str, other: str) -> bool:
    """Tell whether two connection strings share a server and a database, as far as their text says."""
    first, second = dsn.parse(one), dsn.parse(other)
    return _database(first) == _database(second) and not _servers(first).isdisjoint(_servers(second))


def _database(parameters: Mapping[str, str]) -> str:
    # libpq: the database's name defaults to the user's.
    return parameters.get("dbname") or parameters.get("user", "")


def _servers(parameters: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Pair every host with its port (PostgreSQL manual, 34.1.1.3: one port may serve all hosts)."""
    hosts = (parameters.get("host") or parameters.get("hostaddr", "")).lower().split(",")
    ports = parameters.get("port", "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return frozenset(
        ("localhost" if host in LOOPBACK else host, port or "5432") for host, port in zip(hosts, ports, strict=False)
    )
