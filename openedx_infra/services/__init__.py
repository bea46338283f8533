"""The services that an instance runs beside the platform's code: one file each, all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.datastores.mongodb import MongodbInCluster
from openedx_infra.config.datastores.mysql import MysqlInCluster
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.datastores.storage import StorageInCluster
from openedx_infra.config.datastores.valkey import BrokerInCluster, CacheInCluster
from openedx_infra.config.sections.mail import MailRelay
from openedx_infra.services import meilisearch, mongodb, mysql, object_storage, smtp, valkey
from openedx_infra.services.service import Service

COMPANIONS: tuple[Callable[[Stack], Service | None], ...] = ()
"""Services that are no datastore. None, where a stack does without it."""

_DATASTORES: Mapping[type, Callable[[Stack, Any], Service]] = {
    MysqlInCluster: mysql.service,
    MongodbInCluster: mongodb.service,
    BrokerInCluster: valkey.broker,
    CacheInCluster: valkey.cache,
    SearchInCluster: meilisearch.service,
    StorageInCluster: object_storage.service,
    MailRelay: smtp.service,
}
"""Datastores that are services, by their sections of the stack file."""


def companions(stack: Stack) -> list[Service]:
    """The services of a stack that are no datastore."""
    return [service for make in COMPANIONS if (service := make(stack)) is not None]


def services(stack: Stack) -> list[Service]:
    """All services of a stack."""
    sections = [*(section for _, section in stack.datastores), stack.mail.delivery]
    datastores = [_DATASTORES[type(each)](stack, each) for each in sections if type(each) in _DATASTORES]
    return [*datastores, *companions(stack)]
