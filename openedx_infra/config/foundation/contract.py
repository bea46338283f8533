"""What does a foundation stack promise to the instances that are built on it? Its output, as a model.

The foundation exports it (`CONTRACT_OUTPUT`), an instance reads it by a stack reference and checks it against
this model (`agreement.py`). Passwords travel apart, in a secret output (`CONTRACT_SECRETS_OUTPUT`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from openedx_infra.config.sections.aws import AwsRegion, Irsa, KeyArn, Network, PodIdentity
from openedx_infra.config.types.base import Port, Section

CONTRACT_OUTPUT = "contract"
"""Name of the foundation's output that holds the contract."""
CONTRACT_SECRETS_OUTPUT = "contract_secrets"
"""Name of its secret output: passwords by the names that the stack's own secrets would have."""
VERSION = 1
"""Version of the contract that this program writes, and the only one that it reads."""


class Promise(Section):
    """A part of the contract.

    What it says beside what this program knows is let pass: a newer foundation may promise more. Whatever
    takes away or changes a promise is a new version.
    """

    model_config = ConfigDict(extra="ignore")


class SharedServer(Promise):
    """A server that instances share."""

    host: str = Field(min_length=1)
    """Its address."""
    port: Port
    """Its port, which is the usual one (`PORTS`): network policies of instances know no other."""
    reader: str | None = Field(None, min_length=1)
    """Address of a copy that answers what only reads. None: there is none."""
    administrator: str | None = None
    """Who makes databases and users on it. None: it has no users."""


class Contract(Promise):
    """What instances may rely on."""

    version: Literal[1] = 1
    """Version of this model. An instance refuses a contract of another one."""
    region: AwsRegion | None = None
    """Region of what is on AWS. None: nothing is."""
    network: Network | None = None
    """Network for databases of instances."""
    identity: Annotated[PodIdentity | Irsa, Field(discriminator="source")] | None = None
    """How pods get roles of AWS."""
    kms_key: KeyArn | None = None
    """Key that encrypts what instances make."""
    mysql: SharedServer | None = None
    """MySQL 8.4. Secret: `mysql_root_password`."""
    mongodb: SharedServer | None = None
    """DocumentDB. Secret: `mongodb_root_password`."""
    broker: SharedServer | None = None
    """Valkey that never evicts. Secret: `broker_password`."""
    cache: SharedServer | None = None
    """Valkey that evicts. Secret: `cache_password`."""
    search: SharedServer | None = None
    """OpenSearch. Secret: `search_password`."""


PASSWORDS = {
    "mysql": "mysql_root_password",
    "mongodb": "mongodb_root_password",
    "broker": "broker_password",
    "cache": "cache_password",
    "search": "search_password",
}
"""The secret of each shared server: its administrator's password, or its only one."""
PORTS = {"mysql": 3306, "mongodb": 27017, "broker": 6379, "cache": 6379, "search": 443}
"""The port of each shared server, as AWS' services have them."""
