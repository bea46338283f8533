"""Types that several datastores have in common: names, encryption, and choices of AWS."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from openedx_infra.config.images.sources import FilePath
from openedx_infra.config.types.base import IMMUTABLE, Count, KubernetesName, Section
from openedx_infra.config.types.patterns import Pattern

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

DATABASE = "openedx"
"""Name of the platform's database, and of its user, on a server of one instance."""
LONGEST = 32
"""Characters of such a name."""


def own_name(stack: str) -> str:
    """Name of the database of a stack, and of its user, on a server that others use, too: no two stacks have
    the same."""
    plain = re.sub(r"[^a-z0-9]", "_", stack.lower())
    name = f"{DATABASE}_{plain}"
    if plain == stack.replace("-", "_") and "_" not in stack and len(name) <= LONGEST:
        return name
    return cut_short(name, stack)


def cut_short(name: str, whole: str) -> str:
    """The beginning of a name that is too long for MySQL, with digits by which names of other things differ:
    they are made of `whole`."""
    digits = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{digits}"


OWN_NAME = Field(
    default_factory=lambda: DATABASE, json_schema_extra={**IMMUTABLE, "default_text": f"{DATABASE}_<stack>"}
)
"""Field for a name in a section that is `OfItsOwn`."""


class OfItsOwn(Section):
    """A database on a server that others use, too. By the names that all instances have on servers of their
    own, two instances would share one database and set each other's password."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, section: Any, info: ValidationInfo) -> Any:
        """Fill in names that follow the stack's, which the validation context tells."""
        if not isinstance(section, Mapping) or info.context is None:
            return section
        name = own_name(info.context["stack"])
        return {"database": name, "user": name, **section}


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


class RunByOperator(Section):
    """A server that an operator of the cluster runs."""

    operator_namespace: KubernetesName = "operators"
    """Namespace of the operator's own pods, which may connect to the servers. Default: where a foundation
    installs it."""


class ProvenByAws(Section):
    """How a server of RDS, Aurora or DocumentDB proves who it is."""

    ca: FilePath = AWS_AUTHORITIES
    """File with the certificates of RDS' authorities, which `openedx-infra certificates aws` fetches."""
