"""`aws_secret:` of a connection: which secret says how a database is reached, and what its fields mean to libpq.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr, WithJsonSchema, model_validator

from pg_xcopy.connect import dsn
from pg_xcopy.connect.secrets_manager import ARN, NAME, UnreadableSecretError, region_of
from pg_xcopy.manifest.declared import Declared
from pg_xcopy.manifest.fields import NON_EMPTY, Text, refusal
from pg_xcopy.manifest.secrets.bastion import fields_of
from pg_xcopy.manifest.secrets.contents import Reader, fields, place

RDS_NAMES = {"username": "user", "dbInstanceIdentifier": "dbname"}
"""What AWS calls what libpq has another name for; where a secret has both, libpq's counts."""

REQUIRED = {
    "host": ("host", {"hostaddr", "service"}),
    "dbname": ("dbname (or dbInstanceIdentifier)", {"service"}),
    "user": ("username", {"service"}),
    "password": ("password", {"passfile", "service", "sslcert"}),
}
"""By libpq's keyword: what the field is called, and which others may stand for it."""

NOT_TAKEN = {"application_name", "client_encoding", "fallback_application_name", "passfile", "replication", "service"}
"""Keywords of libpq that are ours to set, or that are likely to mean something else in a secret."""

MAX_PORT = 65535


def _secret(name: str) -> str:
    if not (NAME.fullmatch(name) or ARN.fullmatch(name)):
        raise refusal("this is neither the name nor the ARN of a secret", "a name has letters, digits and /_+=.@-")
    return name


def _region(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]*", name):  # empty is what ${AWS_REGION:-} gives where it is not set
        raise refusal("this is no region", "write it like eu-central-1")
    return name


class AwsSecret(Declared):
    """A secret of AWS Secrets Manager that says how a database is reached."""

    id: Annotated[Text, AfterValidator(_secret), WithJsonSchema(NON_EMPTY)] = Field(
        description="The secret's name, such as pg-xcopy/staging/shop, or its ARN.",
    )
    key: Text = Field(
        default="",
        description="Which entry, where the secret is one JSON document of many databases; dots lead further down.",
    )
    region: Annotated[Text, AfterValidator(_region)] = Field(
        default="",
        description="The secret's region; by default the ARN's, or the one of AWS_REGION or the profile.",
    )
    _parameters: Mapping[str, str] | None = PrivateAttr(default=None)
    _bastion: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _one_region(self) -> "AwsSecret":
        if self.region and region_of(self.id) not in {"", self.region}:
            raise refusal("the region is not the one in the secret's ARN", "leave the region out")
        return self

    @property
    def parameters(self) -> Mapping[str, str] | None:
        """What the secret says in libpq's keywords; None as long as it has not been read."""
        return self._parameters

    @property
    def bastion(self) -> Mapping[str, str]:
        """What the secret says of a bastion, once it has been read."""
        return self._bastion

    @property
    def called(self) -> str:
        """What to call it, or the entry of it, in front of people."""
        return place(self.id, self.key)

    def filled(self, read: Reader, given: Mapping[str, str]) -> "AwsSecret":
        """Read the secret, which has to have what is not `given` beside it; raises UnreadableSecretError."""
        document = fields(read(self.id, self.region), self.id, self.key)
        found = _parameters(document, self.called)
        both = {**found, **given}
        missing = [name for keyword, (name, others) in REQUIRED.items() if not both.keys() & {keyword, *others}]
        if missing:
            raise UnreadableSecretError(
                f"{self.called} lacks {' and '.join(missing)}", "what is not secret may stand in url"
            )
        filled = self.model_copy()
        filled._parameters = found
        filled._bastion = fields_of(document.get("ssh"), self.called)
        return filled


def _parameters(found: Mapping[str, Any], called: str) -> dict[str, str]:
    """Translate a secret's fields; what libpq does not know is not for it."""
    if "postgres" not in str(found.get("engine") or "postgres").lower():
        raise UnreadableSecretError(f"{called} is for another kind of database: its engine is not PostgreSQL")
    said = {name: value for name, value in found.items() if value not in (None, "")}
    translated = {RDS_NAMES[name]: name for name in said if name in RDS_NAMES}
    known = {name: name for name in said if name not in NOT_TAKEN and dsn.is_keyword(name)}
    named = {**translated, **known}
    return {keyword: _text(said[name], f"{name} of {called}", keyword) for keyword, name in named.items()}


def _text(value: object, called: str, keyword: str) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise UnreadableSecretError(f"{called} is no text that libpq takes")
    if keyword == "port" and not all(map(_is_port, value.split(","))):
        raise UnreadableSecretError(f"{called} is no number of a port")
    return value


def _is_port(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,5}", text) is not None and 0 < int(text) <= MAX_PORT
