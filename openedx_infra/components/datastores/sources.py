"""Chooses who makes a datastore, by its section of the stack file.

The only place that knows all sources. What is on AWS is imported only when it is asked for: nobody else shall
wait for its library.
"""

from __future__ import annotations

from typing import assert_never

import pulumi

from openedx_infra.components.datastores import external, in_cluster, operators, shared
from openedx_infra.components.datastores.store import FileStore, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores import mongodb as mongodb_config
from openedx_infra.config.datastores import mysql as mysql_config
from openedx_infra.config.datastores import search as search_config
from openedx_infra.config.datastores import storage as storage_config
from openedx_infra.config.datastores import valkey as valkey_config
from openedx_infra.config.sections.mail import MailDelivery, MailRelay, MailSes, MailSmtp
from openedx_infra.services import meilisearch, object_storage, smtp, valkey
from openedx_infra.services import mongodb as mongodb_service
from openedx_infra.services import mysql as mysql_service
from openedx_infra.settings import connections


def mysql(
    instance: Instance, section: mysql_config.Mysql, parent: pulumi.Resource
) -> Store[connections.Mysql]:
    """MySQL."""
    match section:
        case mysql_config.MysqlInCluster():
            return in_cluster.store(mysql_service.service(instance.stack, section), instance, parent)
        case mysql_config.MysqlOperator():
            return operators.mysql(instance, section, parent)
        case mysql_config.MysqlExternal():
            return external.mysql(instance, section)
        case mysql_config.MysqlRds() | mysql_config.MysqlAurora():
            from openedx_infra.components.datastores.aws import databases

            return databases.mysql(instance, section, parent)
        case mysql_config.MysqlShared():
            return shared.mysql(instance, section)
        case _:
            assert_never(section)


def mongodb(
    instance: Instance, section: mongodb_config.Mongodb, parent: pulumi.Resource
) -> Store[connections.Mongodb]:
    """MongoDB."""
    match section:
        case mongodb_config.MongodbInCluster():
            return in_cluster.store(mongodb_service.service(instance.stack, section), instance, parent)
        case mongodb_config.MongodbOperator():
            return operators.mongodb(instance, section, parent)
        case mongodb_config.MongodbExternal():
            return external.mongodb(instance, section)
        case mongodb_config.MongodbDocumentdb():
            from openedx_infra.components.datastores.aws import databases

            return databases.mongodb(instance, section, parent)
        case mongodb_config.MongodbShared():
            return shared.mongodb(instance, section)
        case _:
            assert_never(section)


def broker(
    instance: Instance, section: valkey_config.Broker, parent: pulumi.Resource
) -> Store[connections.Valkey]:
    """Celery's broker and the event bus."""
    match section:
        case valkey_config.BrokerInCluster():
            return in_cluster.store(valkey.broker(instance.stack, section), instance, parent)
        case valkey_config.BrokerOperator():
            return operators.broker(instance, section, parent)
        case valkey_config.BrokerExternal():
            return external.broker(instance, section)
        case valkey_config.BrokerElasticache():
            from openedx_infra.components.datastores.aws import caches

            return caches.broker(instance, section, parent)
        case valkey_config.BrokerShared():
            return shared.broker(instance, section)
        case _:
            assert_never(section)


def cache(
    instance: Instance, section: valkey_config.Cache, parent: pulumi.Resource
) -> Store[connections.Valkey]:
    """Django's cache."""
    match section:
        case valkey_config.CacheInCluster():
            return in_cluster.store(valkey.cache(instance.stack, section), instance, parent)
        case valkey_config.CacheOperator():
            return operators.cache(instance, section, parent)
        case valkey_config.CacheExternal():
            return external.cache(instance, section)
        case valkey_config.CacheElasticache():
            from openedx_infra.components.datastores.aws import caches

            return caches.cache(instance, section, parent)
        case valkey_config.CacheShared():
            return shared.cache(instance, section)
        case _:
            assert_never(section)


def search(
    instance: Instance, section: search_config.Search, parent: pulumi.Resource
) -> Store[connections.Search]:
    """The search engine."""
    match section:
        case search_config.SearchInCluster():
            return in_cluster.store(meilisearch.service(instance.stack, section), instance, parent)
        case search_config.SearchExternal():
            return external.search(instance, section)
        case search_config.SearchOpensearch():
            from openedx_infra.components.datastores.aws import caches

            return caches.search(instance, section, parent)
        case search_config.SearchShared():
            return shared.search(instance, section)
        case _:
            assert_never(section)


def storage(instance: Instance, section: storage_config.Storage, parent: pulumi.Resource) -> FileStore:
    """Uploaded files."""
    match section:
        case storage_config.StorageVolumes():
            return in_cluster.shared_volumes(instance, section, parent)
        case storage_config.StorageInCluster():
            return in_cluster.buckets(object_storage.service(instance.stack, section), instance, parent)
        case storage_config.StorageExternal():
            return external.storage(instance, section)
        case storage_config.StorageS3():
            from openedx_infra.components.datastores.aws import files

            return files.buckets(instance, section, parent)
        case _:
            assert_never(section)


def mail(
    instance: Instance, section: MailDelivery, parent: pulumi.Resource
) -> Store[connections.Smtp] | Store[connections.Ses]:
    """The way that mail goes."""
    match section:
        case MailRelay():
            return in_cluster.store(smtp.service(instance.stack, section), instance, parent)
        case MailSmtp():
            return external.mail(instance, section)
        case MailSes():
            from openedx_infra.components.datastores.aws import mail as by_aws

            return by_aws.ses(instance, section, parent)
        case _:
            assert_never(section)
