"""Two salts are never mixed, and encrypted values don't lose theirs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import encryption
from openedx_infra.operations.stack_files.stack_file import StackFile

SECRETS = {"config": {"openedx:secrets": {"mysql_password": {"secure": "v1:x"}}}}
REMOTE = {"config": {"openedx:cluster": {"context": "campus"}, **SECRETS["config"]}}


def file(content: Mapping[str, Any], name: str = "Pulumi.mine.yaml") -> StackFile:
    return StackFile(name="mine", path=Path(name), content=content)


def test_encrypted_values_are_found_at_any_depth() -> None:
    content = {"config": {"a": [{"b": {"secure": "v1:one"}}], "c": {"secure": "v1:two"}, "secure": "plain"}}
    assert dict(encryption.encrypted_values(content)) == {
        ("config", "a", 0, "b"): "v1:one",
        ("config", "c"): "v1:two",
    }


def test_a_salt_that_encrypts_nothing_is_passed_over() -> None:
    foreign = file({"encryptionsalt": "v1:foreign", "config": {}})
    assert encryption.of_local_stack(foreign, file({"encryptionsalt": "v1:ours", **SECRETS})) == {
        "encryptionsalt": "v1:ours"
    }
    assert encryption.of_local_stack(foreign, file({})) == {}, "a new stack gets a salt of its own"


def test_a_salt_that_the_checkouts_secrets_need_is_taken() -> None:
    theirs = file({"encryptionsalt": "v1:theirs", **SECRETS})
    assert encryption.of_local_stack(theirs, file({})) == {"encryptionsalt": "v1:theirs"}
    assert encryption.of_local_stack(theirs, theirs) == {"encryptionsalt": "v1:theirs"}


def test_two_salts_that_both_encrypt_are_refused() -> None:
    theirs = file({"encryptionsalt": "v1:theirs", **SECRETS})
    ours = file({"encryptionsalt": "v1:ours", **SECRETS}, "effective.yaml")
    with pytest.raises(OperationError, match=r"(?s)Nothing was changed.*secrets repair --stack mine"):
        encryption.of_local_stack(theirs, ours)


def test_a_provider_that_the_operator_chose_stays() -> None:
    chosen = file({"secretsprovider": "awskms://alias/mine", "config": {}})
    assert encryption.of_local_stack(chosen, file({})) == {"secretsprovider": "awskms://alias/mine"}


def test_secrets_without_their_salt_are_refused() -> None:
    with pytest.raises(OperationError, match=r"(?s)not the `encryptionsalt`.*git log -p Pulumi\.mine\.yaml"):
        encryption.require_key(file(REMOTE))


@pytest.mark.parametrize(
    "content",
    [
        {"encryptionsalt": "v1:x", **REMOTE},
        {"secretsprovider": "awskms://x", "encryptedkey": "y", **REMOTE},
        {"config": {"openedx:cluster": {"context": "campus"}}},
        SECRETS,
    ],
)
def test_others_pass(content: dict[str, Any]) -> None:
    encryption.require_key(file(content))
