"""Which exporters does an instance run, by the names of their Services?"""

from __future__ import annotations

MYSQL = "mysqld-exporter"
BROKER = "broker-exporter"
CACHE = "cache-exporter"
