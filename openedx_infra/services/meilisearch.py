"""Meilisearch: the search engine of courseware, forum and Studio.

It opens only a database that its own version wrote. All that is in it can be made again from MySQL and
MongoDB, so each version has a folder of its own, which set-up fills.
"""

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

# A patch release opens what its predecessors wrote, but not the other way round: the folder is named by the
# whole version, which the program tells itself, as an image may be named by a digest. `data.ms` beside these
# folders is from before there were any. A folder that another version wrote after is out of date.
_START = """\
data=$1
shift
version=$("$1" --version | sed -n 's/^meilisearch \\([0-9][0-9A-Za-z.+-]*\\).*/\\1/p')
if [ -z "$version" ]; then
    echo "start: failed: $1 --version tells no version"
    exit 1
fi
own=$data/v$version
former=$(cat "$data/data.ms/VERSION" 2> /dev/null || true)
case $former in
[0-9]*.[0-9]*.[0-9]*)
    if [ ! -e "$data/v$former" ]; then
        mkdir "$data/v$former"
        mv "$data/data.ms" "$data/v$former/data.ms"
        echo "start: the indexes of Meilisearch $former are now in v$former"
    fi
    ;;
esac
last=$(cat "$data/last" 2> /dev/null || true)
if [ -n "$last" ] && [ "$last" != "v$version" ] && [ -e "$data/$last/data.ms/VERSION" ] && [ -e "$own" ]; then
    echo "start: the indexes in v$version are older than those in $last: they are made anew"
    rm -rf "$own"
fi
if [ "$last" = "v$version" ] && [ -e "$own/data.ms/VERSION" ]; then
    for folder in "$data"/v[0-9]* "$data/data.ms"; do
        if [ -d "$folder" ] && [ "$folder" != "$own" ]; then
            echo "start: $folder is no longer needed"
            rm -rf "$folder"
        fi
    done
fi
mkdir -p "$own"
echo "v$version" > "$data/last"
exec "$@" --db-path "$own/data.ms"
"""
"""Runs the server that its arguments name on the folder of its version. The folder that was used before
stays until this version starts for the second time, by when it is filled: if the first start fails, going
back finds it as it was."""


def command(server: str, *arguments: str, data: str = DATA) -> list[str]:
    """Runs a server on the volume at `data`."""
    return ["sh", "-ec", _START, "sh", data, server, *arguments]


def service(stack: Stack, search: SearchInCluster) -> DatastoreService[Search]:
    """A search server. Its master key comes by a file, which no `env` shows."""
    size = stack.sizing.search
    memory = memory_bytes(size.memory_ceiling)

    def config(master_key: str) -> str:
        lines = [
            'env = "production"',
            f'http_addr = "{stack.cluster.any_address}:{PORT}"',
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
        args=command("/bin/meilisearch", "--config-file-path", f"{CONFIG}/config.toml"),
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
            version=stack.image("meilisearch"),
        ),
        administrator="",
        administrator_secret="meilisearch_master_key",
    )
