"""Our private key, from its text."""

from __future__ import annotations

from dataclasses import dataclass

import asyncssh


@dataclass(eq=False)
class UnusableKeyError(Exception):
    """The private key can't be used; neither part quotes any of it."""

    reason: str
    advice: str = ""


def private_key(text: str, passphrase: str) -> asyncssh.SSHKey:
    """Read a key in OpenSSH's, PEM's or PKCS#8's format; raises UnusableKeyError."""
    try:
        return asyncssh.import_private_key(text, passphrase or None)
    except asyncssh.KeyEncryptionError as error:
        raise _encrypted(str(error), passphrase) from error
    except asyncssh.KeyImportError as error:
        if "assphrase" in str(error) or "decrypt" in str(error):
            raise _encrypted(str(error), passphrase) from error
        raise UnusableKeyError("its private key is damaged or of an unknown format") from error


def _encrypted(said: str, passphrase: str) -> UnusableKeyError:
    if "bcrypt" in said:
        return UnusableKeyError("its private key is encrypted with bcrypt", "pip install 'pg-xcopy[ssh]'")
    if passphrase:
        return UnusableKeyError("the passphrase of its private key is wrong", "Check ssh.passphrase.")
    return UnusableKeyError("its private key is encrypted, and there is no passphrase", "Give it as ssh.passphrase.")
