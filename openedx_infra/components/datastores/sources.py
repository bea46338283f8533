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
from openedx_infra.config.datastores import mongodb as said_mongodb
from openedx_infra.config.datastores import mysql as said_mysql
from openedx_infra.config.datastores import search as said_search
from openedx_infra.config.datastores import storage as said_storage
from openedx_infra.config.datastores import valkey as said_valkey
from openedx_infra.config.sections.mail import MailDelivery, MailRelay, MailSes, MailSmtp
from openedx_infra.services import meilisearch, object_storage, smtp, valkey
from openedx_infra.services import mongodb as mongodb_service
from openedx_infra.services import mysql as mysql_service
from openedx_infra.settings import connections


def mysql(instance: Instance, section: said_mysql.Mysql, parent: pulumi.Resource) -> Store[connections.Mysql]:
    """MySQL."""
    match section:
        case said_mysql.MysqlInCluster():
            return in_cluster.store(mysql_service.service(instance.stack, section), instance, parent)
        case said_mysql.MysqlOperator():
            return operators.mysql(instance, section, parent)
        case said_mysql.MysqlExternal():
            return external.mysql(instance, section)
        case said_mysql.MysqlRds() | said_mysql.MysqlAurora():
            from openedx_infra.components.datastores.aws import databases

            return databases.mysql(instance, section, parent)
        case said_mysql.MysqlShared():
            return shared.mysql(instance, section)
        case _:
            assert_never(section)


def mongodb(
    instance: Instance, section: said_mongodb.Mongodb, parent: pulumi.Resource
) -> Store[connections.Mongodb]:
    """MongoDB."""
    match section:
        case said_mongodb.MongodbInCluster():
            return in_cluster.store(mongodb_service.service(instance.stack, section), instance, parent)
        case said_mongodb.MongodbOperator():
            return operators.mongodb(instance, section, parent)
        case said_mongodb.MongodbExternal():
            return external.mongodb(instance, section)
        case said_mongodb.MongodbDocumentdb():
            from openedx_infra.components.datastores.aws import databases

            return databases.mongodb(instance, section, parent)
        case said_mongodb.MongodbShared():
            return shared.mongodb(instance, section)
        case _:
            assert_never(section)


def broker(
    instance: Instance, section: said_valkey.Broker, parent: pulumi.Resource
) -> Store[connections.Valkey]:
    """Celery's broker and the event bus."""
    match section:
        case said_valkey.BrokerInCluster():
            return in_cluster.store(valkey.broker(instance.stack, section), instance, parent)
        case said_valkey.BrokerOperator():
            return operators.broker(instance, section, parent)
        case said_valkey.BrokerExternal():
            return external.broker(instance, section)
        case said_valkey.BrokerElasticache():
            from openedx_infra.components.datastores.aws import caches

            return caches.broker(instance, section, parent)
        case said_valkey.BrokerShared():
            return shared.broker(instance, section)
        case _:
            assert_never(section)


def cache(
    instance: Instance, section: said_valkey.Cache, parent: pulumi.Resource
) -> Store[connections.Valkey]:
    """Django's cache."""
    match section:
        case said_valkey.CacheInCluster():
            return in_cluster.store(valkey.cache(instance.stack, section), instance, parent)
        case said_valkey.CacheOperator():
            return operators.cache(instance, section, parent)
        case said_valkey.CacheExternal():
            return external.cache(instance, section)
        case said_valkey.CacheElasticache():
            from openedx_infra.components.datastores.aws import caches

            return caches.cache(instance, section, parent)
        case said_valkey.CacheShared():
            return shared.cache(instance, section)
        case _:
            assert_never(section)


def search(
    instance: Instance, section: said_search.Search, parent: pulumi.Resource
) -> Store[connections.Search]:
    """The search engine."""
    match section:
        case said_search.SearchInCluster():
            return in_cluster.store(meilisearch.service(instance.stack, section), instance, parent)
        case said_search.SearchExternal():
            return external.search(instance, section)
        case said_search.SearchOpensearch():
            from openedx_infra.components.datastores.aws import caches

            return caches.search(instance, section, parent)
        case said_search.SearchShared():
            return shared.search(instance, section)
        case _:
            assert_never(section)


def storage(instance: Instance, section: said_storage.Storage, parent: pulumi.Resource) -> FileStore:
    """Uploaded files."""
    match section:
        case said_storage.StorageVolumes():
            return in_cluster.shared_volumes(instance, section, parent)
        case said_storage.StorageInCluster():
            return in_cluster.buckets(object_storage.service(instance.stack, section), instance, parent)
        case said_storage.StorageExternal():
            return external.storage(instance, section)
        case said_storage.StorageS3():
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
