"""The contract: the output that a foundation exports for its instances, as a model.

The foundation exports it (`CONTRACT_OUTPUT`), an instance reads it by a stack reference and checks it against
this model (`rules/foundation_contract.py`). Passwords are in a secret output (`CONTRACT_SECRETS_OUTPUT`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from openedx_infra.config.sections.aws import Irsa, KeyArn, Network, PodIdentity
from openedx_infra.config.types.aws_regions import AwsRegion
from openedx_infra.config.types.base import Port, Section

CONTRACT_OUTPUT = "contract"
"""Name of the foundation's output that holds the contract."""
CONTRACT_SECRETS_OUTPUT = "contract_secrets"
"""Name of its secret output: passwords by the names that the stack's own secrets would have."""
VERSION = 1
"""Version of the contract that this program writes, and the only one that it reads."""


class Promise(Section):
    """A part of the contract.

    Keys that this program doesn't know are ignored: a newer foundation may provide more. Removing or changing
    a key makes a new version.
    """

    model_config = ConfigDict(extra="ignore")


class SharedServer(Promise):
    """A server that instances share."""

    host: str = Field(min_length=1)
    """Its address."""
    port: Port
    """Its port, which is the usual one (`PORTS`): network policies of instances know no other."""
    reader: str | None = Field(None, min_length=1)
    """Address of a read replica. None: there is none."""
    administrator: str | None = None
    """User that creates databases and users on it. None: it has no users."""


class Contract(Promise):
    """What instances can use."""

    version: Literal[1] = 1
    """Version of this model. An instance refuses a contract of another one."""
    region: AwsRegion | None = None
    """Region of its resources on AWS. None: it has none."""
    network: Network | None = None
    """Network for databases of instances."""
    identity: Annotated[PodIdentity | Irsa, Field(discriminator="source")] | None = None
    """How pods get roles of AWS."""
    kms_key: KeyArn | None = None
    """Key that encrypts the resources of instances."""
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
