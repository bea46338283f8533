"""Errors of the private builder where it can't start; its builds are tested with the images."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.builder import Builder
from tools.errors import ToolError


def test_without_root_a_builder_of_dockers_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ToolError, match="needs root") as raised:
        Builder(tmp_path / "builder").start()
    assert "docker buildx ls" in str(raised.value)


def test_without_runc_its_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="no runc on PATH") as raised:
        Builder(tmp_path / "builder").start()
    assert "apt-get install runc" in str(raised.value)
    assert not (tmp_path / "builder").exists()


def test_who_asks_for_it_keeps_the_environment(tmp_path: Path) -> None:
    environment = Builder(tmp_path / "builder").environment({"PATH": "/bin", "BUILDX_BUILDER": "mine"})
    assert environment == {
        "PATH": "/bin",
        "BUILDX_CONFIG": str(tmp_path / "builder/buildx"),
        "BUILDX_BUILDER": "openedx-infra",
    }
