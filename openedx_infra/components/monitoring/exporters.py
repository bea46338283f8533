"""Prometheus exporters of MySQL, broker and cache.

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
"""Default ports of both exporters."""
PRIVILEGED = (
    "slave_status",
    "info_schema.innodb_cmp",
    "info_schema.innodb_cmpmem",
    "info_schema.query_response_time",
)
"""Default collectors of mysqld_exporter that the platform's user may not read, or are of no use here."""
VALKEYS = {"broker": BROKER, "cache": CACHE}


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """An exporter, and the server that it asks."""

    name: str
    pod: Pod
    store: str
    """The datastore that it asks."""
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
        lambda values: my_cnf(values[0], values[1])
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
    return Exporter(name=MYSQL, pod=_pod(MYSQL, container), store="mysql", asks=store.reach, port=MYSQL_PORT)


def my_cnf(mysql: Mysql, password: str) -> str:
    """mysqld_exporter's configuration, in which each `$` of a password becomes a variable that holds it."""
    lines = {"host": mysql.endpoint.host, "port": mysql.endpoint.port, "user": mysql.user}
    lines["password"] = '"""' + password.replace("$", "${DOLLAR}") + '"""'
    if mysql.tls:
        # Misspelt, but that is its name.
        skips = {"ssl-skip-verfication": "true"} if mysql.tls.verify == "none" else {}
        lines |= {"ssl-ca": mysql.tls.ca or paths.SYSTEM_AUTHORITIES, **skips}
        lines |= (
            {"ssl-cert": mysql.tls.certificate, "ssl-key": mysql.tls.key} if mysql.tls.certificate else {}
        )
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
    valkey = pulumi.Output.from_input(connection)
    password = pulumi.Output.from_input(instance.secrets.get(f"{which}_password", ""))
    text = pulumi.Output.all(valkey, password).apply(lambda values: passwords(values[0], values[1]))
    counted = [*facts.queues, facts.unacked] if which == "broker" else []
    container = _container(
        instance,
        "redis_exporter",
        which,
        VALKEY_PORT,
        args=[],
        env=_environment(valkey, counted),
        secrets=files.secret(f"{name}-login", instance.scope, {"passwords.json": text}, opts),
    )
    return Exporter(name=name, pod=_pod(name, container), store=which, asks=reach, port=VALKEY_PORT)


def _environment(connection: pulumi.Output[Valkey], keys: Sequence[str]) -> dict[str, pulumi.Input[str]]:
    """redis_exporter's options, none of which is secret. Empty ones are as if they weren't set."""
    return {
        "REDIS_ADDR": connection.apply(address),
        "REDIS_USER": connection.apply(lambda valkey: valkey.user or ""),
        "REDIS_PASSWORD_FILE": f"{FOLDER}/passwords.json",
        "REDIS_EXPORTER_CHECK_SINGLE_KEYS": connection.apply(lambda valkey: key_list(valkey, keys)),
        "REDIS_EXPORTER_SKIP_TLS_VERIFICATION": connection.apply(
            lambda valkey: str(_tls(valkey).verify == "none").lower()
        ),
        "REDIS_EXPORTER_TLS_CA_CERT_FILE": connection.apply(lambda valkey: _tls(valkey).ca or ""),
        "REDIS_EXPORTER_TLS_CLIENT_CERT_FILE": connection.apply(
            lambda valkey: _tls(valkey).certificate or ""
        ),
        "REDIS_EXPORTER_TLS_CLIENT_KEY_FILE": connection.apply(lambda valkey: _tls(valkey).key or ""),
    }


def address(valkey: Valkey) -> str:
    """Address of the server; with Sentinels, of the first of these, which tells of itself alone."""
    return f"{'rediss' if valkey.tls else 'redis'}://{valkey.endpoint or valkey.sentinels[0]}"


def key_list(valkey: Valkey, keys: Sequence[str]) -> str:
    """Keys whose lengths are exported, as redis_exporter's option lists them."""
    return ",".join(f"db{valkey.database}={key}" for key in keys)


def passwords(valkey: Valkey, password: str) -> str:
    """redis_exporter's map of passwords by addresses, which have the user in them where there is one."""
    url = address(valkey)
    with_user = url.replace("://", f"://{valkey.user}@") if valkey.user else url
    return json.dumps(
        {each: password for each in (url, with_user)} if valkey.authenticated and valkey.endpoint else {}
    )


def _tls(valkey: Valkey) -> Tls:
    return valkey.tls or Tls()


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
            # Only its own port counts: an outage of the server that it asks restarts nothing.
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
