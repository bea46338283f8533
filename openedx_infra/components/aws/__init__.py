"""Which servers does AWS run for an instance? The instance's own stack makes them."""

from __future__ import annotations

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.components.store import FileStore, Store
from openedx_infra.config.datastores.mongodb import MongodbDocumentdb
from openedx_infra.config.datastores.mysql import MysqlAurora, MysqlRds
from openedx_infra.config.datastores.search import SearchOpensearch
from openedx_infra.config.datastores.storage import StorageS3
from openedx_infra.config.datastores.valkey import BrokerElasticache, CacheElasticache
from openedx_infra.config.mail import MailSes
from openedx_infra.settings import connections


def rds(instance: Instance, said: MysqlRds, parent: pulumi.Resource) -> Store[connections.Mysql]:
    """Amazon RDS for MySQL."""
    raise NotImplementedError


def aurora(instance: Instance, said: MysqlAurora, parent: pulumi.Resource) -> Store[connections.Mysql]:
    """Amazon Aurora for MySQL."""
    raise NotImplementedError


def documentdb(
    instance: Instance, said: MongodbDocumentdb, parent: pulumi.Resource
) -> Store[connections.Mongodb]:
    """Amazon DocumentDB."""
    raise NotImplementedError


def broker(instance: Instance, said: BrokerElasticache, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Amazon ElastiCache as broker."""
    raise NotImplementedError


def cache(instance: Instance, said: CacheElasticache, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Amazon ElastiCache as cache."""
    raise NotImplementedError


def opensearch(
    instance: Instance, said: SearchOpensearch, parent: pulumi.Resource
) -> Store[connections.Search]:
    """Amazon OpenSearch Service."""
    raise NotImplementedError


def buckets(instance: Instance, said: StorageS3, parent: pulumi.Resource) -> FileStore:
    """Buckets on Amazon S3."""
    raise NotImplementedError


def ses(instance: Instance, said: MailSes, parent: pulumi.Resource) -> Store[connections.Ses]:
    """Amazon SES."""
    raise NotImplementedError
