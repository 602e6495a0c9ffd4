"""How databases are reached, as the manifest declares it.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, cast

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    field_validator,
    model_validator,
)

from pg_xcopy.connect import dsn
from pg_xcopy.connect.secrets_manager import UnreadableSecretError
from pg_xcopy.manifest.bastions import Bastion
from pg_xcopy.manifest.databases import checked_url, declared, refuse_unreachable, same_database
from pg_xcopy.manifest.declared import MISSING, Declared, GivenName, not_missing
from pg_xcopy.manifest.fields import NON_EMPTY, Count, refusal
from pg_xcopy.manifest.secrets.bastion import completed, meanwhile
from pg_xcopy.manifest.secrets.contents import Reader
from pg_xcopy.manifest.secrets.database import AwsSecret
from pg_xcopy.manifest.secrets.references import Unread

_AS_THE_SECRET_SAYS = object()


def _url(given: object, handler: ValidatorFunctionWrapHandler) -> object:
    url = checked_url(not_missing(given))
    # Pydantic would make a mere str of it.
    return SecretStr(url) if isinstance(url, Unread) else handler(url)


class Connection(Declared):
    """How to reach one database, under a name that jobs use."""

    name: GivenName = ""
    url: Annotated[SecretStr | None, WrapValidator(_url), WithJsonSchema(NON_EMPTY)] = Field(
        default=None,
        description="A postgresql:// URL or a libpq keyword/value string; best read from ${A_VARIABLE}.",
    )
    aws_secret: AwsSecret | None = Field(
        default=None,
        description="A secret of AWS Secrets Manager that says what url leaves open: host, port, dbname, username, "
        "password.",
    )
    protected: bool = Field(
        default=False,
        description="Never write to this database, whichever job or connection leads to it.",
    )
    ssh: Bastion | None = Field(
        default_factory=lambda: cast("Bastion | None", _AS_THE_SECRET_SAYS),
        validate_default=True,
        description="Reach this database through a bastion; the url's host and port are as the bastion knows them.",
    )
    connect_timeout: Count = Field(default=10, gt=0, description="How long to wait for a server, seconds.")

    @model_validator(mode="before")
    @classmethod
    def _either(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return given if given.keys() & {"url", "aws_secret"} else {**given, "url": MISSING}

    @field_validator("aws_secret")
    @classmethod
    def _read(cls, secret: AwsSecret | None, info: ValidationInfo) -> AwsSecret | None:
        read: Reader | None = (info.context or {}).get("read")
        if secret is None or read is None or "url" not in info.data:
            return secret
        try:
            return secret.filled(read, _parameters(info.data["url"]))
        except UnreadableSecretError as error:
            raise refusal(error.reason, error.hint) from None

    @field_validator("ssh", mode="wrap")
    @classmethod
    def _through(cls, given: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Bastion | None:
        secret: AwsSecret | None = info.data.get("aws_secret")
        if secret and (given is _AS_THE_SECRET_SAYS or isinstance(given, Mapping)):
            return _bastion(given if isinstance(given, Mapping) else None, secret, handler)
        found: Bastion | None = handler(None if given is _AS_THE_SECRET_SAYS else given)
        return found

    @model_validator(mode="after")
    def _leads_on(self) -> "Connection":
        if self.ssh and not self.unread:
            refuse_unreachable(self.dsn)
        return self

    @property
    def unread(self) -> bool:
        """Whether something of the connection string is still to be read from a secret."""
        return isinstance(self._written, Unread) or (self.aws_secret is not None and self.aws_secret.parameters is None)

    @property
    def located(self) -> bool:
        """Whether it is known which database of which server this is."""
        return not self.unread or {"host", "dbname"} <= _parameters(self.url).keys()

    @property
    def routed(self) -> bool:
        """Whether it is known if there is a bastion in front of it, and which."""
        if self.aws_secret is None or self.aws_secret.parameters is not None:
            return True
        return self.ssh.known if self.ssh else "ssh" in self.model_fields_set

    @property
    def dsn(self) -> str:
        """The connection string, secrets included as far as they have been read: for the driver only."""
        read = self.aws_secret.parameters if self.aws_secret else None
        return dsn.made({**read, **_parameters(self.url)}) if read else self._written

    @property
    def described(self) -> str:
        """What to call it in front of people: its name, or where it leads without anything secret."""
        if self.name:
            return self.name
        if isinstance(self._written, Unread):
            return "".join(map(str, self._written.references))
        return dsn.describe(self.dsn)

    @property
    def _written(self) -> str:
        return self.url.get_secret_value() if self.url else ""


def _bastion(
    given: Mapping[str, Any] | None, secret: AwsSecret, validate: Callable[[Any], Bastion | None]
) -> Bastion | None:
    """Complete a bastion with what a secret says of it, or check meanwhile what the manifest says."""
    if given is None and not secret.bastion:
        return None
    given = given or {}
    if secret.parameters is None:
        return validate(meanwhile(given, secret.id))
    try:
        return validate(completed(given, secret.bastion, secret.called))
    except UnreadableSecretError as error:
        raise refusal(error.reason, error.hint) from None
    except ValidationError as error:
        wrong = [each for each in error.errors() if each["loc"] and each["loc"][0] not in given]
        if not wrong:
            raise
        # Not the error itself: it may quote what the secret says.
        said = wrong[0]["ctx"]["said"] if wrong[0]["type"] == "refused" else "this makes no sense"
        raise refusal(f"ssh.{wrong[0]['loc'][0]} of {secret.called}: {said}") from None


def _parameters(url: SecretStr | None) -> dict[str, str]:
    """Split a URL as far as it is known."""
    text = url.get_secret_value() if url else ""
    return {} if isinstance(text, Unread) else dsn.parse(text)


def _resolved(given: object, info: ValidationInfo) -> object:
    if isinstance(given, Connection):  # made by a program
        return _with_secret(given, info.context)
    found = declared(given, (info.context or {}).get("connections", {}))
    return Connection(url=SecretStr(checked_url(found))) if isinstance(found, str) else found


def _with_secret(connection: Connection, context: Mapping[str, Any] | None) -> Connection:
    """Complete a connection that was checked before, where the context has who reads secrets."""
    read: Reader | None = (context or {}).get("read")
    if read is None or not connection.unread:
        return connection
    written = connection.url.get_secret_value() if connection.url else None
    try:
        url = (
            SecretStr(checked_url(written.filled(written.values(read))))
            if isinstance(written, Unread)
            else connection.url
        )
        secret = connection.aws_secret and connection.aws_secret.filled(read, _parameters(url))
        ssh = connection.ssh
        if secret and "ssh" not in connection.model_fields_set:
            ssh = _bastion(None, secret, Bastion.model_validate)
    except UnreadableSecretError as error:
        raise refusal(error.reason, error.hint) from None
    return connection.model_copy(update={"url": url, "aws_secret": secret, "ssh": ssh})


def writable(target: Connection, info: ValidationInfo) -> Connection:
    """Refuse a target that is protected, under whatever name or address it was given."""
    connections: Mapping[str, Connection] = (info.context or {}).get("connections", {})
    for guarded in (target, *connections.values()):
        if guarded.protected and guarded is target:
            raise refusal(f"connection {guarded.described!r} is protected: it is never written")
        if guarded.protected and lead_to_one_database(guarded, target):
            raise refusal(f"this leads to the database of {guarded.described!r}, which is protected: never written")
    return target


def lead_to_one_database(guarded: Connection, target: Connection) -> bool:
    """Tell whether two connections share a server and a database, as far as that is known.

    Where no one has read which bastion the first may be behind, it may be behind that of the second.
    """
    if not (guarded.located and target.located and target.routed):
        return False
    if guarded.routed:
        return same_database(guarded, target)
    return same_database(*(each.model_copy(update={"ssh": None}) for each in (guarded, target)))


DATABASE = "A connection's name, a postgresql:// URL or a libpq keyword/value string."
Database = Annotated[Connection, BeforeValidator(_resolved), WithJsonSchema(NON_EMPTY)]
