"""`${aws-sm:id#key}`: what it refers to, and the texts of a manifest that wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from pg_xcopy.connect.secrets_manager import ARN, NAME
from pg_xcopy.manifest.secrets.contents import Reader, single

SCHEME = "aws-sm:"


class Reference(Struct, frozen=True):
    """A secret, and which part of it; without a key it is the whole text."""

    secret: str
    key: str = ""

    def __str__(self) -> str:
        key = f"#{self.key}" if self.key else ""
        return f"${{{SCHEME}{self.secret}{key}}}"

    def value(self, read: Reader) -> str:
        """Read it; raises UnreadableSecretError."""
        return single(read(self.secret, ""), self.secret, self.key)


def parsed(body: str) -> Reference | None:
    """Understand what stands in the braces behind `aws-sm:`; None if it makes no sense."""
    secret, sign, key = body.partition("#")
    known = NAME.fullmatch(secret) or ARN.fullmatch(secret)
    complete = bool(key) == bool(sign) and ":-" not in key and ":?" not in key
    return Reference(secret, key) if known and complete else None


class Unread(str):
    """A text with secrets in it that have not been read; as a `str` it is what the manifest says."""

    parts: tuple[str | Reference, ...]

    @classmethod
    def of(cls, parts: Iterable[str | Reference]) -> Unread:
        """Put it together from what is known and what is not."""
        known = tuple(parts)
        made = cls("".join(map(str, known)))
        made.parts = known
        return made

    @property
    def references(self) -> tuple[Reference, ...]:
        """What is not known."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    def values(self, read: Reader) -> dict[Reference, str]:
        """Read what is not known; raises UnreadableSecretError."""
        return {reference: reference.value(read) for reference in self.references}

    def filled(self, values: Mapping[Reference, str]) -> str:
        """Put in what was read."""
        return "".join(values[part] if isinstance(part, Reference) else part for part in self.parts)


def has_unread(value: object) -> bool:
    """Tell whether a value of a manifest, or any that it contains, waits for a secret."""
    if isinstance(value, dict):
        return any(map(has_unread, value.values()))
    return any(map(has_unread, value)) if isinstance(value, list) else isinstance(value, Unread)
