"""Settings of LMS and Studio that companion services add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.services.definition import PlatformSettings
from openedx_infra.config.services.registry import companions
from openedx_infra.settings.merging import Settings, laid_over, merged
from openedx_infra.settings.servers.web import Site


def with_services(stack: Stack, site: Site, computed: Settings) -> Settings:
    """Settings of a site with those of the services of a stack over them, as free settings of the stack file
    are laid over both: lists that this program fills are added to."""
    for added in added_settings(stack):
        computed = laid_over(laid_over(computed, added.common), added.lms if site == "lms" else added.studio)
    return computed


def service_settings(stack: Stack, site: Site) -> Settings:
    """Settings that the services of a stack add to a site. References to secrets stand for themselves."""
    return with_services(stack, site, {})


def service_mfe_config(stack: Stack) -> Mapping[str, Any]:
    """Entries of MFE_CONFIG that the services of a stack add."""
    return merged(*(added.mfe_config for added in added_settings(stack)))


def added_settings(stack: Stack) -> Iterator[PlatformSettings]:
    """What LMS and Studio get of each service of a stack."""
    for each in companions(stack):
        yield each.service.platform(stack, each.section)
