"""How does KEDA count the tasks that wait? By the lists of the broker that Celery's queues are."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.datastores.valkey import BrokerElasticache, BrokerExternal, BrokerShared
from openedx_infra.config.rules.certificates import named
from openedx_infra.config.secrets.catalogue import client_key
from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.autoscaling import Trigger, authentication
from openedx_infra.settings.connections import Valkey

LOGIN = "broker-queues"
"""Name of the TriggerAuthentication by which KEDA reads the lengths of queues."""
COUNTER = {"app.kubernetes.io/name": "keda-operator"}
"""Label of KEDA's own pods, by its Helm chart and its manifests."""


def counted(stack: Stack) -> bool:
    """Whether any pool goes by the length of its queues."""
    pools = [*stack.sizing.lms_workers.values(), *stack.sizing.studio_workers.values()]
    return any(pool.autoscaling and pool.autoscaling.queue_length for pool in pools)


def queue_trigger(broker: Valkey, queue: str, length: int, by: str | None) -> Trigger:
    """A queue as KEDA counts it: the list in which tasks of usual priority wait, as all of the platform's
    are."""
    metadata = {
        "listName": f"{broker.prefix}{queue}",
        "listLength": str(length),
        "databaseIndex": str(broker.database),
    }
    if broker.tls and broker.tls.verify == "none":
        metadata["unsafeSsl"] = "true"
    if not broker.sentinels:
        return Trigger(type="redis", metadata={"address": str(broker.at), **metadata}, authentication=by)
    metadata["addresses"] = ",".join(map(str, broker.sentinels))
    metadata["sentinelMaster"] = str(broker.master)
    return Trigger(type="redis-sentinel", metadata=metadata, authentication=by)


def login(stack: Stack) -> str | None:
    """Name of what tells KEDA how to log in at the broker. None: it asks for nothing."""
    return LOGIN if _plain(stack) or _secrets(stack) else None


def make_login(instance: Instance, parent: pulumi.Resource) -> None:
    """How KEDA logs in at the broker, where any pool goes by the length of its queues."""
    stack = instance.stack
    if not counted(stack) or login(stack) is None:
        return
    hidden = {name: instance.secrets[secret] for name, secret in _secrets(stack).items()}
    values = {**_plain(stack), **hidden}
    own = pulumi.ResourceOptions(parent=parent)
    secret = files.secret(LOGIN, instance.scope, values, own)
    authentication(LOGIN, instance.scope, secret.name, {name: name for name in values}, own)


def _plain(stack: Stack) -> Mapping[str, str]:
    """KEDA's parameters of a login that are no secret, by its names."""
    said = stack.datastores.broker
    if not isinstance(said, BrokerExternal):
        return {"tls": "enable"} if isinstance(said, BrokerElasticache | BrokerShared) else {}
    texts = {file.name: file.text() for file in named(stack) if file.store == "broker"}
    found = {
        "username": said.username,
        "tls": "enable" if said.tls else None,
        "ca": texts.get("broker-ca.pem"),
        "cert": texts.get("broker-client.pem"),
    }
    return {name: value for name, value in found.items() if value}


def _secrets(stack: Stack) -> Mapping[str, str]:
    """KEDA's parameters that are secret, with the names of the stack's secrets that hold them."""
    said = stack.datastores.broker
    found = {"password": "broker_password"}
    if isinstance(said, BrokerExternal):
        found = found if said.authenticated else {}
        if said.tls and said.tls.client_certificate:
            found["key"] = client_key("broker")
    return found
