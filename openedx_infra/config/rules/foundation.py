"""Rules on combinations of keys in a foundation, and the secrets that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.foundation.contract import PASSWORDS
from openedx_infra.config.foundation.foundation import Foundation
from openedx_infra.config.rules.aws import key_of_another_region, uneven_nodes
from openedx_infra.config.rules.datastores import little_room
from openedx_infra.config.rules.operations import drift
from openedx_infra.config.secrets.catalogue import BY_NAME, Secret


def required(foundation: Foundation) -> tuple[Secret, ...]:
    """The secrets that this foundation needs: those of the servers that it shares."""
    return tuple(
        replace(BY_NAME[PASSWORDS[name]], rotation=_ROTATION, keep_previous=False)
        for name in foundation.datastores.shared
    )


_ROTATION = "AWS sets the new one; instances that share the server need an `up` of their own right after it"


def conflicts(foundation: Foundation) -> Iterator[Conflict]:
    """Every impossible combination in a foundation."""
    for rule in _RULES:
        yield from rule(foundation)


def _servers_on_aws(foundation: Foundation) -> Iterator[Conflict]:
    servers = foundation.datastores.shared
    if servers and foundation.aws is None:
        text = f"missing: {' and '.join(servers)} would be on AWS, so set `region` and `network` here"
        yield Conflict(("aws",), text)


def _one_network(foundation: Foundation) -> Iterator[Conflict]:
    aws = foundation.aws
    if aws is None:
        return
    if aws.network and aws.network_reference:
        text = "set beside `network`, and there can be only one: remove one of them"
        yield Conflict(("aws", "network_reference"), text, (("aws", "network"),))
    if foundation.datastores.shared and not (aws.network or aws.network_reference):
        text = "missing: shared servers need one: set it here, or `network_reference` beside it"
        yield Conflict(("aws", "network"), text, (("aws", "network_reference"),))


def _one_key(foundation: Foundation) -> Iterator[Conflict]:
    aws = foundation.aws
    if aws and aws.own_key and aws.kms_key:
        text = "true beside `kms_key`, and there can be only one key: remove one of them"
        yield Conflict(("aws", "own_key"), text, (("aws", "kms_key"),))
    if aws:
        yield from key_of_another_region(aws)


def _cluster(foundation: Foundation) -> Iterator[Conflict]:
    cluster = foundation.cluster
    where = ("cluster", "context")
    if cluster.kubeconfig and not cluster.context:
        text = "missing beside `kubeconfig`: name the context to use from that file"
        yield Conflict(where, text, (("cluster", "kubeconfig"),))
    elif foundation.aws and foundation.namespaces and not cluster.context:
        text = (
            "missing: a foundation on AWS serves no embedded cluster, so name the context of the cluster "
            "that gets its add-ons"
        )
        yield Conflict(where, text)


def _namespaces(foundation: Foundation) -> Iterator[Conflict]:
    for name, operator in foundation.addons.operators.items():
        if operator.namespace == "default" or operator.namespace.startswith("kube-"):
            text = f"{operator.namespace} belongs to the cluster: choose another, such as operators"
            yield Conflict(("addons", name, "namespace"), text)


def _experimental(foundation: Foundation) -> Iterator[Conflict]:
    mongodb = foundation.datastores.mongodb
    if mongodb and not mongodb.experimental:
        text = (
            "false, and nobody is known to run Open edX on Amazon DocumentDB: set it to true if you want "
            "to test it, or leave out `mongodb`, so that each instance has its own"
        )
        yield Conflict(("datastores", "mongodb", "experimental"), text)


def _storage(foundation: Foundation) -> Iterator[Conflict]:
    mysql = foundation.datastores.mysql
    if mysql and mysql.source == "rds":
        yield from little_room(mysql)


def _search(foundation: Foundation) -> Iterator[Conflict]:
    search = foundation.datastores.search
    if search and foundation.aws:
        yield from uneven_nodes(search.nodes, foundation.aws.network)


def _drift(foundation: Foundation) -> Iterator[Conflict]:
    return drift(foundation.drift)


_RULES: tuple[Callable[[Foundation], Iterator[Conflict]], ...] = (
    _cluster,
    _servers_on_aws,
    _one_network,
    _one_key,
    _namespaces,
    _storage,
    _search,
    _experimental,
    _drift,
)
