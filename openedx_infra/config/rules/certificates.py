"""Rules on certificate files: they exist, can be read, fit their key, and have not expired.

They are read here, before anything is registered, so that a wrong one is a fault of the configuration and not
of a pod.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from openedx_infra.config import checkout_files
from openedx_infra.config.datastores.common import ProvenByAws
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.secrets.catalogue import client_key
from openedx_infra.config.sections.network import AUTHORITIES
from openedx_infra.config.stack import Stack

if TYPE_CHECKING:
    from cryptography import x509

FETCH = "openedx-infra certificates aws"
"""The command that fetches the certificates of RDS' authorities."""


@dataclass(frozen=True, kw_only=True)
class CertificateFile:
    """A file of certificates that a stack names."""

    store: str
    """The datastore that it is for, or `authorities`, which all connections trust."""
    name: str
    """What it is called in pods: `mysql-ca.pem`, `mysql-client.pem`."""
    location: Location
    """Where the stack file names it."""
    path: str
    """Where it is, as the stack file says it."""
    of_aws: bool = False
    """Whether it holds the authorities of Amazon RDS."""

    @property
    def key(self) -> str:
        """The key that names it."""
        return key_of(self.location)

    @property
    def authorities(self) -> bool:
        """Whether it says whom to trust, rather than who we are."""
        return self.name.endswith("-ca.pem")

    def text(self) -> str:
        """Its certificates and nothing else, in PEM form.

        Raises CertificateError with what is wrong with it.
        """
        from cryptography.hazmat.primitives.serialization import Encoding

        certificates = _certificates(self)
        now = datetime.now(UTC)
        expired = [one for one in certificates if one.not_valid_after_utc <= now]
        # Of several authorities one may be old; of a client's chain every one counts.
        if len(expired) == len(certificates) or (expired and not self.authorities):
            day = max(one.not_valid_after_utc for one in expired).date()
            raise CertificateError(f"{self.path} expired on {day}: {self._remedy('get a new one')}")
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)

    def _remedy(self, otherwise: str) -> str:
        return f"`{FETCH}` fetches it" if self.of_aws else otherwise


class CertificateError(ValueError):
    """A file of certificates can't be used. It says why, and what to do."""


def named(stack: Stack) -> tuple[CertificateFile, ...]:
    """All files of certificates that a stack names."""
    return tuple(_named(stack))


def client_keys(stack: Stack) -> dict[str, str]:
    """The keys of client certificates: what each file is called in pods, and the secret that holds it."""
    return {
        f"{store}-client.key": client_key(store)
        for store, tls in stack.datastores.encryption.items()
        if tls.client_certificate
    }


def problems(stack: Stack) -> list[str]:
    """One line for each file that can't be used."""
    faults = []
    for file in named(stack):
        try:
            file.text()
        except CertificateError as error:
            faults.append(f"{file.key}: {error}")
    return faults


def _named(stack: Stack) -> Iterator[CertificateFile]:
    datastores = stack.datastores
    place: Location
    for store, tls in datastores.encryption.items():
        paths = {"ca": tls.ca, "client_certificate": tls.client_certificate}
        for field, suffix in (("ca", "ca"), ("client_certificate", "client")):
            if path := paths[field]:
                place = ("datastores", store, "tls", field)
                yield CertificateFile(store=store, name=f"{store}-{suffix}.pem", location=place, path=path)
    for number, (name, path) in enumerate(stack.network.authority_files.items()):
        place = ("network", "authorities", number)
        yield CertificateFile(store=AUTHORITIES, name=name, location=place, path=path)
    for store in ("mysql", "mongodb"):
        section = getattr(datastores, store)
        if isinstance(section, ProvenByAws):
            place = ("datastores", store, "ca")
            name = f"{store}-ca.pem"
            yield CertificateFile(store=store, name=name, location=place, path=section.ca, of_aws=True)


def _certificates(file: CertificateFile) -> list[x509.Certificate]:
    from cryptography import x509

    path = checkout_files.PROJECT_FOLDER / file.path
    if not path.is_file():
        raise CertificateError(
            f"there is no file {file.path}: {file._remedy('make it, or correct its path')}"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{file.path} can't be read ({error.strerror}): make it readable") from error
    if b"PRIVATE KEY-----" in data:
        rule = "and pods would show it to everybody: leave the certificates alone in it"
        whose = "" if file.authorities else f", and put the key into openedx:secrets.{client_key(file.store)}"
        raise CertificateError(f"{file.path} holds a private key, {rule}{whose}")
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        remedy = file._remedy('write it in PEM form, which begins with "-----BEGIN CERTIFICATE-----"')
        raise CertificateError(f"{file.path} holds no certificates: {remedy}") from None
