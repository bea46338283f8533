"""Servers that operators of the cluster run: custom resources, awaited until ready."""

from openedx_infra.components.datastores.operators.mongodb import mongodb
from openedx_infra.components.datastores.operators.mysql import mysql
from openedx_infra.components.datastores.operators.valkey import broker, cache

__all__ = ["broker", "cache", "mongodb", "mysql"]
