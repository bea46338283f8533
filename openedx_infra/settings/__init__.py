"""What does edx-platform read? Pure dicts with the platform's own names, and the texts of its servers."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.settings import (
    addresses,
    buckets,
    common,
    files,
    frontends,
    lms_only,
    logs,
    mail,
    stores,
    studio_only,
    tasks,
)
from openedx_infra.settings.connections import Connections, Endpoint
from openedx_infra.settings.merging import Settings, dump, merged
from openedx_infra.settings.modules import module_files
from openedx_infra.settings.static import HEALTH_PATH, mfe_caddyfile
from openedx_infra.settings.web import Site, upload_limit, uwsgi_ini

__all__ = [
    "HEALTH_PATH",
    "Connections",
    "Endpoint",
    "Site",
    "dump",
    "lms",
    "lms_secrets",
    "merged",
    "mfe_caddyfile",
    "module_files",
    "studio",
    "studio_secrets",
    "upload_limit",
    "uwsgi_ini",
]


def lms(stack: Stack, connections: Connections) -> Settings:
    """Settings of the LMS that are no secret."""
    ours = merged(
        _shared(stack, connections, "lms"),
        addresses.lms_addresses(stack),
        frontends.lms_frontends(stack, connections.search),
        lms_only.lms_only(stack),
    )
    return {**_of_release(stack, ours), **_said(stack, "lms")}


def studio(stack: Stack, connections: Connections) -> Settings:
    """Settings of Studio that are no secret."""
    ours = merged(
        _shared(stack, connections, "cms"),
        addresses.studio_addresses(stack),
        frontends.studio_frontends(stack),
        studio_only.studio_only(stack),
    )
    return {**_of_release(stack, ours), **_said(stack, "cms")}


def lms_secrets(
    stack: Stack, connections: Connections, secrets: Mapping[str, str], *, signs: bool = True
) -> Settings:
    """What is laid over the settings of the LMS and is secret. `secrets` are the stack's, by their names.

    One that does not sign has no key to sign tokens by.
    """
    ours = merged(
        _shared_secrets(connections, secrets),
        common.token_secrets(stack, secrets, signs=signs),
    )
    return _without_said(stack, "lms", ours)


def studio_secrets(stack: Stack, connections: Connections, secrets: Mapping[str, str]) -> Settings:
    """What is laid over the settings of Studio and is secret. Studio signs no tokens, so it has no key to
    sign by.
    """
    ours = merged(
        _shared_secrets(connections, secrets),
        common.token_secrets(stack, secrets, signs=False),
        {"SOCIAL_AUTH_EDX_OAUTH2_SECRET": secrets["studio_oauth2_secret"]},
    )
    return _without_said(stack, "cms", ours)


def _shared(stack: Stack, connections: Connections, site: Site) -> Settings:
    return merged(
        common.common(stack),
        common.tokens(stack),
        addresses.addresses(stack),
        stores.stores(stack, connections),
        tasks.tasks(stack, connections.broker, site),
        files.files(site, connections.storage),
        mail.mail(stack, connections.mail),
        logs.logs(stack.monitoring, site),
    )


def _of_release(stack: Stack, ours: Settings) -> Settings:
    """What the release adds, and without what it no longer reads."""
    release = stack.pinned_release
    known = {name: value for name, value in ours.items() if name not in release.unknown_settings}
    return merged(known, release.settings)


def _shared_secrets(connections: Connections, secrets: Mapping[str, str]) -> Settings:
    return merged(
        common.common_secrets(secrets),
        stores.store_secrets(connections, secrets),
        tasks.task_secrets(connections.broker, secrets),
        buckets.bucket_secrets(connections.storage, secrets),
        mail.mail_secrets(connections.mail, secrets),
    )


def _said(stack: Stack, site: Site) -> Settings:
    """What the stack file says by the platform's own names: flags, then free settings, a site's own last.

    Each replaces a setting whole, as a setting in the platform's own files would.
    """
    own = stack.settings.lms if site == "lms" else stack.settings.studio
    return {**stack.features.flags, **stack.settings.common, **own}


def _without_said(stack: Stack, site: Site, ours: Settings) -> Settings:
    """Derived keys that the stack file says itself stay as said; what it may not say is refused when it is
    loaded.
    """
    said = _said(stack, site)
    return {name: value for name, value in ours.items() if name not in said}
