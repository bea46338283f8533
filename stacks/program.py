"""The Pulumi program: reads the stack's configuration and deploys the kind of stack that it names."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from openedx_infra.config import PROJECT, SECRETS_KEY, BaseStack, ConfigError, Foundation, Stack, describe
from openedx_infra.config.stack_kinds import FOUNDATION, KIND_KEY, missing, missing_at_least
from stacks.gate import Refused


def deploy(stack: BaseStack, secrets: Mapping[str, pulumi.Input[str]]) -> None:
    """Registers all of a stack, and exports its outputs. Raises Refused when it can't be used."""
    match stack:
        case Stack():
            from stacks import openedx

            openedx.deploy(stack, secrets)
        case Foundation():
            from stacks import foundation

            foundation.deploy(stack, secrets)


def read(name: str, config: Mapping[str, Any], present: Collection[str]) -> BaseStack:
    """The configuration of the stack `name`, from its file's keys and the names of the secrets that it holds.

    Raises ConfigError with everything that is wrong or missing.
    """
    try:
        stack = describe(name, _own_keys(config))
    except ConfigError as error:
        raise ConfigError(name, [*error.problems, *missing_at_least(name, config, set(present))]) from error
    problems = missing(stack, set(present))
    if problems:
        raise ConfigError(name, problems)
    return stack


def _own_keys(config: Mapping[str, Any]) -> dict[str, Any]:
    """The keys without the default of `release`, which Pulumi.yaml gives to foundations, too."""
    default = Stack.model_fields["release"].default
    foreign = config.get(KIND_KEY) == FOUNDATION.name and config.get("release") == default
    return {key: value for key, value in config.items() if not (foreign and key == "release")}


def main() -> None:
    """Deploys the stack that Pulumi's engine asks for.

    Raises Refused when it can't be used.
    """
    name = pulumi.get_stack()
    config = pulumi.Config(PROJECT)
    values = {
        key.removeprefix(f"{PROJECT}:"): _parsed(value)
        for key, value in get_config_env().items()
        if key.startswith(f"{PROJECT}:")
    }
    present = values.get(SECRETS_KEY) or {}
    try:
        stack = read(name, values, present)
        _refuse_misplaced(stack, get_config_secret_keys_env())
        _refuse_ambient(stack)
    except ConfigError as error:
        raise Refused(error) from None
    secrets = config.require_secret_object(SECRETS_KEY) if present else pulumi.Output.secret({})
    deploy(stack, {secret: _picked(secrets, secret) for secret in present})


def _parsed(value: str) -> Any:
    """A value of the stack file: Pulumi passes maps, lists, numbers and booleans as JSON, and text as it
    is."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _picked(secrets: pulumi.Output[Mapping[str, str]], name: str) -> pulumi.Output[str]:
    return secrets.apply(lambda values: str(values[name]))


def _refuse_misplaced(stack: BaseStack, encrypted: Collection[str]) -> None:
    """Refuse encrypted values outside the secrets: everything else is shown in plain."""
    problems = [
        f"{key}: holds an encrypted value, which this key would show in plain: run "
        f"`openedx-infra secrets set NAME --stack {stack.name}`, and write `{{secret: NAME}}` in its place"
        for key in sorted(encrypted)
        if key.startswith(f"{PROJECT}:") and key != f"{PROJECT}:{SECRETS_KEY}"
    ]
    if problems:
        raise ConfigError(stack.name, problems)


def _refuse_ambient(stack: BaseStack) -> None:
    """Refuse a stack that names no cluster: taking the current one would one day change the wrong one."""
    if stack.namespaces and not stack.cluster.context:
        raise ConfigError(
            stack.name,
            [
                "openedx:cluster.context: missing: write the context of the cluster to use. Or leave it out "
                "and run `openedx-infra up` or `.venv/bin/pulumi up`, which start a cluster of their own"
            ],
        )
