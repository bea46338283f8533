"""Add-ons of the cluster: operators that a foundation installs for all instances."""

from __future__ import annotations

from typing import Annotated

from openedx_infra.config.types.base import KubernetesName, Section, Switch
from openedx_infra.config.types.patterns import Pattern

ChartVersion = Annotated[
    str,
    Pattern(
        "version of a chart",
        r"v?[0-9]+\.[0-9]+\.[0-9]+([-+][A-Za-z0-9.+-]+)?",
        "three numbers, as the chart's publisher does",
        "1.21.0",
    ),
]
"""The exact version of a Helm chart."""

ChartRepository = Annotated[
    str,
    Pattern(
        "repository of Helm charts",
        r"(https|oci)://[A-Za-z0-9][A-Za-z0-9._:/-]*",
        "its https or oci address, without credentials",
        "https://percona.github.io/percona-helm-charts",
    ),
]
"""Where charts are fetched from."""

PERCONA = "https://percona.github.io/percona-helm-charts"
"""Percona's own repository."""
OPSTREE = "https://ot-container-kit.github.io/helm-charts"
"""The repository of OpsTree, who write the Redis Operator."""

JETSTACK = "https://charts.jetstack.io"
"""The repository of cert-manager's authors."""


class Operator(Section):
    """An operator, installed by its Helm chart."""

    version: ChartVersion
    """Version of the chart. Operators are never upgraded by themselves: read the publisher's notes first."""
    repository: ChartRepository = PERCONA
    """Repository of the chart, or a mirror of it."""
    namespace: KubernetesName = "operators"
    """Namespace of the operator, which the foundation creates."""


class PerconaMysql(Operator):
    """Percona Operator for MySQL, for `openedx:datastores.mysql` with `source: operator`."""

    version: ChartVersion = "1.1.0"
    """Version of its chart, `ps-operator`."""


class PerconaMongodb(Operator):
    """Percona Operator for MongoDB, for `openedx:datastores.mongodb` with `source: operator`."""

    version: ChartVersion = "1.22.0"
    """Version of its chart, `psmdb-operator`."""


class ValkeyOperator(Operator):
    """OpsTree's Redis Operator (Redis with Sentinels), for `broker` and `cache` with `source: operator`."""

    version: ChartVersion = "0.26.1"
    """Version of its chart, `redis-operator`: of the operator 0.26.0, the first whose Sentinels run in
    restricted pods."""
    repository: ChartRepository = OPSTREE
    """Repository of the chart, or a mirror of it."""


class CertManager(Operator):
    """cert-manager, for `openedx:site.tls` with `source: cert-manager`. Its CRDs come with it, and stay."""

    version: ChartVersion = "v1.21.2"
    """Version of its chart, `cert-manager`, which is its own."""
    repository: ChartRepository = JETSTACK
    """Repository of the chart, or a mirror of it."""
    namespace: KubernetesName = "cert-manager"
    """Its namespace, which the foundation creates. Instances that prove a domain with an AWS role set it,
    too."""
    gateway_api: Switch = False
    """Whether it answers authorities through the Gateway API, whose CRDs must exist first: it doesn't start
    without them."""


class Addons(Section):
    """Operators installed in the cluster for all instances. Operators that are not set are not installed."""

    mysql_operator: PerconaMysql | None = None
    """Percona Operator for MySQL. `{}` installs it with its defaults."""
    mongodb_operator: PerconaMongodb | None = None
    """Percona Operator for MongoDB. `{}` installs it with its defaults."""
    valkey_operator: ValkeyOperator | None = None
    """OpsTree's Redis Operator, for broker and cache. `{}` installs it with its defaults."""
    cert_manager: CertManager | None = None
    """cert-manager, for certificates. `{}` installs it with its defaults."""

    @property
    def operators(self) -> dict[str, Operator]:
        """The operators to install, by key."""
        return {
            name: operator
            for name in type(self).model_fields
            if (operator := getattr(self, name)) is not None
        }
