"""Elasticsearch 7 for the services that need it: run beside Course Discovery, or outside."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from openedx_infra.config.checkout_files import FileFault, read_text
from openedx_infra.config.datastores.search import ServerUrl
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.images.sources import FilePath
from openedx_infra.config.types.base import Section
from openedx_infra.config.types.quantities import Disk, memory_bytes
from openedx_infra.services.companion import ConfigFile, Process, Question, Resources, Stack, Volume

DISCOVERY = "discovery"
"""The service that it runs beside."""
PORT = 9200
USER = 1000
"""Numeric user of the image, who owns its folder."""
HOME = "/usr/share/elasticsearch"
"""Folder of the program in its image."""
SETTINGS = "/tmp/config"
"""Folder of its configuration, which it writes to at its first start (the keystore)."""
IMAGE = "docker.io/library/elasticsearch:7.17.29"
"""The last version of Elasticsearch 7. The clients of Course Discovery and Notes are those of 7.13."""
AUTHORITY = "/openedx/certificates/elasticsearch-ca.pem"
"""File of the authorities that a server outside is checked by."""


class ElasticsearchInCluster(Section):
    """Elasticsearch of the instance's own, in one pod. What it holds is made again from databases."""

    source: Literal["in-cluster"] = "in-cluster"
    """The instance runs it."""
    storage: Disk = "2Gi"
    """Size of its volume (a guess; Tutor's is as large)."""
    pod: Resources = Resources(cpu="100m", memory="1Gi", memory_limit="1536Mi")
    """Size of its pod. Half of `memory` is Java's heap, as Elasticsearch's documentation has it: 512 MiB, as
    in Open edX' development environments."""


class ElasticsearchExternal(Section):
    """An Elasticsearch 7 that somebody else runs. Names of the instance's indexes begin with its name."""

    source: Literal["external"]
    """The instance only uses it."""
    url: ServerUrl
    """Its address."""
    username: str | None = Field(None, min_length=1)
    """User name, with the password `discovery_search_password`. None: no login."""
    ca: FilePath | None = None
    """File with the certificates of the authorities that prove an https address, in PEM form. None: those
    that browsers trust."""


Elasticsearch = Annotated[ElasticsearchInCluster | ElasticsearchExternal, Field(discriminator="source")]
"""Where Elasticsearch is."""


def conflicts(search: Elasticsearch) -> Iterator[tuple[Location, str]]:
    """What is impossible in the section."""
    if isinstance(search, ElasticsearchInCluster):
        return
    if search.ca is not None:
        if search.url.startswith("http:"):
            yield ("ca",), "a server of http proves nothing: leave it out, or write https in `url`"
        try:
            text = read_text(search.ca)
        except FileFault as fault:
            yield ("ca",), str(fault)
        else:
            if "-----BEGIN CERTIFICATE-----" not in text:
                yield ("ca",), f"{search.ca} holds no certificate in PEM form: name one that does"
    elif search.username is not None and search.url.startswith("http:"):
        yield ("url",), "a password would go over the network in plain: write https, or leave out `username`"


def address(service: str, search: Elasticsearch) -> str:
    """Its address for pods of the instance; `service` is the one that runs it."""
    return search.url if isinstance(search, ElasticsearchExternal) else f"http://{service}-search:{PORT}"


def connection(service: str, search: Elasticsearch, password: str | None) -> Mapping[str, Any]:
    """ELASTICSEARCH_DSL of django-elasticsearch-dsl: arguments of elasticsearch-py."""
    own: dict[str, Any] = {"hosts": [address(service, search)], "timeout": 30}
    if isinstance(search, ElasticsearchExternal):
        if search.username is not None:
            own["http_auth"] = [search.username, password]
        if search.ca is not None:
            own["ca_certs"] = AUTHORITY
    return {"default": own}


def indexes(search: Elasticsearch, prefix: str, names: Mapping[str, str]) -> Mapping[str, str]:
    """ELASTICSEARCH_INDEX_NAMES: on a server that others may use, names begin with the instance's."""
    # Course Discovery knows its indexes by names of letters, digits and underscores alone.
    own = re.sub(r"[^a-z0-9_]", "_", prefix.lower())
    mark = own if isinstance(search, ElasticsearchExternal) else ""
    return {document: mark + name for document, name in names.items()}


def index_settings(search: Elasticsearch) -> Mapping[str, int]:
    """ELASTICSEARCH_DSL_INDEX_SETTINGS: one pod has no place for a second copy."""
    copies = 1 if isinstance(search, ElasticsearchExternal) else 0
    return {"number_of_shards": 1, "number_of_replicas": copies}


def authority(search: Elasticsearch) -> list[ConfigFile]:
    """The file of the authorities that a server outside is checked by, if it needs one."""
    if isinstance(search, ElasticsearchExternal) and search.ca is not None:
        path = search.ca
        return [ConfigFile(path=AUTHORITY, text=lambda _values: read_text(path))]
    return []


def outside(search: Elasticsearch) -> list[str]:
    """Its address, if it runs elsewhere."""
    return [search.url] if isinstance(search, ElasticsearchExternal) else []


INDEXES = Question(
    name="indexes",
    command=["curl", "-sS", f"http://localhost:{PORT}/_cat/indices?v"],
    process="search",
)
"""Which indexes the server in the cluster has, with their health, documents and size."""


def process(stack: Stack, search: ElasticsearchInCluster, image: str, clients: Sequence[str]) -> Process:
    """The server in the cluster. It needs nothing of a node: without memory-mapped files it asks for no
    kernel setting (`vm.max_map_count`), which would take a privileged container."""
    heap = memory_bytes(search.pod.memory) // 2 // 2**20
    settings = {
        "cluster.name": "openedx",
        "discovery.type": "single-node",
        "network.host": stack.cluster.any_address.strip("[]"),
        "node.store.allow_mmap": "false",
        # Who may connect is up to network policies.
        "xpack.security.enabled": "false",
        # It would start processes of its own, and ask a server in the Internet.
        "xpack.ml.enabled": "false",
        "ingest.geoip.downloader.enabled": "false",
    }
    program = [f"{HOME}/bin/elasticsearch", *(f"-E{name}={value}" for name, value in settings.items())]
    return Process(
        name="search",
        command=[
            "sh",
            "-ec",
            f"mkdir -p {SETTINGS}\ncp -r {HOME}/config/. {SETTINGS}\nexec {shlex.join(program)}",
        ],
        image=image,
        size=search.pod,
        port=PORT,
        health="/",
        before_jobs=True,
        volume=Volume(path=f"{HOME}/data", size=search.storage),
        user=USER,
        clients=clients,
        scratch={"/tmp": "256Mi", f"{HOME}/logs": "64Mi"},
        env={
            "ES_PATH_CONF": SETTINGS,
            "ES_TMPDIR": "/tmp",
            # Its own file of options writes up to 2 GiB of logs on garbage collection, and heap dumps beside
            # the data.
            "ES_JAVA_OPTS": f"-Xms{heap}m -Xmx{heap}m -XX:-HeapDumpOnOutOfMemoryError "
            "-Xlog:disable -Xlog:all=warning:stderr:utctime,level,tags",
        },
        grace_seconds=60,
    )
