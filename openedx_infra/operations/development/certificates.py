"""Certificates of an authority of this machine, for the hosts of development instances."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rich.console import Console

from openedx_infra.components.ingress.routes import public_hosts
from openedx_infra.config import Stack
from openedx_infra.config.development.section import LOCAL_TLS
from openedx_infra.config.types.hosts import LOCAL_DOMAINS
from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lightkube import Client

AUTHORITY_DAYS = 3650
"""Validity of the authority."""
DAYS = 397
"""Validity of certificates: the longest that all browsers take of any authority (CA/Browser Forum, 2020)."""
NAME = "Open edX development on this machine"
TRUST = (
    "Browsers warn until this machine trusts its authority:",
    "  Debian, Ubuntu  sudo cp {file} /usr/local/share/ca-certificates/openedx-development.crt",
    "                  sudo update-ca-certificates",
    "  Fedora          sudo trust anchor {file}",
    "  macOS           sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain {file}",
    "  Windows         certutil -user -addstore Root {file}",
    "  Firefox, and Chromium on Linux, have lists of their own: add the file in their settings, among",
    "  authorities.",
)


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The authority of this machine, which browsers are told to trust once for all instances."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    file: Path
    """File of the certificate."""


def folder() -> Path:
    """Where the authority is kept: with the data of this user's programs."""
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "openedx-infra" / "authority"


def authority(place: Path) -> Authority:
    """The authority in a folder, which is made if there is none. Raises OperationError for a damaged one."""
    file, key_file = place / "authority.pem", place / "authority.key"
    if not file.exists() and not key_file.exists():
        _make(file, key_file)
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise OperationError(
            f"The authority in {place} can't be used: {error}",
            remedy=f"delete {place}, run this again, and have the new authority trusted",
        ) from error
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(certificate=certificate, key=key, file=file)


def issue(hosts: Sequence[str], by: Authority) -> tuple[str, str]:
    """A certificate for hosts, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    certificate = (
        _builder(subject, by.certificate.subject, key, DAYS)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
        .sign(by.key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode(), _pem(key).decode()


def put(client: Client, stack: Stack, console: Console) -> None:
    """Issue a certificate for all hosts of an instance, and put it into its namespace for the ingress. Raises
    OperationError."""
    section = stack.development
    if section is None or section.certificates != "local":
        raise OperationError(
            f"Stack {stack.name} has no certificates of this machine.",
            remedy="set `certificates: local` in `openedx:development`, then run `openedx-infra up`",
        )
    hosts = [host.domain for host in public_hosts(stack)]
    by = authority(folder())
    certificate, key = issue(hosts, by)
    _apply(client, stack, certificate, key)
    console.print(
        f"A certificate for {', '.join(hosts)} is in the namespace, for {DAYS} days.", soft_wrap=True
    )
    console.print("\n".join(TRUST).format(file=by.file), soft_wrap=True, highlight=False)


def _apply(client: Client, stack: Stack, certificate: str, key: str) -> None:
    from lightkube import ApiError
    from lightkube.models.meta_v1 import ObjectMeta
    from lightkube.resources.core_v1 import Secret

    secret = Secret(
        apiVersion="v1",
        kind="Secret",
        metadata=ObjectMeta(name=LOCAL_TLS, namespace=stack.namespace),
        type="kubernetes.io/tls",
        stringData={"tls.crt": certificate, "tls.key": key},
    )
    try:
        client.apply(secret, field_manager="openedx-infra", force=True)
    except ApiError as error:
        raise OperationError(
            f"The certificate could not be put into namespace {stack.namespace}: {error}",
            remedy=f"run `openedx-infra up --stack {stack.name}` first, which makes the namespace",
        ) from error


def _make(file: Path, key_file: Path) -> None:
    """An authority that signs for names of this machine alone: whoever steals it can be no public host."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    permitted = [x509.DNSName(domain) for domain in LOCAL_DOMAINS]
    certificate = (
        _builder(name, name, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(_pem(key))
    file.write_bytes(certificate.public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
