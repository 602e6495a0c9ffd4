"""How databases are reached, as the manifest declares it.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, WithJsonSchema

from pg_xcopy.connect.dsn import describe
from pg_xcopy.manifest.databases import checked_url, declared, same_database
from pg_xcopy.manifest.declared import Declared, GivenName
from pg_xcopy.manifest.fields import NON_EMPTY, Count, refusal


class Connection(Declared):
    """How to reach one database, under a name that jobs use."""

    name: GivenName = ""
    url: Annotated[SecretStr, BeforeValidator(checked_url), WithJsonSchema(NON_EMPTY)] = Field(
        description="A postgresql:// URL or a libpq keyword/value string; best read from ${A_VARIABLE}.",
    )
    protected: bool = Field(
        default=False,
        description="Never write to this database, whichever job or connection leads to it.",
    )
    connect_timeout: Count = Field(default=10, gt=0, description="How long to wait for a server, seconds.")

    @property
    def dsn(self) -> str:
        """The connection string, secrets included: for the driver only."""
        return self.url.get_secret_value()

    @property
    def described(self) -> str:
        """What to call it in front of people: its name, or where it leads without anything secret."""
        return self.name or describe(self.dsn)


def _resolved(given: object, info: ValidationInfo) -> object:
    if isinstance(given, Connection):
        return given
    context = info.context or {}
    found = declared(given, context.get("connections", {}))
    return Connection(url=SecretStr(checked_url(found))) if isinstance(found, str) else found


def writable(target: Connection, info: ValidationInfo) -> Connection:
    """Refuse a target that is protected, under whatever name or address it was given."""
    connections: Mapping[str, Connection] = (info.context or {}).get("connections", {})
    for guarded in (target, *connections.values()):
        if guarded.protected and guarded is target:
            raise refusal(f"connection {guarded.described!r} is protected: it is never written")
        if guarded.protected and same_database(guarded.dsn, target.dsn):
            raise refusal(f"this leads to the database of {guarded.described!r}, which is protected: never written")
    return target


DATABASE = "A connection's name, a postgresql:// URL or a libpq keyword/value string."
Database = Annotated[Connection, BeforeValidator(_resolved), WithJsonSchema(NON_EMPTY)]
