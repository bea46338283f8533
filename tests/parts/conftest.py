"""What tests of parts share: an authority, and servers that are started once for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import Authority
from looking import Looker
from s3_fixtures import s3, s3_servers
from servers import MariaDb, demand_modules

__all__ = ["s3", "s3_servers"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who vouches for the servers of these tests."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def looker(tmp_path: Path) -> Looker:
    """Runs preflights."""
    demand_modules("MySQLdb", "pymongo", "redis", "boto3")
    return Looker(tmp_path / "pod")


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[MariaDb]:
    """A MariaDB server that speaks TLS, where root has no password by its socket."""
    server = MariaDb(tmp_path_factory.mktemp("mariadb"))
    server.start(authority.issue())
    server.sql("INSERT INTO mysql.time_zone_name VALUES ('UTC', 1), ('Europe/Berlin', 1)")
    yield server
    server.stop()
