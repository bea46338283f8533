"""The user's own backend and passphrase are kept; the checkout's are used where there is none."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from openedx_infra.operations.state import backend
from openedx_infra.operations.state.pulumi_errors import explain


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENEDX_INFRA_STATE", str(tmp_path / "state"))


@pytest.fixture
def base(tmp_path: Path) -> dict[str, str]:
    return {"PULUMI_CREDENTIALS_PATH": str(tmp_path), "KUBECONFIG": "/home/me/.kube/config"}


def test_by_default_state_and_passphrase_are_files_of_the_checkout(base: dict[str, str]) -> None:
    changed = backend.environment(base, local=True)
    assert changed["PULUMI_BACKEND_URL"].startswith("file:///")
    passphrase = Path(changed["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert len(passphrase.read_text()) >= 40
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600


def test_the_passphrase_is_made_once(base: dict[str, str]) -> None:
    first = backend.passphrase_file().read_text()
    backend.environment(base, local=True)
    assert backend.passphrase_file().read_text() == first


@pytest.mark.parametrize("variable", ["PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"])
def test_a_backend_of_the_environment_is_kept(base: dict[str, str], variable: str) -> None:
    changed = backend.environment({**base, variable: "s3://mine"}, local=False)
    assert changed[variable] == "s3://mine"
    assert changed.get("PULUMI_BACKEND_URL", "s3://mine") == "s3://mine"


def test_a_login_is_kept(base: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text(json.dumps({"current": "https://api.pulumi.com"}))
    assert "PULUMI_BACKEND_URL" not in backend.environment(base, local=False)


def test_a_log_out_is_no_login(base: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text(json.dumps({"current": ""}))
    assert "PULUMI_BACKEND_URL" in backend.environment(base, local=False)


def test_a_passphrase_of_the_environment_is_kept(base: dict[str, str]) -> None:
    changed = backend.environment({**base, "PULUMI_CONFIG_PASSPHRASE": "mine"}, local=False)
    assert changed["PULUMI_CONFIG_PASSPHRASE"] == "mine"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in changed


def test_a_local_stack_never_sees_the_kubeconfig_of_its_surroundings(base: dict[str, str]) -> None:
    assert "KUBECONFIG" not in backend.environment(base, local=True)
    assert backend.environment(base, local=False)["KUBECONFIG"] == base["KUBECONFIG"]


@pytest.mark.parametrize(
    ("said", "told", "remedy"),
    [
        ("error: get stack secrets manager: incorrect passphrase", "can't be decrypted", "PASSPHRASE"),
        ("error: no stack named 'mine' found", "never brought up", "openedx-infra up"),
        ("error: the stack is currently locked by 1 lock(s).", "Another run works", "pulumi cancel"),
        (
            "error: currently locked by\n  file:///l/1.json?no_tmp_dir=true: me",
            "l/1.json: me",
            "pulumi cancel",
        ),
        ("warning: hm\nerror: it is so\n", "error: it is so", None),
        ("\n code: 1\n stdout: hm\n stderr: error: it is so\n", "\n  error: it is so", None),
    ],
)
def test_pulumis_words_become_one_message(
    base: dict[str, str], said: str, told: str, remedy: str | None
) -> None:
    error = explain("mine", said, base)
    assert told in str(error)
    assert "hm" not in error.message
    assert (remedy in (error.remedy or "")) if remedy else error.remedy is None
