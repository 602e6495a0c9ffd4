"""What one server needs to know to connect to another as we have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pg_xcopy.connect import dsn as dsns
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import Session

SETTING = "xcopy.route"
"""A setting of our own, by which a connection string reaches a server: handed over while connecting, it is in no
statement, and so in no log, in no pg_stat_activity; of a session's settings no other session sees anything."""

_OURS = ("user", "password", "dbname", "application_name", "options", "connect_timeout", "sslmode")
_KEEPALIVES = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count")
_AS_GIVEN = ("channel_binding", "require_auth", "ssl_min_protocol_version", "ssl_max_protocol_version", "gssencmode")
"""Older libraries of servers don't know all of these: they are passed on where somebody asked for them."""

_FILES = {
    "sslcert": "the {} asks for a client certificate, which is a file on this machine",
    "sslrootcert": "the {}'s certificate is checked against a file on this machine",
}

_USER = ("user", "password")
"""What postgres_fdw takes in a user mapping; all else describes the server."""


@dataclass(eq=False)
class NoRouteError(Exception):
    """A server can't be told how to connect; `reason` is a clause."""

    reason: str


def connection_string(session: Session, elsewhere: Mapping[str, str]) -> str:
    """Spell, for another server, how to connect to the server of `session`; it is secret. Raises NoRouteError."""
    return dsns.made(_route(session, elsewhere))


def foreign_options(session: Session, elsewhere: Mapping[str, str], name: str, settings: Mapping[str, str]) -> str:
    """Spell the same as the options of a foreign server and its user mapping, in JSON; it is secret.

    The connection will have `settings` and be known as `name`. Raises NoRouteError.
    """
    found = _route(session, elsewhere)
    found["options"] = " ".join(
        [found.get("options", ""), *(f"-c {key}={value}" for key, value in settings.items())]
    ).strip()
    found["application_name"] = name
    mapping = {key: found.pop(key) for key in _USER if key in found}
    return json.dumps({"server": found, "mapping": mapping})


def _route(session: Session, elsewhere: Mapping[str, str]) -> dict[str, str]:
    """Say, for another server, how to connect to the server of `session`.

    `elsewhere` are the host and port under which the other server knows it. Raises NoRouteError.
    """
    side = session.address.side
    if session.address.ssh and not elsewhere:
        raise NoRouteError(f"the {side} is behind a bastion, whose tunnel begins on this machine")
    asked, found = dsns.effective(session.address.dsn), session.given
    for name, reason in _FILES.items():
        if asked.get(name, "system") != "system":
            raise NoRouteError(reason.format(side))
    passed = {name: found[name] for name in (*_OURS, *_KEEPALIVES) if found.get(name)}
    passed |= {name: asked[name] for name in (*_AS_GIVEN, "sslrootcert") if asked.get(name)}
    host, port = dsns.servers(session.address.dsn)[0] if session.address.ssh else (found["host"], found["port"])
    return {**passed, "host": host, "port": str(port), **elsewhere}


def application_name(address: Address, process: int) -> str:
    """Give by which name the other server knows the connection that `process` has opened, in a session on `address`."""
    (options,) = (value for name, value in address.settings if name == SETTING)
    name = json.loads(bytes.fromhex(options))["server"]["application_name"]
    return f"{name} {process}"


def spelled(connection_string: str) -> str:
    """Write it as the setting holds it, where blanks, quotes and backslashes have a meaning: in hexadecimal."""
    return connection_string.encode().hex()
