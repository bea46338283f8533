"""How do databases and search get their users and keys?

One Job each, side by side, each after its own server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi
from pulumi_kubernetes.batch.v1 import Job

from openedx_infra import scripts
from openedx_infra.components import mongodb, mysql, process
from openedx_infra.components.datastores import Datastores
from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.pod import Container, FixedSize, Pod
from openedx_infra.settings import keys, paths

SCRIPTS = "/openedx/scripts"
"""Folder of a Job's own scripts."""
MINUTES = 10
"""Patience with a Job that takes seconds once its image is there."""
SIZE = FixedSize(cpu="50m", memory="256Mi", memory_limit="512Mi")
"""A database's shell: mongosh, the largest, takes some 200 MB (a guess)."""


@dataclass(frozen=True, kw_only=True)
class Provisioning:
    """The Jobs that set up what the platform's accounts in the datastores may do."""

    instance: Instance
    datastores: Datastores
    parent: pulumi.Resource

    def mysql(self) -> Job:
        """The platform's database in MySQL, and its user."""
        said, at = self.instance.stack.datastores.mysql, self.instance.endpoints.mysql
        return self._run(
            "mysql-provision",
            ["bash", f"{SCRIPTS}/mysql_provision.sh"],
            image="mysql",
            user=mysql.USER,
            env={
                "MYSQL_HOST": at.host,
                "MYSQL_PORT": str(at.port),
                "DATABASE": said.database,
                "DATABASE_USER": said.user,
            },
            secrets=["mysql_root_password", "mysql_root_password_previous", "mysql_password"],
            after=self.datastores.mysql,
        )

    def mongodb(self) -> Job:
        """The platform's user in MongoDB, which makes databases when something is written to them."""
        said, at = self.instance.stack.datastores.mongodb, self.instance.endpoints.mongodb
        return self._run(
            "mongodb-provision",
            ["mongosh", "--nodb", "--quiet", "--file", f"{SCRIPTS}/mongodb_provision.js"],
            image="mongodb",
            user=mongodb.USER,
            env={
                "MONGODB_HOST": at.host,
                "MONGODB_PORT": str(at.port),
                "DATABASE": said.database,
                "DATABASE_USER": said.user,
            },
            secrets=["mongodb_root_password", "mongodb_root_password_previous", "mongodb_password"],
            after=self.datastores.mongodb,
        )

    def search(self) -> Job:
        """The key by which the platform searches and indexes."""
        at = self.instance.endpoints.search
        return self._run(
            "search-provision",
            ["python", f"{SCRIPTS}/search_provision.py"],
            image="openedx",
            user=process.USER,
            env={
                "MEILISEARCH_URL": f"http://{at.host}:{at.port}",
                "INDEX_PREFIX": keys.index_prefix(self.instance.stack),
                "KEY_UID": keys.SEARCH_KEY_UID,
            },
            secrets=["meilisearch_master_key"],
            after=self.datastores.search,
        )

    def _run(
        self,
        name: str,
        command: Sequence[str],
        *,
        image: str,
        user: int,
        env: Mapping[str, str],
        secrets: Sequence[str],
        after: pulumi.Resource,
    ) -> Job:
        scope, own = self.instance.scope, pulumi.ResourceOptions(parent=self.parent)
        script = PurePosixPath(command[-1]).name
        source = files.plain(f"{name}-script", scope, {script: scripts.text(script)}, own)
        # Of the previous passwords there is one only while a rotation is under way.
        values = {
            secret: self.instance.secrets[secret] for secret in secrets if secret in self.instance.secrets
        }
        secret = files.secret(f"{name}-secrets", scope, values, own)
        container = Container(
            image=self.instance.image(image),
            size=SIZE,
            command=command,
            env={**env, "HOME": "/tmp"},
            mounts=[
                volumes.mounted("scripts", SCRIPTS, [source]),
                volumes.mounted("secrets", paths.SECRETS_DIR, [secret]),
                volumes.scratch("tmp", "/tmp", "64Mi"),
            ],
        )
        pod = Pod(component=name, container=container, user=user, restart="Never")
        opts = pulumi.ResourceOptions(parent=self.parent, depends_on=[after])
        return job(name, scope, pod, opts, deadline_minutes=MINUTES)
