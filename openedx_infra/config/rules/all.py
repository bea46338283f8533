"""All rules on combinations of keys that are valid alone and impossible together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from openedx_infra.config.computed_settings import merge_faults
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.rules import (
    aws,
    datastores,
    hosts,
    images,
    ingress,
    operations,
    reserved_names,
    search,
    sizing,
    versions,
)
from openedx_infra.config.rules.extras import containers
from openedx_infra.config.rules.platform import companions, development, frontends, limits, plugins, services
from openedx_infra.config.sections.mail import MailRelay, MailSmtp
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.patterns import DNS_LABEL, Pattern

_NAMESPACE = Pattern("namespace", DNS_LABEL, "openedx:cluster.namespace to choose another", "openedx-campus")


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """Every impossible combination in a stack."""
    for rule in _RULES:
        yield from rule(stack)


def _cluster(stack: Stack) -> Iterator[Conflict]:
    location: Location = ("cluster", "namespace")
    if stack.cluster.kubeconfig and not stack.cluster.context:
        text = "missing beside `kubeconfig`: name the context to use from that file"
        yield Conflict(("cluster", "context"), text, (("cluster", "kubeconfig"),))
    if stack.namespace == "default" or stack.namespace.startswith("kube-"):
        text = (
            f"{stack.namespace} belongs to the cluster, and an instance needs a namespace of its own: "
            "choose another"
        )
        yield Conflict(location, text)
    try:
        _NAMESPACE.check(stack.namespace)
    except ValueError:
        text = (
            f'its default, "{stack.namespace}", is no name of a namespace: write one of at most 63 '
            "lower-case letters, digits and hyphens"
        )
        yield Conflict(location, text)


def _mail(stack: Stack) -> Iterator[Conflict]:
    delivery = stack.mail.delivery
    if isinstance(delivery, MailRelay) and stack.cluster.ip_family == "IPv6":
        text = (
            "relay takes mail from private networks of IPv4 alone, and would refuse pods with addresses of "
            "IPv6: write smtp, with a server of yours or of a provider, or ses"
        )
        yield Conflict(("mail", "delivery", "source"), text, (("cluster", "ip_family"),))
    if not isinstance(delivery, MailSmtp):
        return
    where: Location = ("mail", "delivery")
    usual = {465: "tls", 587: "starttls"}.get(delivery.port)
    if usual and delivery.security not in (usual, "none"):
        text = (
            f"{delivery.security} is not what servers speak on port {delivery.port}: write {usual}, or "
            "another port"
        )
        yield Conflict((*where, "security"), text, (where,))
    if delivery.username and delivery.security == "none":
        text = (
            "none would send the password of `username` unencrypted: write starttls or tls, or leave out "
            "`username`"
        )
        yield Conflict((*where, "security"), text, (where,))


def _event_bus(stack: Stack) -> Iterator[Conflict]:
    if stack.event_bus.consumers and not stack.event_bus.enabled:
        text = "there is nothing to listen to while `enabled` is false: set it to true, or leave them out"
        yield Conflict(("event_bus", "consumers"), text, (("event_bus", "enabled"),))


def _free_settings(stack: Stack) -> Iterator[Conflict]:
    """Free settings that are merged with what the program computes, and so must have its form."""
    for site in ("common", "lms", "studio"):
        for name, value in getattr(stack.settings, site).items():
            for text in merge_faults(name, value):
                yield Conflict(("settings", site, name), text)


def _identities(stack: Stack) -> Iterator[Conflict]:
    for index, override in enumerate(stack.overrides):
        for key in sorted({"apiVersion", "kind"} & override.patch.keys()):
            text = "identifies the object, which a patch can't change: leave it out"
            yield Conflict(("overrides", index, "patch", key), text)


_RULES: tuple[Callable[[Stack], Iterator[Conflict]], ...] = (
    hosts.conflicts,
    _cluster,
    reserved_names.conflicts,
    datastores.conflicts,
    search.conflicts,
    aws.conflicts,
    sizing.conflicts,
    _event_bus,
    ingress.conflicts,
    _mail,
    frontends.conflicts,
    services.conflicts,
    plugins.conflicts,
    companions.conflicts,
    limits.conflicts,
    images.conflicts,
    versions.conflicts,
    operations.conflicts,
    containers.conflicts,
    development.conflicts,
    _free_settings,
    _identities,
)
