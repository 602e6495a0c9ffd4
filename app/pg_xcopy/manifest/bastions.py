"""The host that a database is reached through, as the manifest declares it.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from pg_xcopy.connect.ssh import STANDARD_PORT, SshLogin
from pg_xcopy.manifest import ssh_texts
from pg_xcopy.manifest.declared import Declared
from pg_xcopy.manifest.fields import NON_EMPTY, Count, Name, refusal
from pg_xcopy.manifest.secrets.references import SCHEME

HIGHEST_PORT = 65535
_ONE_OF_EACH: JsonDict = {
    "allOf": [
        {"oneOf": [{"required": ["private_key"]}, {"required": ["private_key_file"]}]},
        {"oneOf": [{"required": ["fingerprint"]}, {"required": ["known_hosts"]}]},
    ]
}


class Bastion(Declared):
    """A host that a database is reached through, by SSH. Its host key is always verified."""

    model_config = ConfigDict(json_schema_extra=_ONE_OF_EACH)

    host: Annotated[Name, ssh_texts.read(ssh_texts.host_name)] = Field(description="Its name or address.")
    port: Count = Field(default=STANDARD_PORT, ge=1, le=HIGHEST_PORT, description="The port of its SSH server.")
    user: Name = Field(description="Who logs in there.")
    private_key: Annotated[SecretStr, ssh_texts.read(ssh_texts.key_text), WithJsonSchema(NON_EMPTY)] | None = Field(
        default=None,
        description="The text of a private key (Ed25519, ECDSA or RSA; OpenSSH, PEM or PKCS#8), best from a "
        "${VARIABLE} or ${file:/a/path}.",
    )
    private_key_file: (
        Annotated[SecretStr, ssh_texts.read(ssh_texts.key_from_file), WithJsonSchema(NON_EMPTY)] | None
    ) = Field(
        default=None,
        description="Instead of its text: the file of a private key, relative to the manifest's directory.",
    )
    passphrase: Annotated[SecretStr, ssh_texts.read(ssh_texts.passphrase), WithJsonSchema(NON_EMPTY)] | None = Field(
        default=None, description="What the private key is encrypted with, if it is."
    )
    fingerprint: Annotated[str, ssh_texts.read(ssh_texts.fingerprint), WithJsonSchema(NON_EMPTY)] | None = Field(
        default=None, description="The SHA256 fingerprint of its host key, as `ssh-keygen -l` prints it."
    )
    known_hosts: Annotated[str, ssh_texts.read(ssh_texts.known_hosts), WithJsonSchema(NON_EMPTY)] | None = Field(
        default=None, description="Instead of a fingerprint: a known_hosts file, or the text of one."
    )

    @model_validator(mode="after")
    def _has_one_of_each(self) -> "Bastion":
        if (self.private_key is None) == (self.private_key_file is None):
            raise refusal("expected either private_key or private_key_file", "no agent and no default key is used")
        if (self.fingerprint is None) == (self.known_hosts is None):
            raise refusal(
                "expected either fingerprint or known_hosts: without one, anybody could pose as this host",
                "its administrator gets the fingerprint from: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
            )
        return self

    @property
    def known(self) -> bool:
        """Whether it is known which host this is, or is still to be read from a secret."""
        return SCHEME not in self.host

    @property
    def login(self) -> SshLogin:
        """All of it, secrets included: for the one who logs in only."""
        key = self.private_key or self.private_key_file or SecretStr("")
        return SshLogin(
            self.host,
            self.port,
            self.user,
            private_key=key.get_secret_value(),
            passphrase=self.passphrase.get_secret_value() if self.passphrase else "",
            fingerprint=self.fingerprint or "",
            known_hosts=self.known_hosts or "",
        )
