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


def mysql(instance: Instance, said: said_mysql.Mysql, parent: pulumi.Resource) -> Store[connections.Mysql]:
    """MySQL."""
    match said:
        case said_mysql.MysqlInCluster():
            return in_cluster.store(mysql_service.service(instance.stack, said), instance, parent)
        case said_mysql.MysqlOperator():
            return operators.mysql(instance, said, parent)
        case said_mysql.MysqlExternal():
            return external.mysql(instance, said)
        case said_mysql.MysqlRds() | said_mysql.MysqlAurora():
            from openedx_infra.components.datastores.aws import databases

            return databases.mysql(instance, said, parent)
        case said_mysql.MysqlShared():
            return shared.mysql(instance, said)
        case _:
            assert_never(said)


def mongodb(
    instance: Instance, said: said_mongodb.Mongodb, parent: pulumi.Resource
) -> Store[connections.Mongodb]:
    """MongoDB."""
    match said:
        case said_mongodb.MongodbInCluster():
            return in_cluster.store(mongodb_service.service(instance.stack, said), instance, parent)
        case said_mongodb.MongodbOperator():
            return operators.mongodb(instance, said, parent)
        case said_mongodb.MongodbExternal():
            return external.mongodb(instance, said)
        case said_mongodb.MongodbDocumentdb():
            from openedx_infra.components.datastores.aws import databases

            return databases.mongodb(instance, said, parent)
        case said_mongodb.MongodbShared():
            return shared.mongodb(instance, said)
        case _:
            assert_never(said)


def broker(
    instance: Instance, said: said_valkey.Broker, parent: pulumi.Resource
) -> Store[connections.Valkey]:
    """Celery's broker and the event bus."""
    match said:
        case said_valkey.BrokerInCluster():
            return in_cluster.store(valkey.broker(instance.stack, said), instance, parent)
        case said_valkey.BrokerOperator():
            return operators.broker(instance, said, parent)
        case said_valkey.BrokerExternal():
            return external.broker(instance, said)
        case said_valkey.BrokerElasticache():
            from openedx_infra.components.datastores.aws import caches

            return caches.broker(instance, said, parent)
        case said_valkey.BrokerShared():
            return shared.broker(instance, said)
        case _:
            assert_never(said)


def cache(instance: Instance, said: said_valkey.Cache, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Django's cache."""
    match said:
        case said_valkey.CacheInCluster():
            return in_cluster.store(valkey.cache(instance.stack, said), instance, parent)
        case said_valkey.CacheOperator():
            return operators.cache(instance, said, parent)
        case said_valkey.CacheExternal():
            return external.cache(instance, said)
        case said_valkey.CacheElasticache():
            from openedx_infra.components.datastores.aws import caches

            return caches.cache(instance, said, parent)
        case said_valkey.CacheShared():
            return shared.cache(instance, said)
        case _:
            assert_never(said)


def search(
    instance: Instance, said: said_search.Search, parent: pulumi.Resource
) -> Store[connections.Search]:
    """The search engine."""
    match said:
        case said_search.SearchInCluster():
            return in_cluster.store(meilisearch.service(instance.stack, said), instance, parent)
        case said_search.SearchExternal():
            return external.search(instance, said)
        case said_search.SearchOpensearch():
            from openedx_infra.components.datastores.aws import caches

            return caches.search(instance, said, parent)
        case said_search.SearchShared():
            return shared.search(instance, said)
        case _:
            assert_never(said)


def storage(instance: Instance, said: said_storage.Storage, parent: pulumi.Resource) -> FileStore:
    """Uploaded files."""
    match said:
        case said_storage.StorageVolumes():
            return in_cluster.shared_volumes(instance, said, parent)
        case said_storage.StorageInCluster():
            return in_cluster.buckets(object_storage.service(instance.stack, said), instance, parent)
        case said_storage.StorageExternal():
            return external.storage(instance, said)
        case said_storage.StorageS3():
            from openedx_infra.components.datastores.aws import files

            return files.buckets(instance, said, parent)
        case _:
            assert_never(said)


def mail(
    instance: Instance, said: MailDelivery, parent: pulumi.Resource
) -> Store[connections.Smtp] | Store[connections.Ses]:
    """The way that mail goes."""
    match said:
        case MailRelay():
            return in_cluster.store(smtp.service(instance.stack, said), instance, parent)
        case MailSmtp():
            return external.mail(instance, said)
        case MailSes():
            from openedx_infra.components.datastores.aws import mail as by_aws

            return by_aws.ses(instance, said, parent)
        case _:
            assert_never(said)
