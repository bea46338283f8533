"""Errors of Pulumi's CLI, turned into one message with a remedy where one is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from openedx_infra.config.errors.messages import without_credentials
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.checkout import BIN
from openedx_infra.operations.state import damaged_state
from openedx_infra.operations.state.backend import passphrase_origin


def explain(stack: str, output: str, environment: Mapping[str, str]) -> OperationError:
    """The error for the output of a command on a stack that failed."""
    text = _NOISE.sub("", plain(output))
    if "incorrect passphrase" in text or "passphrase must be set" in text:
        return OperationError(
            f"The secrets of stack {stack} can't be decrypted: {passphrase_origin(environment)} is not "
            "the passphrase that they were encrypted with. Nothing was changed.",
            remedy="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the right one",
        )
    if "message authentication failed" in text:
        return OperationError(
            f"A secret of stack {stack} can't be decrypted: it was encrypted with another salt than the one "
            "in the stack file. Nothing was changed.",
            remedy=f"run `openedx-infra secrets repair --stack {stack}`",
        )
    if "no space left on device" in text or "read-only file system" in text:
        return OperationError(
            f"Pulumi could not write for stack {stack}:\n{_indented(_errors(text))}",
            remedy="make room on that disk, or make it writable, and run this again",
        )
    if "failed to load checkpoint" in text and (damage := damaged_state.explain(stack, environment)):
        return damage
    if _NO_BACKEND.search(text):
        return OperationError(
            f"The state of stack {stack} can't be reached at {_backend(environment)}. Nothing was changed.\n"
            f"{_indented(_errors(text))}",
            remedy="set PULUMI_BACKEND_URL to a place that exists, with the credentials that it needs; "
            f"`{BIN}pulumi whoami --verbose` must answer",
        )
    if "currently locked by" in text or "Another update is currently in progress" in text:
        return OperationError(
            f"Another run works on stack {stack}. Nothing was changed.\n{_indented(_errors(text))}",
            remedy=f"wait for it; if it is dead, run `{BIN}pulumi cancel --stack {stack}`, then again",
        )
    if "no stack named" in text:
        return OperationError(
            f"Stack {stack} was never brought up: it is not in the backend.",
            remedy=f"run `openedx-infra up --stack {stack}`",
        )
    if "no changes were expected but changes were proposed" in text:
        return OperationError(f"Stack {stack} would change.")
    return OperationError(f"Pulumi failed on stack {stack}.\n{_indented(_errors(text))}")


_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_NO_BACKEND = re.compile(
    r"unable to open (bucket|state)|meta\.yaml|missing google credentials|PULUMI_ACCESS_TOKEN must be set"
    r"|no such host|connection refused|invalid access token"
)
"""What Pulumi says of a backend that it can't reach or log in to, by the kinds of backends."""
_NOISE = re.compile(r"^ *(code: \d+|stdout:|stderr:) ?|\?no_tmp_dir=\w+", re.MULTILINE)
"""What the Automation API puts around the CLI's output, and the CLI behind the address of a lock file."""


def plain(text: str) -> str:
    """A text without colours, empty lines around it, and passwords in addresses."""
    return without_credentials(_COLOUR.sub("", text).strip())


def _backend(environment: Mapping[str, str]) -> str:
    return plain(environment.get("PULUMI_BACKEND_URL") or "Pulumi Cloud")


def _errors(text: str) -> str:
    """The lines of errors; all of the text when there is none."""
    errors = re.findall(r"^\s*error: .*(?:\n(?!\s*(?:error|warning): ).+)*", text, flags=re.MULTILINE)
    return "\n".join(dict.fromkeys(errors)) or text


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines() if line.strip())
