from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tools.download import Downloader, DownloadError, published_checksum
from tools.model import Platform, Release, Tool

LINUX = Platform(system="linux", machine="amd64")
NAME = "spade-linux.tar.gz"


def fetch(tool: Tool, into: Path, target: Platform = LINUX) -> str:
    into.mkdir(exist_ok=True)
    with Downloader(target) as downloader:
        return downloader.fetch(tool, into, lambda _: None)


def test_a_release_with_the_published_checksum_is_unpacked(
    tool: Tool, releases: Any, packed: Callable[..., bytes], tmp_path: Path
) -> None:
    releases.publish(NAME, packed(spade=b"#!/bin/sh\n", README=b"no"))
    assert fetch(tool, tmp_path / "out") == f"{releases.url}/{NAME}"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["spade"]
    assert (tmp_path / "out" / "spade").stat().st_mode & 0o111


def test_a_wrong_checksum_is_refused(
    tool: Tool, releases: Any, packed: Callable[..., bytes], tmp_path: Path
) -> None:
    releases.publish(NAME, packed(spade=b"good"))
    releases.files[f"/{NAME}"] = packed(spade=b"evil")
    with pytest.raises(DownloadError, match=r"refused .*its checksum is .* published is"):
        fetch(tool, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_missing_checksum_is_refused_before_anything_is_fetched(
    tool: Tool, releases: Any, packed: Callable[..., bytes], tmp_path: Path
) -> None:
    releases.publish("another.tar.gz", packed(spade=b"good"))
    with pytest.raises(DownloadError, match=f"publishes no checksum for {NAME}"):
        fetch(tool, tmp_path / "out")
    assert releases.asked == ["/SHA256SUMS"]


def test_a_transfer_that_breaks_off_is_tried_again_and_then_told(
    tool: Tool, releases: Any, packed: Callable[..., bytes], tmp_path: Path
) -> None:
    releases.publish(NAME, packed(spade=b"x" * 1000))
    releases.cut = 20
    with pytest.raises(DownloadError, match=r"the transfer from 127\.0\.0\.1 broke off"):
        fetch(tool, tmp_path / "out")
    assert releases.asked.count(f"/{NAME}") == 2


def test_what_is_not_there_is_told(tool: Tool, releases: Any, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="/SHA256SUMS answers 404"):
        fetch(tool, tmp_path / "out")


def test_a_release_without_the_binary_is_refused(
    tool: Tool, releases: Any, packed: Callable[..., bytes], tmp_path: Path
) -> None:
    releases.publish(NAME, packed(shovel=b""))
    with pytest.raises(DownloadError, match="holds no spade"):
        fetch(tool, tmp_path / "out")


def test_a_platform_without_a_release_is_not_asked_for(tool: Tool, releases: Any, tmp_path: Path) -> None:
    linux_only = replace(tool, release=replace(tool.release, systems=("linux",)))
    with pytest.raises(DownloadError, match="no official release for darwin"):
        fetch(linux_only, tmp_path / "out", Platform(system="darwin", machine="arm64"))
    assert releases.asked == []


def test_single_binaries_each_have_their_own_checksum(tool: Tool, releases: Any, tmp_path: Path) -> None:
    for name in ("spade", "fork"):
        releases.files[f"/linux/{name}"] = name.encode()
        releases.files[f"/linux/{name}.sha256"] = hashlib.sha256(name.encode()).hexdigest().encode()
    url = f"{releases.url}/{{os}}/{{binary}}"
    several = replace(tool, binaries=("spade", "fork"), release=Release(url=url, checksums=url + ".sha256"))
    fetch(several, tmp_path / "out")
    assert (tmp_path / "out" / "fork").read_bytes() == b"fork"


@pytest.mark.parametrize("host", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
def test_a_host_that_cannot_be_reached_is_asked_once_a_run(tool: Tool, tmp_path: Path, host: str) -> None:
    away = replace(tool, release=Release(url=f"{host}/a.tar.gz", checksums=f"{host}/SUMS"))
    with Downloader(LINUX) as downloader:
        for _ in range(2):
            with pytest.raises(DownloadError, match="cannot be reached"):
                downloader.fetch(away, tmp_path, lambda _: None)
        downloader._client.close()
        with pytest.raises(DownloadError, match="cannot be reached"):
            downloader.fetch(away, tmp_path, lambda _: None)


SUM = "ab" * 32


@pytest.mark.parametrize(
    ("text", "checksum"),
    [
        (f"{SUM}  {NAME}\n{'cd' * 32}  other", SUM),
        (f"{SUM.upper()} *{NAME}\n", SUM),
        (f"{SUM}\n", SUM),
        (f"{'ab' * 64}  {NAME}", "ab" * 64),
        (f"{'ab' * 20}  {NAME}", None),
        (f"{SUM}  other", None),
        (f"{SUM}  {NAME}\n{'cd' * 32}  {NAME}", None),
        ("", None),
        (json.dumps({"assets": [{"name": NAME, "digest": f"sha256:{SUM}"}]}), SUM),
        (json.dumps({"assets": [{"name": NAME, "digest": None}]}), None),
        (json.dumps({"message": "rate limit"}), None),
    ],
)
def test_published_checksums_are_understood_and_weak_ones_are_not_believed(
    text: str, checksum: str | None
) -> None:
    assert published_checksum(text, NAME) == checksum
