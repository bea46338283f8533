"""What do several datastores have in common? Names, encrypted connections, and choices of AWS."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.base import Count, Section
from openedx_infra.config.patterns import Pattern
from openedx_infra.config.sources import FilePath

DatabaseName = Annotated[
    str,
    Pattern(
        "database or user name",
        r"[A-Za-z][A-Za-z0-9_]{0,31}",
        "at most 32 letters, digits and underscores, with a letter first",
        "openedx",
    ),
]
"""A name for a database or its user: at most 32 characters, which is MySQL's limit for users."""

Days = Annotated[int, Field(strict=True, ge=1, le=35)]
"""Days for which AWS keeps backups: 35 is its limit."""

Gigabytes = Annotated[Count, Field(ge=20, le=65_536)]
"""A disk in GiB, as AWS counts them."""


class Tls(Section):
    """How connections to a server outside are encrypted, and how it proves who it is.

    A client certificate's key is a secret, `<datastore>_client_key`.
    """

    verify: Literal["full", "ca", "none"] = "full"
    """`full`: its certificate is by a trusted authority and names its host. `ca`: any name will do. `none`:
    encrypted, but it may be anybody."""
    ca: FilePath | None = None
    """File with the certificates of the authorities to trust, in PEM form. None: those that browsers
    trust."""
    client_certificate: FilePath | None = None
    """File with the certificate by which the instance proves who it is, in PEM form. None: it has none."""


AWS_AUTHORITIES = "certificates/aws-rds.pem"
"""File that `openedx-infra certificates aws` writes, from the folder of Pulumi.yaml."""


class ProvenByAws(Section):
    """How a server of RDS, Aurora or DocumentDB proves who it is."""

    ca: FilePath = AWS_AUTHORITIES
    """File with the certificates of RDS' authorities, which `openedx-infra certificates aws` fetches."""
