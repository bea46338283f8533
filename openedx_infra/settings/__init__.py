"""Settings of edx-platform as pure dicts, by the platform's own names, and the texts of its servers."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.config.types.secret_references import references
from openedx_infra.settings import addresses, common, frontends, logs, mail, tasks
from openedx_infra.settings.connections import Connections, Endpoint
from openedx_infra.settings.datastores import buckets, files
from openedx_infra.settings.datastores.caches import cache_secrets, caches
from openedx_infra.settings.datastores.mongodb import mongodb, mongodb_secrets
from openedx_infra.settings.datastores.mysql import mysql, mysql_secrets
from openedx_infra.settings.datastores.search import search, search_authorities, search_secrets
from openedx_infra.settings.job_inputs import operator_settings
from openedx_infra.settings.merging import Settings, dump, laid_over, merged
from openedx_infra.settings.modules import module_files
from openedx_infra.settings.parts import event_sinks, forum, mobile, packages, retirement
from openedx_infra.settings.paths import CERTIFICATES_DIR
from openedx_infra.settings.servers.mfe import HEALTH_PATH, mfe_caddyfile
from openedx_infra.settings.servers.web import Site, upload_limit, uwsgi_ini
from openedx_infra.settings.services import service_settings, with_services

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


REFERENCED = "OPENEDX_INFRA_REFERENCED"
"""Key of the secrets that settings refer to, in the file of the secret settings. It becomes no setting."""


def lms(stack: Stack, connections: Connections) -> Settings:
    """Settings of the LMS that are no secret."""
    derived_settings = merged(
        _shared(stack, connections, "lms"),
        addresses.lms_addresses(stack),
        frontends.lms_frontends(stack, connections.search),
        common.lms_only(stack),
        retirement.settings(stack),
        mobile.lms_only(stack),
        forum.forum(stack, connections.mongodb),
    )
    return _of_stack(stack, "lms", derived_settings)


def studio(stack: Stack, connections: Connections) -> Settings:
    """Settings of Studio that are no secret."""
    derived_settings = merged(
        _shared(stack, connections, "cms"),
        addresses.studio_addresses(stack),
        frontends.studio_frontends(stack),
        common.studio_only(stack),
    )
    return _of_stack(stack, "cms", derived_settings)


def lms_secrets(
    stack: Stack, connections: Connections, secrets: Mapping[str, str], *, signs: bool = True
) -> Settings:
    """What is laid over the settings of the LMS and is secret. `secrets` are the stack's, by their names.

    One that does not sign has no key to sign tokens by.
    """
    derived_settings = merged(
        _shared_secrets(connections, secrets),
        event_sinks.event_sink_secrets(stack, secrets),
        common.token_secrets(stack, secrets, signs=signs),
        forum.forum_secrets(stack, connections.mongodb, secrets),
    )
    return {
        **_without_operator_settings(stack, "lms", derived_settings),
        **_referenced(stack, "lms", secrets),
    }


def studio_secrets(stack: Stack, connections: Connections, secrets: Mapping[str, str]) -> Settings:
    """What is laid over the settings of Studio and is secret. Studio signs no tokens, so it has no key to
    sign by.
    """
    derived_settings = merged(
        _shared_secrets(connections, secrets),
        event_sinks.event_sink_secrets(stack, secrets),
        common.token_secrets(stack, secrets, signs=False),
        {"SOCIAL_AUTH_EDX_OAUTH2_SECRET": secrets["studio_oauth2_secret"]},
    )
    return {
        **_without_operator_settings(stack, "cms", derived_settings),
        **_referenced(stack, "cms", secrets),
    }


def _shared(stack: Stack, connections: Connections, site: Site) -> Settings:
    return merged(
        common.common(stack),
        common.tokens(stack),
        addresses.addresses(stack),
        mysql(connections.mysql),
        mongodb(connections.mongodb),
        caches(connections.cache),
        search(stack, connections.search),
        _authorities(stack, connections),
        tasks.tasks(stack, connections.broker, site),
        files.files(site, connections.storage),
        mail.mail(stack, connections.mail),
        logs.logs(stack.monitoring, site),
        mobile.shared(stack),
        event_sinks.event_sinks(stack),
        event_sinks.routes(stack, site),
        packages.packages(stack, connections.storage, site),
    )


def _authorities(stack: Stack, connections: Connections) -> Settings:
    """Authorities that libraries without a setting for them shall trust, too (platform/certificates.py)."""
    own = [f"{CERTIFICATES_DIR}/{name}" for name in stack.network.authority_files]
    files = [*own, *search_authorities(connections.search)]
    return {"OPENEDX_INFRA_AUTHORITIES": files} if files else {}


def _of_stack(stack: Stack, site: Site, derived_settings: Settings) -> Settings:
    """What release, companion services and the stack file add, one over the other."""
    settings = with_services(stack, site, _of_release(stack, derived_settings))
    return laid_over(settings, operator_settings(stack, site))


def _of_release(stack: Stack, derived_settings: Settings) -> Settings:
    """What the release adds, and without what it no longer reads."""
    release = stack.pinned_release
    read = {name: value for name, value in derived_settings.items() if name not in release.unknown_settings}
    return merged(read, release.settings)


def _shared_secrets(connections: Connections, secrets: Mapping[str, str]) -> Settings:
    return merged(
        common.common_secrets(secrets),
        mysql_secrets(connections.mysql, secrets),
        mongodb_secrets(connections.mongodb, secrets),
        cache_secrets(connections.cache, secrets),
        search_secrets(connections.search, secrets),
        tasks.task_secrets(connections.broker, secrets),
        buckets.bucket_secrets(connections.storage, secrets),
        mail.mail_secrets(connections.mail, secrets),
    )


def _referenced(stack: Stack, site: Site, secrets: Mapping[str, str]) -> Settings:
    """The secrets that settings of the stack file and of companion services refer to, by name. The plain
    settings keep the references, which `platform/loading.py` replaces in the pod.
    """
    settings = laid_over(service_settings(stack, site), operator_settings(stack, site))
    names = sorted({name for _, name in references(settings)})
    return {REFERENCED: {name: secrets[name] for name in names}} if names else {}


def _without_operator_settings(stack: Stack, site: Site, derived_settings: Settings) -> Settings:
    """Secret settings without those that the stack file sets; which it may not set is checked when it is
    loaded.
    """
    set_by_operator = operator_settings(stack, site)
    return {name: value for name, value in derived_settings.items() if name not in set_by_operator}
