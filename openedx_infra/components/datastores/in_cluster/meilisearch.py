"""How does the instance run Meilisearch itself?"""

from __future__ import annotations

import json

import pulumi

from openedx_infra.components.datastores.store import Administrator, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

SOFTWARE = "meilisearch"
PORT = 7700
USER = 1000
"""Any user will do: the image names none."""
DATA = "/meili_data"
CONFIG = "/etc/meilisearch"


def meilisearch(
    instance: Instance, said: SearchInCluster, parent: pulumi.Resource
) -> Store[connections.Search]:
    """A search server with a volume of its own. Its master key comes by a file, which no `env` shows."""
    scope, opts = instance.scope, pulumi.ResourceOptions(parent=parent)
    stack = instance.stack
    claim = volumes.claim(
        "meilisearch",
        scope,
        said.storage,
        instance.data(parent),
        storage_class=stack.cluster.storage_class,
    )
    config = files.secret("meilisearch-config", scope, {"config.toml": _config(instance)}, opts)
    container = Container(
        image=instance.image("meilisearch"),
        size=stack.sizing.search,
        args=["/bin/meilisearch", "--config-file-path", f"{CONFIG}/config.toml"],
        port=PORT,
        probes=Probes(
            startup=probes.http("/health", PORT, every=5, failures=180),
            readiness=probes.http("/health", PORT),
            liveness=probes.tcp(PORT, every=20, failures=6),
        ),
        mounts=[
            volumes.claimed("data", DATA, claim),
            volumes.mounted("config", CONFIG, [config]),
            volumes.scratch("tmp", "/tmp", "1Gi"),
        ],
        working_dir=DATA,
        disk_limit="2Gi",
    )
    pod = Pod(component="meilisearch", container=container, user=USER, grace_seconds=60)
    server = workload.stateful_set("meilisearch", scope, pod, opts)
    return Store(
        connection=connections.Search(
            engine="meilisearch",
            at=Endpoint(host="meilisearch", port=PORT),
            public_url=stack.site.search_url,
            derived_key=True,
        ),
        reach=Reach.software("meilisearch", PORT),
        ready=[server],
        administrator=Administrator(user="", password=instance.secrets["meilisearch_master_key"]),
        foreign=False,
    )


def _config(instance: Instance) -> pulumi.Output[str]:
    memory = memory_bytes(instance.stack.sizing.search.memory_ceiling)
    lines = [
        'env = "production"',
        f'http_addr = "0.0.0.0:{PORT}"',
        f'db_path = "{DATA}/data.ms"',
        f'dump_dir = "{DATA}/dumps"',
        f'snapshot_dir = "{DATA}/snapshots"',
        "no_analytics = true",
        # Its own choice is two thirds of the node's memory, whatever the limit of the pod.
        f'max_indexing_memory = "{memory // 2 // 2**20} MiB"',
    ]
    key = pulumi.Output.from_input(instance.secrets["meilisearch_master_key"])
    # TOML reads quoted words as JSON does.
    return key.apply(
        lambda known: "\n".join([*lines, f"master_key = {json.dumps(known, ensure_ascii=False)}", ""])
    )
