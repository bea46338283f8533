"""A stack file is read rightly, and everything wrong in its form is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_infra.config import ConfigError, load
from openedx_infra.config.secrets.needed import required
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file

SITE = "  openedx:site:\n    lms_host: learn.example.org\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "Pulumi.mine.yaml"
    path.write_text(text)
    return path


def problems(path: Path, *, secrets: bool = False) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        stack_file.validated(stack_file.read("mine", path), secrets=secrets)
    return caught.value.problems


def test_a_file_that_names_no_cluster_is_local(tmp_path: Path) -> None:
    file = stack_file.read("mine", write(tmp_path, "config:\n" + SITE))
    assert file.local
    assert stack_file.validated(file).site.studio_host == "studio.learn.example.org"


def test_a_file_that_names_a_context_is_not_local(tmp_path: Path) -> None:
    text = "config:\n" + SITE + "  openedx:cluster: {context: k3s}\n"
    assert not stack_file.read("mine", write(tmp_path, text)).local


def test_a_missing_file_names_the_stacks_that_exist(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="does not exist") as caught:
        stack_file.read("absent", tmp_path / "Pulumi.absent.yaml")
    assert "dev" in (caught.value.remedy or "")


def test_broken_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 4"):
        stack_file.read("mine", write(tmp_path, "config:\n  a: 1\n  b: [\n"))


def test_a_key_said_twice_is_no_valid_yaml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="duplicate key"):
        stack_file.read("mine", write(tmp_path, "config:\n" + SITE + SITE))


def test_every_fault_of_form_and_content_comes_at_once(tmp_path: Path) -> None:
    text = (
        "confg: 1\nconfig:\n  foo:bar: 1\n  site: {}\n  openedx:site: {lms_host: nonsense}\n"
        "  openedx:secrets: {mysql_password: hunter2, mysq_password: {secure: v1:x}}\n"
    )
    found = "\n".join(problems(write(tmp_path, text)))
    for key in ("confg", "foo:bar", "site", "openedx:site.lms_host", "openedx:secrets.mysq_password"):
        assert f"{key}: " in found
    assert "did you mean `mysql_password`?" in found
    assert "plain text" in found
    assert "hunter2" not in found, "a secret in plain text must not be repeated"


def test_all_secrets_that_are_missing_are_named(tmp_path: Path) -> None:
    text = "config:\n" + SITE + "  openedx:secrets:\n    mysql_password:\n      secure: v1:x\n"
    found = problems(write(tmp_path, text), secrets=True)
    stack = load("mine", {"site": {"lms_host": "learn.example.org"}})
    wanted = {f"openedx:secrets.{secret.name}" for secret in required(stack)}
    assert {line.split(":", 2)[0] + ":" + line.split(":", 2)[1] for line in found} == wanted - {
        "openedx:secrets.mysql_password"
    }
    assert all("secrets generate --stack mine" in line for line in found)


def test_missing_secrets_are_named_beside_other_faults(tmp_path: Path) -> None:
    found = "\n".join(problems(write(tmp_path, "config:\n  openedx:site: {lms_host: x}\n"), secrets=True))
    assert "openedx:site.lms_host" in found
    assert "openedx:secrets.django_secret_key" in found
    assert "openedx:secrets.mysql_password" not in found, "whose it is depends on what is faulty"


def test_a_password_that_is_the_operators_is_asked_for(tmp_path: Path) -> None:
    text = (
        "config:\n"
        + SITE
        + "  openedx:mail:\n    delivery: {source: smtp, host: mail.example.org, username: me}\n"
    )
    found = [line for line in problems(write(tmp_path, text), secrets=True) if "mail_password" in line]
    assert found and "run `openedx-infra secrets set mail_password --stack mine`" in found[0]


def test_secrets_of_the_operators_have_names_of_their_own(tmp_path: Path) -> None:
    text = (
        "config:\n"
        + SITE
        + "  openedx:settings: {lms: {A: [{secret: mysql_passwort}]}}\n"
        + "  openedx:secrets:\n"
        + "    mysql_passwort: {secure: v1:x}\n"
        + "    mysql_pasword: {secure: v1:x}\n"
        + "    crm: {secure: v1:x}\n"
        + "    plain: hunter2\n"
        + "    mysql_password: hunter2\n"
        + "    Capital: {secure: v1:x}\n"
    )
    found = problems(write(tmp_path, text))
    assert found == (
        "openedx:secrets.mysql_pasword: no secret of this program, and nothing refers to it; "
        "did you mean `mysql_password`?",
        "openedx:secrets.plain: stands there in plain text: remove it, assume it has leaked, and run "
        "`openedx-infra secrets set plain --stack mine`",
        "openedx:secrets.mysql_password: stands there in plain text: remove it, assume it has leaked, and "
        "run `openedx-infra secrets generate --stack mine`",
        'openedx:secrets.Capital: the name "Capital" is no name of a secret: write at most 63 lower-case '
        "letters, digits and underscores, with a letter first, such as google_oauth_secret",
    )
