"""An overlay sets its keys, and leaves the operator's file alone."""

from __future__ import annotations

from pathlib import Path

from openedx_infra.operations.stack_files import overlay, stack_file

TEXT = """\
# mine
encryptionsalt: v1:salt
config:
  openedx:site: {lms_host: learn.example.org, name: Example}
  openedx:secrets: {mysql_password: {secure: v1:abc}}
  openedx:maintenance: {message: Back at ten}
  aws:secretKey: {secure: v1:key}
"""


def _file(folder: Path) -> stack_file.StackFile:
    path = folder / "Pulumi.mine.yaml"
    path.write_text(TEXT)
    return stack_file.read("mine", path)


def test_values_are_laid_over_and_the_rest_stays(tmp_path: Path) -> None:
    file = _file(tmp_path)
    with overlay.overlaid(file, {"maintenance": {"page": True}, "release": "ulmo"}) as path:
        laid = stack_file.read("mine", path)
        assert path.stat().st_mode & 0o077 == 0
    assert laid.values["maintenance"] == {"message": "Back at ten", "page": True}
    assert laid.values["release"] == "ulmo"
    assert laid.values["site"] == file.values["site"]
    assert laid.secrets == file.secrets
    assert laid.content["encryptionsalt"] == "v1:salt"
    assert file.path.read_text() == TEXT


def test_what_is_no_map_takes_the_place_of_what_was_said(tmp_path: Path) -> None:
    with overlay.overlaid(_file(tmp_path), {"site": {"name": ["no", "map"]}}) as path:
        assert stack_file.read("mine", path).values["site"] == {
            "lms_host": "learn.example.org",
            "name": ["no", "map"],
        }


def test_another_configuration_keeps_the_secrets_of_today(tmp_path: Path) -> None:
    file = _file(tmp_path)
    former = {
        "openedx:site": {"lms_host": "old.example.org"},
        "openedx:secrets": {"mysql_password": {"secure": "v1:old"}},
    }
    with overlay.instead(file, former) as path:
        laid = stack_file.read("mine", path)
    assert laid.values["site"] == {"lms_host": "old.example.org"}
    assert laid.secrets == {"mysql_password": "v1:abc"}
    assert laid.config["aws:secretKey"] == {"secure": "v1:key"}
    assert "maintenance" not in laid.values


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with overlay.overlaid(_file(tmp_path), {}) as path:
        assert path.exists()
    assert not path.parent.exists()
