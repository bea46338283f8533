"""Settings of config.yml that need no place in a stack file, and why; all others are listed as left."""

from __future__ import annotations

import re
from collections.abc import Mapping

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.tutor.values import TutorValues

_NEEDLESS: Mapping[str, str] = {
    r"ID|PLUGIN_INDEXES|(LOCAL|DEV)_PROJECT_NAME|TUTOR_\w+|COMPOSE_\w+": "Tutor's own",
    r"MYSQL_ROOT_PASSWORD|OPENEDX_MYSQL_PASSWORD|MEILISEARCH_(MASTER_KEY|API_KEY|API_KEY_UID)": (
        "login at a server that the new instance has for itself"
    ),
    r"OPENEDX_AWS_\w+|MINIO_\w+|S3_\w+": "login and names of buckets, which the new instance has for itself",
    r"(NOTES|XQUEUE|DISCOVERY|CREDENTIALS|ECOMMERCE)_\w*(PASSWORD|SECRET|SECRET_KEY|SECRET_\w+)": (
        "login of a service that the new instance makes anew"
    ),
    r"DOCKER_IMAGE_(CADDY|MEILISEARCH|MONGODB|MYSQL|PERMISSIONS|REDIS|SMTP|OPENEDX_DEV)": (
        "the new instance has the release's own servers"
    ),
    r"DOCKER_REGISTRY": "part of other settings",
    r"CADDY_HTTP_PORT": "the ingress controller's",
    r"MOUNTS": "folders of a developer's machine",
    r"CMS_OAUTH2_KEY_SSO(_DEV)?|\w+_OAUTH2_KEY(_\w+)?": "ids of OAuth clients, which the new instance makes",
    r"ENABLE_PROGRAMS": "a switch that follows the service discovery",
    r"K8S_NAMESPACE": "the new instance has a namespace of its own, beside the old one",
}
"""Patterns of names, and why nothing is lost without them."""
_HINTS: Mapping[str, str] = {
    r"ATLAS_\w+": "openedx:images.openedx.translations",
    r"NPM_REGISTRY": "openedx:images.mfe.arguments",
    r"ANDROID_\w+": "openedx:mobile",
    r"JWT_COMMON_\w+": "openedx:settings.common.JWT_AUTH",
    r"MFE_\w+": "openedx:mfes",
    r"OPENEDX_\w+": "openedx:settings",
}
"""Where to look for what other settings did."""


def translate(values: TutorValues, draft: Draft) -> None:
    """List every setting that nothing has taken over."""
    for name in values.unread():
        if any(re.fullmatch(pattern, name) for pattern in _NEEDLESS):
            continue
        hint = next((key for pattern, key in _HINTS.items() if re.fullmatch(pattern, name)), None)
        look = f"; look at {hint}" if hint else ""
        draft.leave(name, f"no setting that this program knows{look}")
