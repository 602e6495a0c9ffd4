"""Throw-away certificates: an authority, and what it signs for servers and for roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both as PEM."""

    certificate: bytes
    key: bytes

    def write(self, directory: Path, name: str) -> tuple[Path, Path]:
        """Write both as libpq wants them: a key is its owner's alone."""
        certificate, key = directory / f"{name}.crt", directory / f"{name}.key"
        certificate.write_bytes(self.certificate)
        key.write_bytes(self.key)
        key.chmod(0o600)
        return certificate, key


class Authority:
    """Signs certificates that are valid from yesterday until tomorrow."""

    def __init__(self, name: str = "a throw-away authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _called(name)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = self._signed(self._name, self._key.public_key(), (constraints, True))
        self.certificate = self._certificate.public_bytes(serialization.Encoding.PEM)

    def server(self, *names: str) -> Pair:
        """Make one for a server, by names and addresses."""
        alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
        return self._pair(names[0], (alternatives, False))

    def client(self, role: str, passphrase: str = "") -> Pair:
        """Make one for a role, whose key may be encrypted."""
        return self._pair(role, passphrase=passphrase)

    def _pair(self, name: str, *extensions: tuple[x509.ExtensionType, bool], passphrase: str = "") -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(_called(name), key.public_key(), *extensions)
        encryption = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else None
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            encryption or serialization.NoEncryption(),
        )
        return Pair(certificate.public_bytes(serialization.Encoding.PEM), private)

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, *extensions: tuple[x509.ExtensionType, bool]
    ) -> x509.Certificate:
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(self._name, name, key, x509.random_serial_number(), now - DAY, now + DAY)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
