"""Course Discovery's section of the stack file, and the addresses that follow from it."""

from __future__ import annotations

from typing import Annotated

from openedx_infra.config.sections.duties import Schedule
from openedx_infra.config.types.base import ImageReference
from openedx_infra.config.types.hosts import Hostname
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.services.companion import Served, ServiceSection, Stack
from openedx_infra.services.elasticsearch import Elasticsearch, ElasticsearchInCluster

PartnerCode = Annotated[
    str,
    Pattern(
        "code of a partner",
        r"[a-z][a-z0-9-]{0,7}",
        "at most 8 lower-case letters, digits and hyphens, with a letter first",
        "openedx",
    ),
]
"""The short code of a partner: its column holds 8 characters."""


class Discovery(ServiceSection):
    """Course Discovery, which has programs, and a catalog of the courses that the LMS has."""

    host: Hostname | None = None
    """Public host, of its admin and of its API. None: `discovery.` before that of the LMS."""
    partner: PartnerCode = "openedx"
    """Code of the partner that set-up makes: whose courses and programs these are."""
    search: Elasticsearch = ElasticsearchInCluster(source="in-cluster")
    """The Elasticsearch 7 that finds courses and programs; it knows no other server."""
    search_image: ImageReference | None = None
    """Image that replaces the one of the Elasticsearch in the cluster. It must be an Elasticsearch 7. None:
    this program's own."""
    refresh: Schedule = "H 3 * * *"
    """When it fetches courses from the LMS and makes its indexes anew. Programs that its admin has are found
    after it, too."""
    web: Served = Served(cpu="100m", memory="512Mi", memory_limit="1Gi")
    """Size of its web server (a guess)."""


def host(stack: Stack, discovery: Discovery) -> str:
    """Its public host."""
    return discovery.host or f"discovery.{stack.site.lms_host}"


def address(stack: Stack, discovery: Discovery) -> str:
    """Its public address, without a slash at the end."""
    return stack.site.url(host(stack, discovery))
