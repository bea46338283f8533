"""How does the instance run an S3 server itself? Versity Gateway over a folder of one volume (ADR 0014)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import get_args

import pulumi

from openedx_infra.components.datastores.store import Administrator, FileStore, Reach
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.datastores.storage import StorageInCluster
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Purpose

SOFTWARE = "versitygw"
PORT = 7070
USER = 10_001
"""Any user will do: the image names none."""
REGION = "us-east-1"
"""What requests are signed for: the server's own default."""
ADMINISTRATOR = "administrator"
"""Account that makes buckets and says who reaches them."""
DATA = "/data"
USERS = "/etc/versitygw"
PREFIX_LENGTH = 48
"""Longest beginning of a bucket's name: 63 characters are S3's limit for all of it."""
UPLOAD_MEMORY = 8 * 2**20
"""Bytes of memory that allow one more file under way. It needs a buffer of 1 MiB: 64 uploads of 20 MB at a
time took 77 MB in all (we measured 1.8.0 on two cores)."""

# The server wants a root whose keys stand in its environment. This one is made up at each start and known to
# nobody: whoever may log in stands in a file. The folder for buckets is none that a file system makes itself,
# such as lost+found, which would be taken for a bucket.
_START = """\
mkdir -p "$1"
key() { head -c 32 /dev/urandom | sha256sum | cut -c 1-64; }
ROOT_ACCESS_KEY_ID=$(key)
ROOT_SECRET_ACCESS_KEY=$(key)
export ROOT_ACCESS_KEY_ID ROOT_SECRET_ACCESS_KEY
shift
exec "$0" "$@"
"""


def object_storage(instance: Instance, said: StorageInCluster, parent: pulumi.Resource) -> FileStore:
    """A server with a volume of its own.

    It answers on /health once it has opened its folder, tried that it keeps attributes of files, and read who
    may log in. The buckets are made by a Job (`components/initialization/provisioning.py`).
    """
    stack, scope = instance.stack, instance.scope
    opts = pulumi.ResourceOptions(parent=parent)
    claim = volumes.claim(
        "storage", scope, said.storage, instance.data(parent), storage_class=stack.cluster.storage_class
    )
    users = files.secret("storage-users", scope, {"users.json": _users(instance)}, opts)
    memory = memory_bytes(stack.sizing.storage.memory_ceiling)
    container = Container(
        image=instance.image("versitygw"),
        size=stack.sizing.storage,
        command=command(uploads=max(8, memory // UPLOAD_MEMORY)),
        # Go gives memory back before the limit is reached.
        env={"GOMEMLIMIT": str(memory * 4 // 5)},
        port=PORT,
        probes=Probes(
            startup=probes.http("/health", PORT, every=5, failures=60),
            readiness=probes.http("/health", PORT),
            liveness=probes.tcp(PORT, every=20, failures=6),
        ),
        mounts=[volumes.claimed("data", DATA, claim), volumes.mounted("users", USERS, [users])],
    )
    pod = Pod(component="storage", software=SOFTWARE, container=container, user=USER, grace_seconds=60)
    server = workload.stateful_set("storage", scope, pod, opts)
    return FileStore(
        connection=connections.Buckets(
            names=bucket_names(stack),
            region=REGION,
            endpoint=f"http://storage:{PORT}",
            public_endpoint=stack.files_url,
        ),
        reach=Reach.software(SOFTWARE, PORT),
        ready=[server],
        administrator=Administrator(user=ADMINISTRATOR, password=instance.secrets["s3_root_secret_key"]),
        foreign=False,
    )


def bucket_names(stack: Stack) -> Mapping[Purpose, str]:
    """The instance's buckets, by what they are for: the stack's name as S3 allows it, and the purpose."""
    prefix = re.sub(r"[^a-z0-9]+", "-", stack.name.lower())[:PREFIX_LENGTH].strip("-") or "openedx"
    return {purpose: f"{prefix}-{purpose}" for purpose in get_args(Purpose)}


def command(*, uploads: int, data: str = DATA, users: str = USERS, port: int = PORT) -> list[str]:
    """What the container runs: at most `uploads` files are read or written at a time, others wait.

    The admin API listens in the pod alone. ACLs are off: policies of buckets say all about who reads what.
    """
    return [
        *("sh", "-ec", _START, "versitygw", f"{data}/buckets"),
        *("--port", f":{port}", "--admin-port", f"127.0.0.1:{port + 1}"),
        *("--region", REGION, "--health", "/health", "--iam-dir", users, "--disable-acl"),
        *("--max-connections", "1024", "--max-requests", "512"),
        *("posix", "--concurrency", str(uploads), f"{data}/buckets"),
    ]


def users_file(root_secret: str, access: str, secret: str) -> str:
    """Who may log in, as the server reads it: the administrator, and the platform, which owns nothing."""
    accounts = [(ADMINISTRATOR, root_secret, "admin"), (access, secret, "user")]
    return json.dumps(
        {
            "accessAccounts": {
                name: {"access": name, "secret": key, "role": role} for name, key, role in accounts
            }
        }
    )


def _users(instance: Instance) -> pulumi.Output[str]:
    names = ("s3_root_secret_key", "s3_access_key", "s3_secret_key")
    return pulumi.Output.all(*(instance.secrets[name] for name in names)).apply(
        lambda known: users_file(*known)
    )
