"""The secrets that a stack needs, and who knows their values: this program, or only the operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from openedx_infra.config.datastores.password_limits import PasswordLimit
from openedx_infra.config.datastores.source import SecretNeed, generated, only_operator_knows
from openedx_infra.config.secrets.catalogue import (
    BY_NAME,
    PLATFORM_SECRETS,
    SECRETS,
    Secret,
    client_key,
    duty_secret,
    registry_password,
)
from openedx_infra.config.secrets.references import needed_by_references
from openedx_infra.config.sections.issuers import Acme, AcmeDns
from openedx_infra.config.sections.parts.retirement import RETIREMENT_SECRET
from openedx_infra.config.services.registry import companions, with_section
from openedx_infra.config.stack import PROJECT, SECRETS_KEY, Stack


def required(stack: Stack) -> tuple[Secret, ...]:
    """The secrets that this stack needs, in their usual order.

    Where a server that somebody else runs knows the value already, the secret has no `make`.
    """
    needs = {need.name: need.generated for need in _needs(stack)}
    registries = stack.images.registries.items()
    return (
        *(
            secret if needs[secret.name] else replace(secret, make=None)
            for secret in SECRETS
            if secret.name in needs
        ),
        *(registry_password(name, registry.host) for name, registry in registries),
        *(duty_secret(name) for name in sorted(stack.duties.secrets)),
        *needed_by_references(stack),
        *(secret for each in companions(stack) for secret in each.service.secrets(stack, each.section)),
    )


def kept(stack: Stack) -> tuple[Secret, ...]:
    """The secrets of companion services that are off: they go on with these when they are on again."""
    resting = (each for each in with_section(stack) if not each.section.enabled)
    return tuple(secret for each in resting for secret in each.service.secrets(stack, each.section))


def password_limits(stack: Stack) -> dict[str, PasswordLimit]:
    """What services of AWS demand of this stack's secrets, by their names."""
    return {need.name: need.limit for need in _needs(stack) if need.limit}


def missing(stack: Stack, present: set[str]) -> list[str]:
    """One line of explanation for each secret that the stack needs and `present` lacks."""
    return lines(required(stack), stack.name, present)


def lines(secrets: Iterable[Secret], stack: str, present: set[str]) -> list[str]:
    """The same for these secrets of a stack, by its name."""
    return [_line(secret, stack) for secret in secrets if secret.name not in present]


def _line(secret: Secret, stack: str) -> str:
    key = f"{PROJECT}:{SECRETS_KEY}.{secret.name}"
    remedy = (
        f"run `openedx-infra secrets generate --stack {stack}`"
        if secret.make
        else f"run `openedx-infra secrets set {secret.name} --stack {stack}`"
    )
    theirs = ", as the server knows it" if BY_NAME.get(secret.name, secret).make and not secret.make else ""
    return f"{key}: missing ({secret.meaning}{theirs}); {remedy}"


def _needs(stack: Stack) -> Iterator[SecretNeed]:
    yield from generated(*(secret.name for secret in PLATFORM_SECRETS))
    for name, section in stack.stores.items():
        yield from section.secret_needs(name)
    for name, tls in stack.datastores.encryption.items():
        if tls.client_certificate:
            yield from only_operator_knows(client_key(name))
    yield from _of_issuer(stack)
    if stack.backups:
        yield from generated("backup_password")
        yield from only_operator_knows("backup_access_key", "backup_secret_key")
    if stack.monitoring.tracking and stack.monitoring.tracking.server:
        yield from only_operator_knows("tracking_access_key", "tracking_secret_key")
    yield from only_operator_knows(*stack.event_sinks.secrets)
    if stack.retirement.enabled:
        yield from generated(RETIREMENT_SECRET)
        for _, keys in stack.retirement.buckets.values():
            yield from only_operator_knows(*keys)
    for build in (*stack.images.builds.values(), *stack.service_builds.values()):
        yield from only_operator_knows(*build.secret_ids.values())


def _of_issuer(stack: Stack) -> Iterator[SecretNeed]:
    issuer = stack.site.issuer
    if isinstance(issuer, Acme) and issuer.key_id is not None:
        yield from only_operator_knows("acme_account_key")
    if isinstance(issuer, AcmeDns) and issuer.needs_secret:
        yield from only_operator_knows("acme_dns_secret")
