"""Logins of nodes and builds at image registries."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from openedx_infra.config import Stack
from openedx_infra.config.secrets.catalogue import registry_password
from openedx_infra.kubernetes.models import Secret
from openedx_infra.kubernetes.names import Scope

NAME = "registries"
"""Name of the Secret by which nodes log in. It is fixed, so that a new password restarts no pod."""


@dataclass(frozen=True, kw_only=True)
class RegistryLogin:
    """A login of nodes and builds at a registry."""

    host: str
    username: str
    password: pulumi.Output[str]


def logins(stack: Stack, secrets: Mapping[str, pulumi.Input[str]]) -> dict[str, RegistryLogin]:
    """The logins that the stack file names, by the host of their registry."""
    return {
        registry.host: RegistryLogin(
            host=registry.host,
            username=registry.username,
            password=pulumi.Output.secret(secrets[registry_password(name, registry.host).name]),
        )
        for name, registry in stack.images.registries.items()
    }


def pull_secret(
    logins: Mapping[str, RegistryLogin], scope: Scope, parent: pulumi.Resource, *, prefix: str = ""
) -> Secret:
    """The Secret by which nodes log in to all registries of the stack. Its resource's name begins with
    `prefix`, where it is not in the instance's own namespace."""
    hosts = list(logins)
    usernames = [login.username for login in logins.values()]
    text = pulumi.Output.all(*(login.password for login in logins.values())).apply(
        lambda passwords: _docker_config(hosts, usernames, list(passwords))
    )
    return Secret(
        f"{prefix}{NAME}",
        metadata=scope.metadata(NAME, name=NAME),
        type="kubernetes.io/dockerconfigjson",
        string_data={".dockerconfigjson": text},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _docker_config(hosts: list[str], usernames: list[str], passwords: list[str]) -> str:
    """Docker's configuration file with these logins."""
    logins = {
        # Docker Hub's images are docker.io's, and its logins are kept under its first address.
        "https://index.docker.io/v1/" if host == "docker.io" else host: {
            "username": username,
            "password": password,
            "auth": base64.b64encode(f"{username}:{password}".encode()).decode(),
        }
        for host, username, password in zip(hosts, usernames, passwords, strict=True)
    }
    return json.dumps({"auths": logins})
