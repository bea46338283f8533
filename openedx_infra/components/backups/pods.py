"""Containers of the pods of backups: each does one step, one after the other, in shared folders.

Each runs in the image that has the program for it, and mounts only the passwords that it needs. The scripts
are in `scripts/backup/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra import scripts
from openedx_infra.components.backups.destination import folder, logins, repository
from openedx_infra.components.backups.parameters import parameters
from openedx_infra.components.backups.service_databases import ServiceDatabase, lines
from openedx_infra.components.backups.uploads import FILES_DIR, Uploads
from openedx_infra.components.datastores.certificates import GO_TRUSTS
from openedx_infra.components.edx_platform.platform_pod import SHARED
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import IMAGE_GROUPS
from openedx_infra.components.web_proxy import backups_use_it, environment
from openedx_infra.config.sections.backups import Backups
from openedx_infra.config.sections.network import AUTHORITIES
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.releases import ImageName
from openedx_infra.settings import paths
from openedx_infra.settings.connections import Buckets, Mongodb, Mysql, Volumes

PACKAGES = "/openedx/scripts"
FOLDER = f"{PACKAGES}/backup"
"""Scripts for shells, and the package `backup` for Python."""
DATABASES_DIR = "/backup/databases"
SPARE_MEBIBYTES = 2048
"""Disk beside the dumps: temporary files, logs and restic's packs under way (a guess)."""


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The servers that a pod dumps or loads."""

    mysql: pulumi.Output[Mysql]
    mongodb: pulumi.Output[Mongodb]


@dataclass(frozen=True, kw_only=True)
class BackupContainers:
    """Containers that share folders, for one namespace."""

    instance: Instance
    config: Backups
    servers: Servers
    scripts: Files
    parameters: Files
    secrets: Files
    """All secret files; a container mounts some of them."""
    uploads: Uploads
    services: Sequence[ServiceDatabase] = ()
    """Databases of companion services."""

    @property
    def in_buckets(self) -> bool:
        """Whether uploaded files are in buckets, and are backed up."""
        return self.uploads.in_buckets

    def mysql(self, verb: str, *, before_services: bool = False) -> Container:
        """Dumps the databases of MySQL, or loads them (`dump`, `load`). `before_services`: databases of
        companion services are perhaps not there yet."""
        connection = self.servers.mysql
        env: dict[str, pulumi.Input[str]] = {
            "MYSQL_HOST": connection.apply(lambda mysql: mysql.endpoint.host),
            "MYSQL_PORT": connection.apply(lambda mysql: str(mysql.endpoint.port)),
            "DATABASE": connection.apply(lambda mysql: mysql.database),
            "DATABASE_USER": connection.apply(lambda mysql: mysql.user),
            "HISTORY_DATABASE": connection.apply(lambda mysql: mysql.history_database or ""),
            "HISTORY_HOST": connection.apply(lambda mysql: mysql.history.host if mysql.history else ""),
            "HISTORY_PORT": connection.apply(lambda mysql: str(mysql.history.port) if mysql.history else ""),
            "TLS_VERIFY": connection.apply(lambda mysql: mysql.tls.verify if mysql.tls else ""),
            "TLS_CA": connection.apply(lambda mysql: (mysql.tls.ca if mysql.tls else None) or ""),
            "TLS_CERTIFICATE": connection.apply(
                lambda mysql: (mysql.tls.certificate if mysql.tls else None) or ""
            ),
            "TLS_KEY": connection.apply(lambda mysql: (mysql.tls.key if mysql.tls else None) or ""),
        }
        if self.services:
            env["SERVICES"] = lines(self.services)
            env["BEFORE_SERVICES"] = str(before_services).lower()
        command = ["bash", f"{FOLDER}/mysql.sh", verb]
        secrets = dict.fromkeys(["mysql_password", *(each.secret for each in self.services)])
        return self._container(f"mysql-{verb}", "mysql", command, env, secrets=list(secrets), store="mysql")

    def python(self, name: str, *args: str) -> Container:
        """Runs `scripts/backup/__main__.py` with these arguments."""
        asked = [f"{store}_password" for store in ("mysql", "mongodb") if getattr(self.config, store)]
        names = [name for name in asked if name in self.instance.secrets]
        names += [each.secret for each in self.services if self.config.mysql and each.secret not in names]
        command = ["python", "-m", "backup", *args]
        env = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": PACKAGES}
        return self._container(name, "openedx", command, env, secrets=names, certified=True)

    def restic(self, verb: str, name: str | None = None, **env: str) -> Container:
        """Runs a verb of `restic.sh`."""
        to = self.config.destination
        variables = {
            "RESTIC_REPOSITORY": repository(to, self.instance.stack),
            "RESTIC_PASSWORD_FILE": f"{paths.SECRETS_DIR}/backup_password",
            "RESTIC_PROGRESS_FPS": "0.016",  # a line a minute
            "AWS_SHARED_CREDENTIALS_FILE": f"{paths.SECRETS_DIR}/backup_credentials",
            "AWS_DEFAULT_REGION": to.region,
            "BUCKET_LOOKUP": "path" if to.addressing == "path" else "dns",
            "INSTANCE": self.instance.stack.name,
            **env,
        }
        command = ["sh", f"{FOLDER}/restic.sh", verb]
        secrets = ["backup_password", "backup_credentials"]
        return self._container(
            name or f"restic-{verb}", "restic", command, variables, secrets=secrets, store=AUTHORITIES
        )

    def rclone(self, verb: str) -> Container:
        """Copies uploaded files from buckets or back, or publishes a proof (`out`, `in`, `publish`)."""
        to = self.config.destination
        env = {
            "RCLONE_CONFIG": f"{paths.SECRETS_DIR}/rclone.conf",
            "BUCKETS": self.uploads.buckets,
            "PROOFS": f"backups:{to.bucket}/{folder(to, self.instance.stack)}-proofs",
        }
        command = ["sh", f"{FOLDER}/buckets.sh", verb]
        return self._container(
            f"rclone-{verb}", "rclone", command, env, secrets=["rclone.conf"], store=AUTHORITIES
        )

    def pod(self, component: str, software: str, steps: Sequence[Container]) -> Pod:
        """A pod that runs these steps, the last one as its main container."""
        return Pod(
            component=component,
            software=software,
            before=steps[:-1],
            container=steps[-1],
            user=self.uploads.user,
            groups=IMAGE_GROUPS,
            service_account=self.instance.service_account,
            beside=SHARED if self.uploads.one_node else None,
            restart="Never",
        )

    def shared(self) -> list[Mount]:
        """What all containers mount."""
        return [
            volumes.scratch("databases", DATABASES_DIR, self.config.scratch),
            volumes.scratch("tmp", "/tmp", "1Gi"),
            *self.uploads.mounts,
        ]

    @property
    def disk(self) -> str:
        """Disk that all containers together may use."""
        return f"{memory_bytes(self.config.scratch) // 2**20 + SPARE_MEBIBYTES}Mi"

    def _container(
        self,
        name: str,
        image: ImageName,
        command: Sequence[str],
        env: Mapping[str, pulumi.Input[str]],
        *,
        secrets: Sequence[str],
        store: str = "",
        certified: bool = False,
    ) -> Container:
        certificates = self.instance.certificates
        stores = [store] if store else ["mysql", "mongodb"] if certified else []
        keys = certificates.secrets(*stores) if stores else []
        passwords = volumes.mounted(
            f"secrets-{image}", paths.SECRETS_DIR, [self.secrets.only(*secrets), *keys]
        )
        trusted = certificates.mounts(*stores) if stores else []
        common = {
            "DATABASES_DIR": DATABASES_DIR,
            "FILES_DIR": FILES_DIR,
            "KINDS": " ".join(self.uploads.kinds),
            **({"SERVICE_KINDS": " ".join(self.uploads.of_services)} if self.uploads.of_services else {}),
        }
        return Container(
            name=name,
            image=self.instance.image(image),
            size=self.config.size,
            command=command,
            env={**common, **env, **(self._web(trusted) if store == AUTHORITIES else {}), "HOME": "/tmp"},
            mounts=[
                volumes.mounted("scripts", FOLDER, [self.scripts]),
                volumes.mounted("parameters", paths.PARAMETERS_DIR, [self.parameters]),
                passwords,
                *(volumes.renamed(mount, f"certificates-{image}") for mount in trusted),
                *self.shared(),
            ],
            disk_limit=self.disk,
        )

    def _web(self, trusted: Sequence[Mount]) -> Mapping[str, str]:
        """Environment of programs that ask servers outside: whom they trust, and the proxy."""
        stack = self.instance.stack
        return {**(GO_TRUSTS if trusted else {}), **(environment(stack) if backups_use_it(stack) else {})}


def backup_containers(
    instance: Instance,
    config: Backups,
    servers: Servers,
    opts: pulumi.ResourceOptions,
    uploads: Uploads,
    storage: pulumi.Input[Volumes | Buckets],
    *,
    name: str = "backup",
    services: Sequence[ServiceDatabase] = (),
) -> BackupContainers:
    """The containers of a namespace, with their scripts, parameters and secrets in objects whose names begin
    with `name`. `services`: databases of companion services."""
    scope, secrets = instance.scope, instance.secrets
    names = [f"{store}_password" for store in ("mysql", "mongodb")]
    # Who logs in by a certificate has no password.
    passwords = {name: secrets[name] for name in names if name in secrets}
    passwords |= {each.secret: secrets[each.secret] for each in services}
    passwords |= {"backup_password": secrets["backup_password"], **logins(instance, config, storage)}
    text = pulumi.Output.all(servers.mysql, servers.mongodb).apply(
        lambda connections: parameters(instance.stack, config, connections[0], connections[1], services)
    )
    return BackupContainers(
        instance=instance,
        config=config,
        servers=servers,
        scripts=files.plain(f"{name}-scripts", scope, scripts.package("backup"), opts),
        parameters=files.plain(f"{name}-parameters", scope, {"backup.json": text}, opts),
        secrets=files.secret(f"{name}-secrets", scope, passwords, opts),
        uploads=uploads,
        services=services,
    )
