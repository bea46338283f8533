"""A snapshot of a real server's volume puts every row back, and a damaged one leaves all rows as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import Authority, Pair
from servers import MariaDb

from openedx_infra.scripts.development import volumes

pytestmark = pytest.mark.parts

ROWS = 2000


@pytest.fixture
def pair(authority: Authority) -> Pair:
    return authority.issue()


@pytest.fixture
def server(tmp_path: Path, pair: Pair) -> Iterator[MariaDb]:
    folder = tmp_path / "mysql"
    folder.mkdir()
    server = MariaDb(folder)
    server.start(pair)
    values = ",".join(f"({number}, repeat('x', {number % 500}))" for number in range(ROWS))
    server.sql(
        "CREATE DATABASE openedx",
        "CREATE TABLE openedx.enrollment (id INT PRIMARY KEY, text LONGTEXT)",
        f"INSERT INTO openedx.enrollment VALUES {values}",
    )
    yield server
    server.stop()


def rows(server: MariaDb) -> str:
    return server.sql("SELECT COUNT(*), SUM(CRC32(CONCAT(id, text))) FROM openedx.enrollment")


def test_every_row_comes_back(server: MariaDb, pair: Pair, tmp_path: Path) -> None:
    before, snapshots = rows(server), str(tmp_path / "snapshots")
    mounted = {"mysql": str(server.folder)}
    server.stop()
    volumes.save(snapshots, "first", mounted, {})
    server.start(pair)
    server.sql(
        "DELETE FROM openedx.enrollment WHERE id % 2",
        "CREATE TABLE openedx.later (id INT)",
        "ALTER TABLE openedx.enrollment ADD COLUMN mode VARCHAR(20)",
    )
    changed = rows(server)
    assert changed != before
    archive = tmp_path / "snapshots" / "first" / "mysql.tar"
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-1024] + b"\1" * 1024)
    with pytest.raises(volumes.Refused, match="damaged"):
        volumes.prepare(snapshots, "first", mounted)
    assert rows(server) == changed
    archive.write_bytes(whole)
    # The server runs while the snapshot is unpacked beside its data.
    volumes.prepare(snapshots, "first", mounted)
    assert rows(server) == changed
    server.stop()
    volumes.swap(mounted)
    server.start(pair)
    volumes.discard(mounted)
    assert rows(server) == before
    assert server.sql("SHOW TABLES IN openedx") == "enrollment\n"
    assert "mode" not in server.sql("SHOW COLUMNS FROM openedx.enrollment")
