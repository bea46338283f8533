"""`init` leaves a stack file whose secrets are there, encrypted by Pulumi, and that `check` finds right."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from checkouts import Checkout

pytestmark = pytest.mark.engine

ANSWERS = (
    *("--situation", "server", "--stack", "mine", "--lms-host", "learn.example.org"),
    *("--email", "office@example.org", "--tls", "upstream", "--smtp-host", "smtp.example.org"),
)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("{}\n", encoding="utf-8")
    return Checkout(tmp_path / "checkout", tmp_path / "machine", kubeconfig)


def test_a_new_stack_has_its_file_and_its_secrets(checkout: Checkout) -> None:
    done = checkout.run("openedx-infra", "init", *ANSWERS)
    assert done.code == 0, done.text
    path = checkout.folder / "Pulumi.mine.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    secrets = content["config"]["openedx:secrets"]
    assert content["encryptionsalt"] and len(secrets) >= 14
    assert all(list(secret) == ["secure"] for secret in secrets.values())
    assert "# Point all four names to the server" in path.read_text(encoding="utf-8"), "comments stay"
    assert "passphrase" in done.text and "make up STACK=mine" in done.text
    assert checkout.changed() == "?? Pulumi.mine.yaml\n"

    checked = checkout.run("openedx-infra", "check", "--stack", "mine")
    assert checked.code == 0 and "up` will refuse" not in checked.text, checked.text
    before = path.read_bytes()
    again = checkout.run("openedx-infra", "init", *ANSWERS)
    assert again.code == 1 and "already" in again.text and path.read_bytes() == before


def test_what_only_the_operator_knows_is_left_as_a_step(checkout: Checkout) -> None:
    done = checkout.run("openedx-infra", "init", *ANSWERS, "--smtp-user", "campus", "--backup-bucket", "kept")
    assert done.code == 0, done.text
    for name in ("mail_password", "backup_access_key", "backup_secret_key"):
        assert f". .venv/bin/openedx-infra secrets set {name} --stack mine\n" in done.out
    assert "nothing was changed" not in done.text
    again = checkout.run("openedx-infra", "secrets", "generate", "--stack", "mine")
    assert (
        again.code == 0
        and "as none is missing that can be made" in again.out
        and "mail_password" in again.out
    )
