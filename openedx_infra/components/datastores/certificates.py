"""CA certificates and client certificates, as files in pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.config import Stack
from openedx_infra.config.rules.certificates import client_keys, named
from openedx_infra.config.sections.network import AUTHORITIES
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths

GO_TRUSTS = {"SSL_CERT_DIR": paths.CERTIFICATES_DIR}
"""Environment by which programs in Go, such as restic and rclone, trust the authorities in a folder beside
those of the system: its bundle is a file, which they go on to read (crypto/x509, root_unix.go)."""


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """The certificates that pods read: of authorities, and of clients with their keys. Perhaps none."""

    plain: Files | None = None
    """Certificates, by names such as `mysql-ca.pem`."""
    keys: Files | None = None
    """Keys of the clients' certificates, by names such as `mysql-client.key`. Each file holds the certificate
    as well: drivers of MongoDB want both in one, and others read the key alone."""

    def mounts(self, *stores: str) -> list[Mount]:
        """The folder of certificates for the datastores of these names; by default, for all."""
        mine = _of(self.plain, stores)
        return [volumes.mounted("certificates", paths.CERTIFICATES_DIR, mine)] if mine else []

    def secrets(self, *stores: str) -> list[Files]:
        """Secret files for the datastores of these names, to be mounted beside others; by default, all."""
        return _of(self.keys, stores)


def certificates(
    stack: Stack, scope: Scope, secrets: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
) -> Certificates:
    """The objects with the certificates that the stack file names, of files that `problems` found right."""
    opts = pulumi.ResourceOptions(parent=parent)
    texts = {file.name: file.text() for file in named(stack)}
    keys = {
        name: _with_certificate(secrets[secret], texts[name.replace(".key", ".pem")])
        for name, secret in client_keys(stack).items()
    }
    plain = files.plain("certificates", scope, texts, opts) if texts else None
    hidden = files.secret("client-keys", scope, keys, opts) if keys else None
    return Certificates(
        plain=plain.only(*texts) if plain else None,
        keys=hidden.only(*keys) if hidden else None,
    )


def authorities(stack: Stack, scope: Scope, name: str, parent: pulumi.Resource) -> Certificates:
    """The authorities that all connections trust, in an object of this name, for another namespace than the
    instance's."""
    texts = {file.name: file.text() for file in named(stack) if file.store == AUTHORITIES}
    if not texts:
        return Certificates()
    plain = files.plain(name, scope, texts, pulumi.ResourceOptions(parent=parent))
    return Certificates(plain=plain.only(*texts))


def _with_certificate(key: pulumi.Input[str], certificate: str) -> pulumi.Output[str]:
    return pulumi.Output.from_input(key).apply(lambda text: f"{text.strip()}\n{certificate}")


def _of(source: Files | None, stores: Sequence[str]) -> list[Files]:
    names = [name for name in (source.keys if source else ()) if not stores or name.split("-")[0] in stores]
    return [source.only(*names)] if source and names else []
