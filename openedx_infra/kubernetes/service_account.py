"""As whom do pods run? A service account says who they are, and gets no token for the API server."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount

from openedx_infra.kubernetes.names import Scope


def service_account(
    name: str, scope: Scope, annotations: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> ServiceAccount:
    """A service account of a fixed name, by which clouds know it. Annotations tell them what it may do."""
    return ServiceAccount(
        name,
        metadata=scope.metadata(name, name=name, annotations=annotations),
        automount_service_account_token=False,
        opts=opts,
    )
