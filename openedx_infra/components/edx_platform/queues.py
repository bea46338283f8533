"""KEDA's triggers by the length of Celery's queues, and its login at the broker."""

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
from openedx_infra.settings.connections import Endpoint, Valkey

LOGIN = "broker-queues"
"""Name of the TriggerAuthentication by which KEDA reads the lengths of queues."""
KEDA_PODS = {"app.kubernetes.io/name": "keda-operator"}
"""Label of KEDA's own pods, by its Helm chart and its manifests."""


def scales_by_queues(stack: Stack) -> bool:
    """Whether any pool is scaled by the length of its queues."""
    pools = [*stack.sizing.lms_workers.values(), *stack.sizing.studio_workers.values()]
    return any(pool.autoscaling and pool.autoscaling.queue_length for pool in pools)


def queue_trigger(stack: Stack, broker: Valkey, queue: str, length: int) -> Trigger:
    """A queue as KEDA counts it: the list in which tasks of usual priority wait, as all of the platform's
    are."""
    login = login_name(stack)
    metadata = {
        "listName": f"{broker.prefix}{queue}",
        "listLength": str(length),
        "databaseIndex": str(broker.database),
    }
    if broker.tls and broker.tls.verify == "none":
        metadata["unsafeSsl"] = "true"
    if not broker.sentinels:
        endpoint = broker.endpoint or Endpoint(host="", port=0)
        metadata["address"] = _from_elsewhere(stack, endpoint)
        return Trigger(type="redis", metadata=metadata, authentication=login)
    metadata["addresses"] = ",".join(_from_elsewhere(stack, each) for each in broker.sentinels)
    metadata["sentinelMaster"] = str(broker.master)
    return Trigger(type="redis-sentinel", metadata=metadata, authentication=login)


def _from_elsewhere(stack: Stack, endpoint: Endpoint) -> str:
    """Host and port of the broker as pods of another namespace, such as KEDA's, find it: the names of
    Services of the instance's namespace end with it."""
    own = stack.stores["broker"].run_by in ("cluster", "operator") or "." not in endpoint.host
    host = f"{endpoint.host}.{stack.namespace}.svc" if own else endpoint.host
    return str(Endpoint(host=host, port=endpoint.port))


def login_name(stack: Stack) -> str | None:
    """Name of the TriggerAuthentication for the broker. None: the broker asks for no login."""
    return LOGIN if _plain(stack) or _secrets(stack) else None


def make_login(instance: Instance, parent: pulumi.Resource) -> None:
    """Registers KEDA's login at the broker, if any pool is scaled by the length of its queues."""
    stack = instance.stack
    if not scales_by_queues(stack) or login_name(stack) is None:
        return
    hidden = {name: instance.secrets[secret] for name, secret in _secrets(stack).items()}
    values = {**_plain(stack), **hidden}
    opts = pulumi.ResourceOptions(parent=parent)
    secret = files.secret(LOGIN, instance.scope, values, opts)
    authentication(LOGIN, instance.scope, secret.name, {name: name for name in values}, opts)


def _plain(stack: Stack) -> Mapping[str, str]:
    """KEDA's parameters of a login that are no secret, by its names."""
    broker = stack.datastores.broker
    if not isinstance(broker, BrokerExternal):
        return {"tls": "enable"} if isinstance(broker, BrokerElasticache | BrokerShared) else {}
    texts = {file.name: file.text() for file in named(stack) if file.store == "broker"}
    values = {
        "username": broker.username,
        "tls": "enable" if broker.tls else None,
        "ca": texts.get("broker-ca.pem"),
        "cert": texts.get("broker-client.pem"),
    }
    return {name: value for name, value in values.items() if value}


def _secrets(stack: Stack) -> Mapping[str, str]:
    """KEDA's parameters that are secret, with the names of the stack's secrets that hold them."""
    broker = stack.datastores.broker
    names = {"password": "broker_password"}
    if isinstance(broker, BrokerExternal):
        names = names if broker.authenticated else {}
        if broker.tls and broker.tls.client_certificate:
            names["key"] = client_key("broker")
    return names
