"""Which containers run? The images of the instance; by default those that the release names."""

from __future__ import annotations

from typing import Annotated, Literal

from openedx_infra.config.base import Distinct, ImageReference, KubernetesName, Section


class Images(Section):
    """One reference per image. What is not said comes from the release."""

    openedx: ImageReference | None = None
    """LMS, Studio, their workers and Jobs: edx-platform in /openedx/edx-platform, its virtual environment in
    /openedx/venv, static files in /openedx/staticfiles."""
    mfe: ImageReference | None = None
    """All micro-frontends, built into `/openedx/dist/<app>`, with Caddy as `caddy`."""
    mysql: ImageReference | None = None
    """MySQL server."""
    mongodb: ImageReference | None = None
    """MongoDB server, with mongosh."""
    valkey: ImageReference | None = None
    """Valkey (or Redis) server, for broker and cache."""
    meilisearch: ImageReference | None = None
    """Meilisearch server."""
    smtp: ImageReference | None = None
    """SMTP relay that takes mail without a password on port 8025."""

    pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    """When nodes ask the registry for an image."""
    pull_secrets: Annotated[tuple[KubernetesName, ...], Distinct] = ()
    """Names of Secrets of type kubernetes.io/dockerconfigjson in the namespace, for private registries."""
