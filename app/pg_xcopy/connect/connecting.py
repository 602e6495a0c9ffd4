"""What libpq is told to connect with, and how a connection comes about."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import psycopg2

from pg_xcopy.connect import dsn as dsns
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.passfile import looked_up

if TYPE_CHECKING:
    from pg_xcopy.connect.tunnel import Tunnel

OPTIONS = "-c statement_timeout=0 -c client_min_messages=error"
"""From the first statement on: a role's timeout of milliseconds would break off even the one that lifts it."""

READ_ONLY = " -c default_transaction_read_only=on"
"""A second lock on the door: every transaction of ours says READ ONLY itself."""


def options_of(address: Address) -> str:
    """Give the settings that a session has from its first moment on."""
    settings = "".join(f" -c {name}={value}" for name, value in address.settings)
    return f"{OPTIONS}{READ_ONLY if address.read_only else ''}{settings}"


def connect(parameters: dict[str, Any], options: str) -> Any:  # noqa: ANN401 - the driver's connection
    """Connect; once more without our options where a pooler in between refuses them (PgBouncer, RDS Proxy)."""
    given = parameters.get("options") or os.environ.get("PGOPTIONS", "")  # which libpq reads where no options are given
    try:
        connection = psycopg2.connect(**{**parameters, "options": f"{given} {options}".strip()})
    except psycopg2.OperationalError as error:
        if not any(sign in str(error) for sign in ("unsupported startup parameter", "command-line options")):
            raise
        connection = psycopg2.connect(**parameters)
    connection.autocommit = True
    return connection


def parameters_of(address: Address, application_name: str) -> dict[str, Any]:
    """Give what libpq is told, where there is no tunnel on the way."""
    given: dict[str, Any] = dict(dsns.effective(address.dsn))
    defaults = {
        "keepalives": "1",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "6",
    }
    return {
        "connect_timeout": str(address.connect_timeout),
        **defaults,
        **given,
        "application_name": application_name,
        "client_encoding": "UTF8",
    }


def through(tunnel: Tunnel, given: Mapping[str, str]) -> dict[str, str]:
    """Say what is different through a tunnel; a password file is looked into with the server's own port."""
    password = looked_up(given, tunnel.servers[0][1])
    return {**tunnel.parameters(given), **({"password": password} if password else {})}
