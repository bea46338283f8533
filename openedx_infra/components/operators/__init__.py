"""Which servers do operators of the cluster run for an instance? Custom resources, awaited until ready."""

from openedx_infra.components.operators.mongodb import mongodb
from openedx_infra.components.operators.mysql import mysql
from openedx_infra.components.operators.valkey import broker, cache

__all__ = ["broker", "cache", "mongodb", "mysql"]
