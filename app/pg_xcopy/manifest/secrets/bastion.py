"""`ssh` of a secret: the bastion in front of a database; what the manifest says of it goes before the secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pg_xcopy.connect.secrets_manager import UnreadableSecretError
from pg_xcopy.manifest.secrets.contents import unfolded
from pg_xcopy.manifest.secrets.references import Reference, Unread

FIELDS = ("host", "port", "user", "private_key", "passphrase", "fingerprint", "known_hosts")
REQUIRED = {
    "host": {"host"},
    "user": {"user"},
    "private_key": {"private_key", "private_key_file"},
    "fingerprint (or known_hosts)": {"fingerprint", "known_hosts"},
}
"""What it is called, and the keys of which one says it."""


def fields_of(found: object, called: str) -> Mapping[str, str]:
    """Pick what a secret says of a bastion; raises UnreadableSecretError. Empty, if it has none."""
    found = unfolded(found)
    if found in (None, ""):
        return {}
    if not isinstance(found, Mapping):
        raise UnreadableSecretError(f"ssh of {called} is no JSON object")
    renamed = {"user": found.get("username"), **found}
    said = {name: renamed[name] for name in FIELDS if renamed.get(name) not in (None, "")}
    wrong = [name for name, value in said.items() if not isinstance(value, str)]
    if wrong:
        raise UnreadableSecretError(f"ssh.{wrong[0]} of {called} is no text")
    return said


def completed(given: Mapping[str, Any], said: Mapping[str, str], called: str) -> dict[str, Any]:
    """Fill what the manifest leaves open; raises UnreadableSecretError if something is still missing."""
    both = {**_left_open(said, given), **given}
    missing = [what for what, names in REQUIRED.items() if not names & both.keys()]
    if missing:
        raise UnreadableSecretError(f"ssh of {called} lacks {' and '.join(missing)}", "or say it in the manifest")
    return both


def meanwhile(given: Mapping[str, Any], secret: str) -> dict[str, Any]:
    """Fill what the manifest leaves open with what is still to be read, so that what it says can be checked.

    Which host it is, is known by name and port.
    """
    unread = {name: Unread.of([Reference(secret, f"ssh.{name}")]) for name in FIELDS}
    needed = {name: unread[name] for name in ("host", "user", "private_key", "fingerprint")}
    somewhere = {} if "port" in given else {"host": unread["host"]}
    return {**_left_open(needed, given), **given, **somewhere}


def _left_open(said: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, str]:
    answered = {*given, *(name for names in REQUIRED.values() if names & given.keys() for name in names)}
    if "fingerprint" in said:
        answered.add("known_hosts")
    return {name: value for name, value in said.items() if name not in answered}
