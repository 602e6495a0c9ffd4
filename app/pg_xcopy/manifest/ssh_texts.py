"""Keys, fingerprints and lists of known hosts, however they were pasted; no reason quotes anything secret."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from pydantic import BeforeValidator, SecretStr, ValidationInfo

from pg_xcopy.manifest.fields import refusal
from pg_xcopy.manifest.secrets.references import Unread

MAX_BYTES = 1 << 20
DIGEST_BYTES = 32

_ARMOUR = re.compile(r"-----BEGIN (?P<kind>[A-Z0-9 ]*PRIVATE KEY)-----(?P<body>.*?)-----END (?P=kind)-----", re.DOTALL)
_HOST_LINE = re.compile(r"\s(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+\s+AAAA")


def read(check: Callable[[object, ValidationInfo], object]) -> BeforeValidator:
    """Check a value by `check`, unless it waits for a secret: then it is checked once that is read."""

    def checked(given: object, info: ValidationInfo) -> object:
        return given if isinstance(given, Unread) else check(given, info)

    return BeforeValidator(checked)


def host_name(given: object, _: ValidationInfo) -> object:
    """Accept a name or an address alone."""
    if isinstance(given, str) and (re.search(r"[\s@/]", given) or (":" in given and not _is_address(given))):
        raise refusal("expected the name or address of a host, and nothing else", "user and port are keys of their own")
    return given


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def passphrase(given: object, _: ValidationInfo) -> SecretStr:
    """Accept text, also none: `${A_VARIABLE:-}`."""
    return SecretStr("" if given == "" else _text(given, "a passphrase"))


def key_text(given: object, _: ValidationInfo) -> SecretStr:
    """Accept the text of a private key, also one whose line breaks were lost or escaped on the way here."""
    text = _text(given, "the text of a private key")
    if "\n" not in text:
        text = text.replace("\\r", "").replace("\\n", "\n")
    armour = _ARMOUR.search(text)
    if not armour:
        raise _no_key(text)
    kind, body = armour["kind"], armour["body"].strip()
    if "\n" not in body:
        body = re.sub(r"\s+", "\n", body)
    lines = [line.strip() for line in body.splitlines()]
    return SecretStr("\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""]))


def key_from_file(given: object, info: ValidationInfo) -> SecretStr:
    """Accept a path, and read the private key there."""
    if isinstance(given, SecretStr):  # what it was read to before: a model that is checked again
        return given
    return key_text(_content(_text(given, "the path of a private key"), info), info)


def known_hosts(given: object, info: ValidationInfo) -> str:
    """Accept the text of a list of known hosts, or the path of one."""
    text = _text(given, "the path or the text of a known_hosts file")
    return text if "\n" in text.strip() or _HOST_LINE.search(text) else _content(text, info)


def fingerprint(given: object, _: ValidationInfo) -> str:
    """Accept a SHA256 fingerprint, with or without its prefix and padding; give it as OpenSSH writes it."""
    text = _text(given, "a SHA256 fingerprint").strip()
    digest = re.sub(r"^SHA256:", "", text, flags=re.IGNORECASE).rstrip("=")
    try:
        found = base64.b64decode(digest + "=" * (-len(digest) % 4), validate=True)
    except binascii.Error:
        found = b""
    if len(found) != DIGEST_BYTES:
        raise refusal(
            "expected a SHA256 fingerprint: 43 characters of base64, as in SHA256:47DEQpj8HBSa…",
            "ssh-keygen -lf prints it for a file with a public key",
        )
    return "SHA256:" + base64.b64encode(found).decode().rstrip("=")


def _no_key(text: str) -> Exception:
    if re.match(r"\s*(ssh|ecdsa|sk-ssh|sk-ecdsa)-|.*BEGIN (RSA )?PUBLIC KEY", text):
        return refusal("this is a public key", "the private one is in the file of the same name without .pub")
    if text.lstrip().startswith("PuTTY-User-Key-File"):
        return refusal("this is a key in PuTTY's format", "convert it: puttygen key.ppk -O private-openssh -o key")
    return refusal("this is no private key", "it has a line BEGIN … PRIVATE KEY and a line END … PRIVATE KEY")


def _text(given: object, what: str) -> str:
    text = given.get_secret_value() if isinstance(given, SecretStr) else given
    if not isinstance(text, str):
        raise refusal(f"expected {what}, as text", "put it in quotes")
    if not text.strip():
        raise refusal(f"expected {what}, found nothing", "the variable it was read from is probably not set")
    return text


def _content(given: str, info: ValidationInfo) -> str:
    path = Path((info.context or {}).get("directory", "."), Path(given).expanduser())
    try:
        content = path.read_bytes()[:MAX_BYTES]
        return content.decode()
    except OSError as error:
        raise refusal(f"the file {path} can't be read: {error.strerror}") from None
    except ValueError:
        raise refusal(f"the file {path} is not UTF-8 text") from None
