"""The effective file of a local stack has what the checkout says, and nothing that must stay out."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from openedx_infra.operations.stack_files import local_stack, stack_file
from openedx_infra.operations.stack_files.local_stack import Address

TEXT = "config:\n  openedx:site:\n    lms_host: {host}\n  openedx:cluster:\n    namespace: mine\n"
ADDRESS = Address(context="embedded", kubeconfig=Path("/state/kubeconfig"))


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENEDX_INFRA_STATE", str(tmp_path / "state"))


def said(folder: Path, host: str = "one.example.org") -> stack_file.StackFile:
    path = folder / "Pulumi.mine.yaml"
    path.write_text(TEXT.format(host=host))
    return stack_file.read("mine", path)


def encrypt(name: str) -> None:
    """What Pulumi does to the effective file: it adds a salt and an encrypted value."""
    path = local_stack.effective_path("mine")
    text = path.read_text()
    path.write_text(f"encryptionsalt: v1:salt\n{text}  openedx:secrets:\n    {name}:\n      secure: v1:x\n")


def test_the_cluster_is_the_embedded_one_and_other_keys_stay(tmp_path: Path) -> None:
    file = local_stack.write_effective(said(tmp_path), ADDRESS)
    assert file.values["cluster"] == {
        "namespace": "mine",
        "context": "embedded",
        "kubeconfig": "/state/kubeconfig",
    }
    assert local_stack.effective_file("mine").content == file.content


def test_secrets_and_salt_survive_while_the_checkout_is_read_anew(tmp_path: Path) -> None:
    local_stack.write_effective(said(tmp_path), ADDRESS)
    encrypt("mysql_password")
    file = local_stack.write_effective(said(tmp_path, "two.example.org"), None)
    assert file.secrets == {"mysql_password": "v1:x"}
    assert file.content["encryptionsalt"] == "v1:salt"
    assert file.values["site"] == {"lms_host": "two.example.org"}
    assert file.values["cluster"]["context"] == "embedded", "without an address the last one is kept"


def test_a_key_that_the_checkout_drops_is_dropped(tmp_path: Path) -> None:
    local_stack.write_effective(said(tmp_path), ADDRESS)
    path = tmp_path / "Pulumi.mine.yaml"
    path.write_text("config:\n  openedx:site: {lms_host: one.example.org}\n")
    file = local_stack.write_effective(stack_file.read("mine", path), ADDRESS)
    assert "namespace" not in file.values["cluster"]


def test_only_its_owner_reads_it_and_the_checkout_is_untouched(tmp_path: Path) -> None:
    file = said(tmp_path)
    before = file.path.read_bytes()
    effective = local_stack.write_effective(file, ADDRESS).path
    assert stat.S_IMODE(effective.stat().st_mode) == 0o600
    assert stat.S_IMODE(effective.parent.stat().st_mode) == 0o700
    assert file.path.read_bytes() == before
    assert tmp_path / "state" in effective.parents
