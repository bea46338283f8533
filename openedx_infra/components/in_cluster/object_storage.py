"""How does the instance run an S3 server itself?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.components.store import FileStore
from openedx_infra.config.datastores.storage import StorageInCluster


def object_storage(instance: Instance, said: StorageInCluster, parent: pulumi.Resource) -> FileStore:
    """A server with a volume of its own, and the instance's buckets in it."""
    raise NotImplementedError
