"""Which secrets does a stack need, and who knows their values: this program, or only the operator?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from openedx_infra.config.datastores.external import encryption
from openedx_infra.config.datastores.mongodb import Mongodb, MongodbExternal, MongodbShared
from openedx_infra.config.datastores.mysql import Mysql, MysqlExternal, MysqlShared
from openedx_infra.config.datastores.search import Search, SearchExternal, SearchInCluster, SearchOpensearch
from openedx_infra.config.datastores.storage import Storage, StorageExternal, StorageInCluster
from openedx_infra.config.datastores.valkey import (
    Broker,
    BrokerExternal,
    BrokerShared,
    Cache,
    CacheExternal,
    CacheShared,
)
from openedx_infra.config.secrets.catalogue import (
    BY_NAME,
    PLATFORM_SECRETS,
    SECRETS,
    Secret,
    client_key,
    duty_secret,
    registry_password,
)
from openedx_infra.config.sections.issuers import Acme, AcmeDns
from openedx_infra.config.sections.mail import MailSmtp
from openedx_infra.config.stack import PROJECT, SECRETS_KEY, Stack

_Need = tuple[str, bool]
"""A secret by its name, and whether this program may make it up: not where a server knows it already."""


def required(stack: Stack) -> tuple[Secret, ...]:
    """The secrets that this stack needs, in their usual order.

    Where a server that somebody else runs knows the value already, the secret has no `make`.
    """
    needs = dict(_needs(stack))
    registries = stack.images.registries.items()
    return (
        *(
            secret if needs[secret.name] else replace(secret, make=None)
            for secret in SECRETS
            if secret.name in needs
        ),
        *(registry_password(name, registry.host) for name, registry in registries),
        *(duty_secret(name) for name in sorted(stack.duties.secrets)),
    )


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
        else f"run `pulumi config set --secret --path {key} --stack {stack}`"
    )
    theirs = ", as the server knows it" if BY_NAME.get(secret.name, secret).make and not secret.make else ""
    return f"{key}: missing ({secret.meaning}{theirs}); {remedy}"


def _needs(stack: Stack) -> Iterator[_Need]:
    said = stack.datastores
    yield from ((secret.name, True) for secret in PLATFORM_SECRETS)
    yield from _of_database("mysql", said.mysql)
    yield from _of_database("mongodb", said.mongodb)
    yield from _of_valkey("broker", said.broker)
    yield from _of_valkey("cache", said.cache)
    yield from _of_search(said.search)
    yield from _of_storage(said.storage)
    certified = [store for store, tls in encryption(said).items() if tls.client_certificate]
    yield from ((client_key(store), False) for store in certified)
    delivery = stack.mail.delivery
    if isinstance(delivery, MailSmtp) and delivery.username is not None:
        yield "mail_password", False
    yield from _of_issuer(stack)
    if stack.backups:
        yield from (("backup_password", True), ("backup_access_key", False), ("backup_secret_key", False))
    if stack.monitoring.tracking and stack.monitoring.tracking.server:
        yield from (("tracking_access_key", False), ("tracking_secret_key", False))
    yield from ((f"build_{name}", False) for build in stack.images.builds.values() for name in build.secrets)


def _of_issuer(stack: Stack) -> Iterator[_Need]:
    issuer = stack.site.issuer
    if isinstance(issuer, Acme) and issuer.key_id is not None:
        yield "acme_account_key", False
    if isinstance(issuer, AcmeDns) and issuer.needs_secret:
        yield "acme_dns_secret", False


def _of_database(name: str, said: Mysql | Mongodb) -> Iterator[_Need]:
    """The platform's user; and the administrator, wherever the instance itself makes that user."""
    external = isinstance(said, MysqlExternal | MongodbExternal)
    provisioned = isinstance(said, MysqlExternal | MongodbExternal) and said.provisioned
    yield f"{name}_password", not provisioned
    if not provisioned and not isinstance(said, MysqlShared | MongodbShared):
        yield f"{name}_root_password", not external


def _of_valkey(name: str, said: Broker | Cache) -> Iterator[_Need]:
    external = isinstance(said, BrokerExternal | CacheExternal)
    if isinstance(said, BrokerShared | CacheShared):
        return
    if not isinstance(said, BrokerExternal | CacheExternal) or said.authenticated:
        yield f"{name}_password", not external


def _of_search(said: Search) -> Iterator[_Need]:
    if isinstance(said, SearchInCluster):
        yield "meilisearch_master_key", True
    elif isinstance(said, SearchOpensearch):
        yield "search_password", True
    elif isinstance(said, SearchExternal):
        if said.engine == "typesense" or (said.engine == "meilisearch" and said.provisioned):
            yield "search_api_key", False
        elif said.engine == "meilisearch":
            yield "meilisearch_master_key", False
        elif said.username is not None:
            yield "search_password", False


def _of_storage(said: Storage) -> Iterator[_Need]:
    if isinstance(said, StorageInCluster | StorageExternal):
        own = isinstance(said, StorageInCluster)
        if own:
            yield "s3_root_secret_key", True
        yield "s3_access_key", own
        yield "s3_secret_key", own
