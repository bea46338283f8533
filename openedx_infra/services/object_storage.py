"""S3 server in the cluster: Versity Gateway over a folder of one volume (ADR 0014)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import get_args

from openedx_infra.config import Stack
from openedx_infra.config.datastores.storage import StorageInCluster, bucket_prefix
from openedx_infra.config.services.registry import public_buckets
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import probes
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.services.service import DatastoreService, DataVolume, File, PublicPaths
from openedx_infra.settings.connections import Buckets, Purpose

PORT = 7070
USER = 10_001
"""Any user will do: the image names none."""
REGION = "us-east-1"
"""What requests are signed for: the server's own default."""
ADMINISTRATOR = "administrator"
"""Account that makes buckets and says who reaches them."""
DATA = "/data"
USERS = "/etc/versitygw"
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


def service(stack: Stack, storage: StorageInCluster) -> DatastoreService[Buckets]:
    """An S3 server, whose buckets visitors reach: neither a list of them nor its health.

    It answers on /health once it has opened its folder, tried that it keeps attributes of files, and read who
    may log in. The buckets are made by a Job (`components/initialization/provisioning.py`).
    """
    size, names = stack.sizing.storage, bucket_names(stack)
    memory = memory_bytes(size.memory_ceiling)
    users = File(
        object="storage-users",
        volume="users",
        folder=USERS,
        name="users.json",
        text=users_file,
        secrets=["s3_root_secret_key", "s3_access_key", "s3_secret_key"],
    )
    return DatastoreService(
        name="storage",
        software="versitygw",
        image=stack.image("versitygw"),
        size=size,
        stateful=True,
        command=command(uploads=max(8, memory // UPLOAD_MEMORY)),
        # Go gives memory back before the limit is reached.
        env={"GOMEMLIMIT": str(memory * 4 // 5)},
        port=PORT,
        probes=Probes(
            startup=probes.http("/health", PORT, every=5, failures=60),
            readiness=probes.http("/health", PORT),
            liveness=probes.tcp(PORT, every=20, failures=6),
        ),
        grace_seconds=60,
        user=USER,
        folders=[DataVolume(path=DATA, size=storage.storage), users],
        public=PublicPaths(
            domain=storage.files_host or f"files.{stack.site.lms_host}",
            paths=[f"/{name}" for name in (*names.values(), *public_buckets(stack))],
            body_limit=memory_bytes(stack.ingress.bodies.files),
        ),
        connection=Buckets(
            names=names,
            region=REGION,
            endpoint=f"http://storage:{PORT}",
            public_endpoint=stack.files_url,
        ),
        administrator=ADMINISTRATOR,
        administrator_secret="s3_root_secret_key",
    )


def bucket_names(stack: Stack) -> Mapping[Purpose, str]:
    """The instance's buckets, by what they are for: the stack's name as S3 allows it, and the purpose."""
    prefix = bucket_prefix(stack.name)
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
