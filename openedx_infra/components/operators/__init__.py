"""Which servers do operators of the cluster run for an instance? Custom resources, awaited until ready."""

from __future__ import annotations

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.components.store import Store
from openedx_infra.config.datastores.mongodb import MongodbOperator
from openedx_infra.config.datastores.mysql import MysqlOperator
from openedx_infra.config.datastores.valkey import BrokerOperator, CacheOperator
from openedx_infra.settings import connections


def mysql(instance: Instance, said: MysqlOperator, parent: pulumi.Resource) -> Store[connections.Mysql]:
    """MySQL."""
    raise NotImplementedError


def mongodb(instance: Instance, said: MongodbOperator, parent: pulumi.Resource) -> Store[connections.Mongodb]:
    """MongoDB."""
    raise NotImplementedError


def broker(instance: Instance, said: BrokerOperator, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Valkey as broker."""
    raise NotImplementedError


def cache(instance: Instance, said: CacheOperator, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Valkey as cache."""
    raise NotImplementedError
