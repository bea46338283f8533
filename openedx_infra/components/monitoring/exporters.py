"""Who tells Prometheus how the datastores are? An exporter beside each of MySQL, broker and cache.

They log in as the platform does, with passwords in files, and ask only what any user may see. MongoDB has
none: its exporter takes a password from its environment or its arguments alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Reach
from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, probes, volumes
from openedx_infra.kubernetes.pod import Container, FixedSize, Pod
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.monitoring.facts import BROKER, CACHE, MYSQL, MonitoringFacts
from openedx_infra.releases import ImageName
from openedx_infra.settings import paths
from openedx_infra.settings.connections import Mysql, Tls, Valkey

FOLDER = "/etc/exporter"
USER = 10_002
"""Any user will do: the images need none."""
SIZE = FixedSize(cpu="10m", memory="32Mi", memory_limit="128Mi")
"""A process that answers twice a minute (a guess; both take some 20 MB)."""
MYSQL_PORT, VALKEY_PORT = 9104, 9121
"""Ports that both exporters listen on unless told otherwise."""
PRIVILEGED = (
    "slave_status",
    "info_schema.innodb_cmp",
    "info_schema.innodb_cmpmem",
    "info_schema.query_response_time",
)
"""What mysqld_exporter asks by default, and the platform's user may not see, or is of no use here."""
VALKEYS = {"broker": BROKER, "cache": CACHE}


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """An exporter, and the server that it asks."""

    name: str
    pod: Pod
    asks: Reach
    port: int


def exporters(
    instance: Instance, stores: Datastores, facts: MonitoringFacts, parent: pulumi.Resource
) -> Sequence[Exporter]:
    """The exporters of an instance."""
    opts = pulumi.ResourceOptions(parent=parent)
    servers = {"broker": stores.broker, "cache": stores.cache}
    return [
        _mysql(instance, stores, opts),
        *(
            _valkey(instance, which, servers[which].connection, servers[which].reach, facts, opts)
            for which in VALKEYS
        ),
    ]


def _mysql(instance: Instance, stores: Datastores, opts: pulumi.ResourceOptions) -> Exporter:
    store = stores.mysql
    text = pulumi.Output.all(store.connection, instance.secrets["mysql_password"]).apply(
        lambda known: my_cnf(known[0], known[1])
    )
    container = _container(
        instance,
        "mysqld_exporter",
        "mysql",
        MYSQL_PORT,
        args=[f"--config.my-cnf={FOLDER}/my.cnf", *(f"--no-collect.{name}" for name in PRIVILEGED)],
        env={"DOLLAR": "$"},
        secrets=files.secret(f"{MYSQL}-login", instance.scope, {"my.cnf": text}, opts),
    )
    return Exporter(name=MYSQL, pod=_pod(MYSQL, container), asks=store.reach, port=MYSQL_PORT)


def my_cnf(at: Mysql, password: str) -> str:
    """What mysqld_exporter reads. It puts environment variables into values, so that a `$` must be one."""
    lines = {"host": at.at.host, "port": at.at.port, "user": at.user}
    lines["password"] = '"""' + password.replace("$", "${DOLLAR}") + '"""'
    if at.tls:
        # A wrong spelling, but its own.
        skips = {"ssl-skip-verfication": "true"} if at.tls.verify == "none" else {}
        lines |= {"ssl-ca": at.tls.ca or paths.SYSTEM_AUTHORITIES, **skips}
        lines |= {"ssl-cert": at.tls.certificate, "ssl-key": at.tls.key} if at.tls.certificate else {}
    return "\n".join(["[client]", *(f"{name} = {value}" for name, value in lines.items())]) + "\n"


def _valkey(
    instance: Instance,
    which: str,
    connection: pulumi.Input[Valkey],
    reach: Reach,
    facts: MonitoringFacts,
    opts: pulumi.ResourceOptions,
) -> Exporter:
    name = VALKEYS[which]
    at = pulumi.Output.from_input(connection)
    password = pulumi.Output.from_input(instance.secrets.get(f"{which}_password", ""))
    text = pulumi.Output.all(at, password).apply(lambda known: passwords(known[0], known[1]))
    counted = [*facts.queues, facts.unacked] if which == "broker" else []
    container = _container(
        instance,
        "redis_exporter",
        which,
        VALKEY_PORT,
        args=[],
        env=_environment(at, counted),
        secrets=files.secret(f"{name}-login", instance.scope, {"passwords.json": text}, opts),
    )
    return Exporter(name=name, pod=_pod(name, container), asks=reach, port=VALKEY_PORT)


def _environment(at: pulumi.Output[Valkey], keys: Sequence[str]) -> dict[str, pulumi.Input[str]]:
    """redis_exporter's options: none of them is secret. What is empty is as if it weren't said."""
    return {
        "REDIS_ADDR": at.apply(address),
        "REDIS_USER": at.apply(lambda known: known.user or ""),
        "REDIS_PASSWORD_FILE": f"{FOLDER}/passwords.json",
        "REDIS_EXPORTER_CHECK_SINGLE_KEYS": at.apply(lambda known: key_list(known, keys)),
        "REDIS_EXPORTER_SKIP_TLS_VERIFICATION": at.apply(
            lambda known: str(_tls(known).verify == "none").lower()
        ),
        "REDIS_EXPORTER_TLS_CA_CERT_FILE": at.apply(lambda known: _tls(known).ca or ""),
        "REDIS_EXPORTER_TLS_CLIENT_CERT_FILE": at.apply(lambda known: _tls(known).certificate or ""),
        "REDIS_EXPORTER_TLS_CLIENT_KEY_FILE": at.apply(lambda known: _tls(known).key or ""),
    }


def address(at: Valkey) -> str:
    """Server that is asked. Of those that Sentinels know, the first Sentinel: it tells of itself alone."""
    return f"{'rediss' if at.tls else 'redis'}://{at.at or at.sentinels[0]}"


def key_list(at: Valkey, keys: Sequence[str]) -> str:
    """Keys whose lengths are told, in redis_exporter's words."""
    return ",".join(f"db{at.database}={key}" for key in keys)


def passwords(at: Valkey, password: str) -> str:
    """redis_exporter's map of passwords by addresses, which have the user in them where there is one."""
    url = address(at)
    with_user = url.replace("://", f"://{at.user}@") if at.user else url
    return json.dumps({each: password for each in (url, with_user)} if at.authenticated and at.at else {})


def _tls(at: Valkey) -> Tls:
    return at.tls or Tls()


def _container(
    instance: Instance,
    image: ImageName,
    store: str,
    port: int,
    *,
    args: Sequence[str],
    env: Mapping[str, pulumi.Input[str]],
    secrets: files.Files,
) -> Container:
    certificates = instance.certificates
    keys = certificates.secrets(store)
    return Container(
        image=instance.image(image),
        size=SIZE,
        args=args or None,
        env=env,
        port=port,
        probes=Probes(
            startup=probes.http("/", port, every=2, failures=60),
            readiness=probes.http("/", port),
            # It is away when its own port is: an outage of the server that it asks restarts nobody.
            liveness=probes.tcp(port, every=30, failures=6),
        ),
        mounts=[
            volumes.mounted("login", FOLDER, [secrets]),
            *([volumes.mounted("keys", paths.SECRETS_DIR, keys)] if keys else []),
            *certificates.mounts(store),
        ],
        disk_limit="128Mi",
    )


def _pod(name: str, container: Container) -> Pod:
    return Pod(component=name, container=container, user=USER)
