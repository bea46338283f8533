"""Secrets are made, rotated and listed, and no value leaves its way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import ConfigError, load
from openedx_infra.config.secrets.catalogue import SECRETS
from openedx_infra.config.secrets.needed import required
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.secrets import entry, secrets
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.pulumi_cli import Cli

STACK = load("mine", {"site": {"lms_host": "learn.example.org"}})


class Pulumi(LiveStack):
    """A stack whose configuration is in memory, and whose command lines are kept."""

    def __init__(self, values: dict[str, str], deployed: str = "") -> None:
        super().__init__("mine", config_file=Path("f"), cli=Cli(Path("pulumi"), {}))
        self.values = values
        self.deployed = deployed
        self.lines: list[str] = []

    def run(self, *arguments: str, folder: Path | None = None, stdin: str | None = None) -> str:
        self.lines.append(" ".join(arguments))
        if arguments[:2] == ("config", "set"):
            key = next(each for each in arguments if each.startswith("openedx:secrets."))
            assert stdin is not None
            self.values[key.removeprefix("openedx:secrets.")] = stdin
            return ""
        if arguments[:2] == ("stack", "export"):
            return self.deployed
        return json.dumps({"openedx:secrets": {"value": json.dumps(self.values), "secret": True}})

    @property
    def file(self) -> StackFile:
        encrypted: dict[str, Any] = {name: {"secure": "v1:x"} for name in self.values}
        content = {"config": {"openedx:secrets": encrypted}}
        return StackFile(name="mine", path=Path("f"), content=content)


def everything() -> Pulumi:
    return Pulumi({secret.name: f"old-{secret.name}" for secret in SECRETS if secret.make})


def test_what_is_missing_is_made_and_the_rest_is_left() -> None:
    live = Pulumi({"mysql_password": "kept"})
    made = secrets.generate(live.file, STACK, live)
    assert live.values["mysql_password"] == "kept"
    assert set(made) == {secret.name for secret in required(STACK)} - {"mysql_password"}
    assert secrets.generate(live.file, STACK, live) == []


def test_no_value_is_ever_on_a_command_line() -> None:
    live = Pulumi({})
    secrets.generate(live.file, STACK, live)
    secrets.rotate(secrets.rotated_by_all(STACK), live.file, STACK, live)
    for value in live.values.values():
        assert not any(part in line for part in value.split() for line in live.lines)


def test_rotation_replaces() -> None:
    live = everything()
    assert secrets.rotate(["mysql_password"], live.file, STACK, live) == ["mysql_password"]
    assert live.values["mysql_password"] != "old-mysql_password"
    assert "mysql_password_previous" not in live.values


@pytest.mark.parametrize("name", ["fernet_keys", "retired_user_salts"])
def test_rotation_keeps_what_old_data_needs(name: str) -> None:
    live = everything()
    secrets.rotate([name], live.file, STACK, live)
    new, old = live.values[name].split("\n")
    assert old == f"old-{name}" != new


@pytest.mark.parametrize("name", ["mysql_root_password", "mongodb_root_password"])
def test_rotation_keeps_the_root_password_that_is_in_force(name: str) -> None:
    live = everything()
    live.deployed = f"… old-{name} …"
    secrets.rotate([name], live.file, STACK, live)
    assert live.values[f"{name}_previous"] == f"old-{name}"
    never_deployed = live.values[name]
    secrets.rotate([name], live.file, STACK, live)
    assert live.values[f"{name}_previous"] == f"old-{name}", "the cluster never had the one in between"
    live.deployed = never_deployed = live.values[name]
    secrets.rotate([name], live.file, STACK, live)
    assert live.values[f"{name}_previous"] == never_deployed


def test_all_leaves_alone_what_cannot_be_had_back() -> None:
    names = secrets.rotated_by_all(STACK)
    assert "profile_image_hash_seed" not in names
    assert "mysql_root_password" in names


@pytest.mark.parametrize(
    ("name", "told"),
    [("nonsense", "no secret"), ("mail_password", "Only you know"), ("mysql_password", "nothing to rotate")],
)
def test_what_cannot_be_rotated_is_told_before_anything_is_touched(name: str, told: str) -> None:
    live = Pulumi({"cache_password": "kept"})
    with pytest.raises(OperationError, match=told):
        secrets.rotate(["cache_password", name], live.file, STACK, live)
    assert live.values == {"cache_password": "kept"}


def test_the_password_of_somebody_elses_server_is_neither_made_up_nor_replaced() -> None:
    mysql = {"source": "external", "host": "mysql.example.org"}
    stack = load("mine", {"site": {"lms_host": "learn.example.org"}, "datastores": {"mysql": mysql}})
    live = Pulumi({})
    assert "mysql_password" not in secrets.generate(live.file, stack, live)
    assert "mysql_password" not in secrets.rotated_by_all(stack)
    with pytest.raises(ConfigError, match=r"mysql_password: missing .*as the server knows it.*secrets set"):
        secrets.require_operator_secrets(stack, set(live.values))
    live.values["mysql_password"] = "theirs"
    secrets.require_operator_secrets(stack, set(live.values))
    with pytest.raises(OperationError, match="Only you know a new mysql_password"):
        secrets.rotate(["mysql_password"], live.file, stack, live)
    assert live.values["mysql_password"] == "theirs"


def test_stand_ins_have_the_form_of_the_real_ones() -> None:
    values = secrets.stand_ins(STACK)
    assert values["jwt_private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert "mail_password" not in values


OWN = load(
    "mine",
    {
        "site": {"lms_host": "learn.example.org"},
        "settings": {"lms": {"CRM": {"token": {"secret": "crm"}}}},
        "ingress": {"headers": {"X-Edge": {"secret": "edge"}}},
    },
)
PEM = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"


def test_what_only_the_operator_knows_is_set_through_a_pipe() -> None:
    live = Pulumi({})
    secrets.put("crm", PEM, live.file, OWN, live)
    assert live.values == {"crm": PEM}
    assert not any("abc" in line for line in live.lines)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("edge", "two\nlines", "it is no value of a header"),
        ("mail_password", "two\nlines", "has several lines"),
        ("jwt_private_key", "nonsense", "is no private key in PEM form"),
        ("fernet_keys", "only-a-new-one", "lacks lines of the present one"),
    ],
)
def test_values_that_nobody_could_use_are_refused_before_anything_is_touched(
    name: str, value: str, told: str
) -> None:
    live = Pulumi({"fernet_keys": "old"})
    with pytest.raises(OperationError, match=told) as caught:
        secrets.put(name, value, live.file, OWN, live)
    assert live.values == {"fernet_keys": "old"}
    assert value not in str(caught.value)


def test_setting_a_root_password_keeps_the_login_that_is_in_force() -> None:
    live = everything()
    live.deployed = "… old-mysql_root_password …"
    secrets.put("mysql_root_password", "theirs", live.file, OWN, live)
    assert live.values["mysql_root_password"] == "theirs"
    assert live.values["mysql_root_password_previous"] == "old-mysql_root_password"


def test_secrets_that_nothing_uses_are_named() -> None:
    names = {secret.name for secret in required(OWN)}
    assert {"crm", "edge"} <= names
    assert secrets.unused(OWN, [*names, "mysql_root_password_previous", "mail_password", "old_crm"]) == [
        "mail_password",
        "old_crm",
    ]


def test_secrets_of_a_service_that_is_off_are_kept() -> None:
    """`check` would else tell to remove them, and Xqueue could read nothing that it signed."""
    off = load("mine", {**LEAST, "services": {"xqueue": {"enabled": False, "graders": ["python"]}}})
    names = ["xqueue_secret_key", "xqueue_grader_python", "xqueue_grader_former"]
    assert secrets.unused(off, names) == ["xqueue_grader_former"]
    assert secrets.unused(load("mine", LEAST), names) == sorted(names)


@pytest.mark.parametrize("name", ["crm", "old_crm"])
def test_a_secret_of_the_operators_is_rotated_by_setting_it(name: str) -> None:
    live = Pulumi({"crm": "kept", "old_crm": "kept"})
    with pytest.raises(OperationError, match=f"Only you know a new {name}") as caught:
        secrets.rotate([name], live.file, OWN, live)
    assert caught.value.remedy == f"run `openedx-infra secrets set {name} --stack mine`, which asks for it"
    assert live.values["crm"] == "kept"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b" spaces stay ", " spaces stay "),
        (PEM.encode(), PEM),
        ("Übersee\n".encode(), "Übersee"),
    ],
)
def test_one_line_loses_its_break_and_several_stay(raw: bytes, value: str, tmp_path: Path) -> None:
    (tmp_path / "value").write_bytes(raw)
    assert entry.read("crm", tmp_path / "value", ask=nobody) == value


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\n", "empty"),
        (b"\xff\xfe", "no text in UTF-8"),
        (b"a\0b", "zero byte"),
        (b"x" * 70_000, "65536 bytes"),
    ],
)
def test_what_no_secret_can_be_is_refused(raw: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "value").write_bytes(raw)
    with pytest.raises(OperationError, match=told):
        entry.read("crm", tmp_path / "value", ask=nobody)


def nobody(question: str) -> str:
    raise AssertionError(question)


def test_what_only_the_operator_knows_is_missed_after_others_were_made() -> None:
    mail = {"delivery": {"source": "smtp", "host": "smtp.example.org", "username": "mailer"}}
    stack = load("mine", {"site": {"lms_host": "learn.example.org"}, "mail": mail})
    made = {secret.name for secret in required(stack) if secret.make}
    with pytest.raises(ConfigError, match="mail_password"):
        secrets.require_operator_secrets(stack, made)
    secrets.require_operator_secrets(stack, made | {"mail_password"})
