"""Certificate authorities of the embedded cluster, and the certificates that they issue."""

from __future__ import annotations

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = 10
"""How long certificates are good for: a cluster is thrown away long before."""

_Purposes = tuple[x509.ObjectIdentifier, ...]
SERVER: _Purposes = (ExtendedKeyUsageOID.SERVER_AUTH,)
CLIENT: _Purposes = (ExtendedKeyUsageOID.CLIENT_AUTH,)


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both in PEM files; the key is readable by its owner alone."""

    certificate: Path
    key: Path

    def exists(self) -> bool:
        """Tell whether both files are there."""
        return self.certificate.exists() and self.key.exists()


class Authority:
    """One certificate authority in a folder: made at first use, then the same for good."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
        if not self.pair.exists():
            self._create(name)

    def issue(
        self,
        name: str,
        *,
        user: str,
        groups: tuple[str, ...] = (),
        purposes: _Purposes,
        hosts: tuple[str, ...] = (),
    ) -> Pair:
        """Return the pair called `name`, issued now if it is not there yet.

        `user` and `groups` are who Kubernetes takes its owner for; `hosts` are the names and addresses at
        which it may serve.
        """
        pair = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        if pair.exists():
            return pair
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, user)])
        builder = (
            _builder(subject, self._certificate().subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
        )
        if hosts:
            alternatives = x509.SubjectAlternativeName([_alternative(host) for host in hosts])
            builder = builder.add_extension(alternatives, critical=False)
        write_key(pair.key, key)
        pair.certificate.write_bytes(_pem(builder.sign(self._key(), hashes.SHA256())))
        return pair

    def _create(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"openedx-embedded-{name}")])
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        builder = (
            _builder(subject, subject, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        write_key(self.pair.key, key)
        self.pair.certificate.write_bytes(_pem(builder.sign(key, hashes.SHA256())))

    def _certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())

    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(self.pair.key.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key


def signing_pair(folder: Path, name: str) -> Pair:
    """Return the key pair that signs service accounts' tokens; its `certificate` is a bare public key."""
    pair = Pair(folder / f"{name}.pub", folder / f"{name}.key")
    if not pair.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        write_key(pair.key, key)
        pair.certificate.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    return pair


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a private key so that nobody else can read it, not even for a moment."""
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    write_private(path, pem)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, not even for a moment anybody else; in one move."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    # A clock that is set back a little must not make a fresh cluster unreachable.
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=365 * YEARS))
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
