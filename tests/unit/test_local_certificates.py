"""Certificates of this machine's authority: for names of this machine, by a key that nobody else reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import verification
from lightkube.resources.core_v1 import Secret
from rich.console import Console

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.operations.development import certificates
from openedx_infra.operations.errors import OperationError

HOSTS = ["local.openedx.io", "studio.local.openedx.io"]


def stack(**site: Any) -> Stack:
    section = {"certificates": "local", "ports": {"https": 8443}}
    site = {"lms_host": "local.openedx.io", **site}
    return load("dev", {"site": site, "datastores": {"protect": False}, "development": section})


def verified(certificate: str, by: certificates.Authority, host: str) -> None:
    """Verify as a browser does. Raises VerificationError."""
    store = verification.Store([by.certificate])
    verifier = verification.PolicyBuilder().store(store).build_server_verifier(x509.DNSName(host))
    verifier.verify(x509.load_pem_x509_certificate(certificate.encode()), [])


def test_a_certificate_is_of_the_authority_and_for_its_hosts_alone(tmp_path: Path) -> None:
    by = certificates.authority(tmp_path / "a")
    certificate, key = certificates.issue(HOSTS, by)
    verified(certificate, by, HOSTS[1])
    with pytest.raises(verification.VerificationError):
        verified(certificate, by, "apps.local.openedx.io")
    public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    assert load_pem_private_key(key.encode(), None).public_key() == public


def test_the_authority_can_t_vouch_for_public_names(tmp_path: Path) -> None:
    by = certificates.authority(tmp_path / "a")
    certificate, _ = certificates.issue(["learn.example.org"], by)
    with pytest.raises(verification.VerificationError):
        verified(certificate, by, "learn.example.org")


def test_it_is_made_once_and_its_key_is_the_owner_s(tmp_path: Path) -> None:
    first = certificates.authority(tmp_path / "a")
    assert certificates.authority(tmp_path / "a").certificate == first.certificate
    assert (tmp_path / "a" / "authority.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "a" / "authority.key").write_text("damaged")
    with pytest.raises(OperationError, match="can't be used"):
        certificates.authority(tmp_path / "a")


class Cluster:
    """A client that keeps what is applied."""

    def __init__(self) -> None:
        self.applied: list[Secret] = []

    def apply(self, secret: Secret, **_options: object) -> None:
        self.applied.append(secret)


def test_the_ingress_finds_it_in_the_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    cluster: Any = Cluster()
    console = Console(record=True, quiet=True)
    certificates.put(cluster, stack(), console)
    [secret] = cluster.applied
    assert secret.type == "kubernetes.io/tls"
    site = stack().site
    assert site.tls.source == "secret" and secret.metadata.name == site.tls.secret
    by = certificates.authority(tmp_path / "openedx-infra" / "authority")
    for host in ("local.openedx.io", "apps.local.openedx.io", "meilisearch.local.openedx.io"):
        verified(secret.stringData["tls.crt"], by, host)


def test_an_instance_with_them_is_at_https() -> None:
    cluster: Any = Cluster()
    assert stack().site.lms_url == "https://local.openedx.io:8443"
    with pytest.raises(ConfigError, match="sets TLS itself"):
        stack(tls={"source": "upstream"})
    plain = {"site": {"lms_host": "local.openedx.io"}, "datastores": {"protect": False}, "development": {}}
    with pytest.raises(OperationError, match="no certificates of this machine"):
        certificates.put(cluster, load("dev", plain), Console(quiet=True))
