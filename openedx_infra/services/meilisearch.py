"""Meilisearch: the search engine of courseware, forum and Studio."""

from __future__ import annotations

import json

from openedx_infra.config import Stack
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import probes, volumes
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.services.service import DatastoreService, DataVolume, File, PublicPaths
from openedx_infra.settings.connections import Endpoint, Search

PORT = 7700
USER = 1000
"""Any user will do: the image names none."""
DATA = "/meili_data"
CONFIG = "/etc/meilisearch"
PUBLIC_PATHS = ("/multi-search", "/indexes", "/health")
"""What Studio's pages ask for, with keys limited to one user.

Keys, dumps, tasks and statistics stay inside: a leaked key must not become the key to everything.
"""


def service(stack: Stack, search: SearchInCluster) -> DatastoreService[Search]:
    """A search server. Its master key comes by a file, which no `env` shows."""
    size = stack.sizing.search
    memory = memory_bytes(size.memory_ceiling)

    def config(master_key: str) -> str:
        lines = [
            'env = "production"',
            f'http_addr = "0.0.0.0:{PORT}"',
            f'db_path = "{DATA}/data.ms"',
            f'dump_dir = "{DATA}/dumps"',
            f'snapshot_dir = "{DATA}/snapshots"',
            "no_analytics = true",
            # Its own choice is two thirds of the node's memory, whatever the limit of the pod.
            f'max_indexing_memory = "{memory // 2 // 2**20} MiB"',
            # TOML reads quoted words as JSON does.
            f"master_key = {json.dumps(master_key, ensure_ascii=False)}",
        ]
        return "\n".join([*lines, ""])

    return DatastoreService(
        name="meilisearch",
        image=stack.image("meilisearch"),
        size=size,
        stateful=True,
        args=["/bin/meilisearch", "--config-file-path", f"{CONFIG}/config.toml"],
        working_dir=DATA,
        port=PORT,
        probes=Probes(
            startup=probes.http("/health", PORT, every=5, failures=180),
            readiness=probes.http("/health", PORT),
            liveness=probes.tcp(PORT, every=20, failures=6),
        ),
        grace_seconds=60,
        user=USER,
        folders=[
            DataVolume(path=DATA, size=search.storage),
            File(
                object="meilisearch-config",
                volume="config",
                folder=CONFIG,
                name="config.toml",
                text=config,
                secrets=["meilisearch_master_key"],
            ),
            volumes.scratch("tmp", "/tmp", "1Gi"),
        ],
        disk_limit="2Gi",
        public=PublicPaths(
            domain=stack.site.search_host,
            paths=PUBLIC_PATHS,
            body_limit=memory_bytes(stack.ingress.bodies.search),
        ),
        connection=Search(
            engine="meilisearch",
            endpoint=Endpoint(host="meilisearch", port=PORT),
            public_url=stack.site.search_url,
            derived_key=True,
        ),
        administrator="",
        administrator_secret="meilisearch_master_key",
    )
