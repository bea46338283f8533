"""What does the daily stack consist of? One Open edX instance: its cluster, its components, its outputs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env
from pulumi_kubernetes import KubeClientSettingsArgs, Provider

from openedx_infra import images
from openedx_infra.components.datastores import addresses
from openedx_infra.components.platform import Platform, PlatformArgs
from openedx_infra.config import PROJECT, SECRETS_KEY, ConfigError, Stack, certificates, load
from openedx_infra.config.immutable import IMMUTABLE_OUTPUT, immutable_values
from openedx_infra.config.secret_forms import unfit
from openedx_infra.config.secret_needs import missing, missing_in_any_case
from openedx_infra.kubernetes.patches import Patches

CLIENT_QPS, CLIENT_BURST = 50, 100
"""Requests a second to the API server: the client's own 5 makes an instance of some hundred objects wait
minutes."""


def deploy(stack: Stack, secrets: Mapping[str, pulumi.Input[str]]) -> None:
    """Registers the whole instance and exports its outputs. The only effects are registrations.

    Raises RunError, which prints as it is, when what images are built from isn't there.
    """
    faults = [*images.problems(stack), *certificates.problems(stack)]
    if faults:
        raise pulumi.RunError(str(ConfigError(stack.name, faults)))
    patches = Patches(stack.overrides)
    platform = Platform(
        "openedx",
        PlatformArgs(stack=stack, secrets=secrets),
        pulumi.ResourceOptions(
            providers=[_cluster(stack, secrets, patches)], transformations=[patches.apply]
        ),
    )
    for name, value in _outputs(stack, platform).items():
        pulumi.export(name, value)


def _cluster(stack: Stack, secrets: Mapping[str, pulumi.Input[str]], patches: Patches) -> Provider:
    """The one way to the cluster, by the context that the stack names: never by what happens to be
    current.

    The context is awaited, which happens after everything was declared and before anything is sent: so a
    secret of the wrong form, or an override that no object is meant by, is found while nothing has been
    changed.
    """

    async def context() -> str:
        known = await pulumi.Output.all(**secrets).future()
        problems = [*unfit(known or {}), *_unmatched(stack, patches)]
        if problems:
            raise pulumi.RunError(str(ConfigError(stack.name, problems)))
        return str(stack.cluster.context)

    return Provider(
        "cluster",
        context=context(),
        kubeconfig=str(Path(stack.cluster.kubeconfig).expanduser()) if stack.cluster.kubeconfig else None,
        cluster_identifier=str(stack.cluster.context),
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        kube_client_settings=KubeClientSettingsArgs(qps=CLIENT_QPS, burst=CLIENT_BURST),
    )


def _unmatched(stack: Stack, patches: Patches) -> list[str]:
    return [
        f"openedx:overrides[{index}]: no {stack.overrides[index].kind} is called "
        f"{stack.overrides[index].name}; "
        f"`openedx-infra render --stack {stack.name} --output DIR` shows all kinds and names"
        for index in patches.unmatched
    ]


def _outputs(stack: Stack, platform: Platform) -> dict[str, pulumi.Input[Any]]:
    site = stack.site
    return {
        "lms_url": site.lms_url,
        "studio_url": site.studio_url,
        "mfe_url": site.mfe_url,
        "mfe_urls": {name: f"{site.mfe_url}/{name}" for name in stack.mfe_names},
        "search_url": site.search_url,
        "namespace": platform.namespace.metadata["name"],
        "cluster": stack.cluster.context,
        "release": stack.release,
        "version": version("openedx-infra"),
        "images": {name: platform.instance.reference(name) for name in stack.image_names},
        "datastores": platform.datastores.connections.apply(addresses),
        "config": stack.model_dump(mode="json"),
        IMMUTABLE_OUTPUT: immutable_values(stack),
    }


def read(name: str, said: Mapping[str, Any], present: Collection[str]) -> Stack:
    """The configuration of the stack `name`, from what its file says and the names of the secrets that it
    holds.

    Raises ConfigError with everything that is wrong or missing.
    """
    try:
        stack = load(name, said)
    except ConfigError as error:
        raise ConfigError(name, [*error.problems, *missing_in_any_case(name, set(present))]) from error
    problems = missing(stack, set(present))
    if problems:
        raise ConfigError(name, problems)
    return stack


def main() -> None:
    """Deploys the stack that Pulumi's engine asks for.

    Raises RunError, which prints as it is, when it can't be used.
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
        raise pulumi.RunError(str(error)) from None
    hidden = config.require_secret_object(SECRETS_KEY)
    deploy(stack, {secret: _picked(hidden, secret) for secret in present})


def _parsed(value: str) -> Any:
    """A value of the stack file: Pulumi hands over maps, lists, numbers and booleans as JSON, and text as
    it is."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _picked(secrets: pulumi.Output[Mapping[str, str]], name: str) -> pulumi.Output[str]:
    return secrets.apply(lambda known: str(known[name]))


def _refuse_misplaced(stack: Stack, encrypted: Collection[str]) -> None:
    """Anything but the secrets is shown in plain: an encrypted value among it would be disclosed."""
    problems = [
        f"{key}: holds an encrypted value, which this key would show in plain: secrets go under "
        f"{PROJECT}:{SECRETS_KEY}, and `openedx-infra secrets list --stack {stack.name}` names them"
        for key in sorted(encrypted)
        if key.startswith(f"{PROJECT}:") and key != f"{PROJECT}:{SECRETS_KEY}"
    ]
    if problems:
        raise ConfigError(stack.name, problems)


def _refuse_ambient(stack: Stack) -> None:
    """A program that took whatever cluster is current would one day change the wrong one."""
    if not stack.cluster.context:
        raise ConfigError(
            stack.name,
            [
                "openedx:cluster.context: missing: write the context of the cluster to use. Or leave it out "
                "and run `openedx-infra up` or `.venv/bin/pulumi up`, which start a cluster of their own"
            ],
        )
