"""Component of the images that an instance builds for itself, by Pulumi's docker-build plugin.

Only a stack that builds imports this file, as the plugin's library takes a while to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_docker_build import (
    BuildContextArgs,
    BuilderConfigArgs,
    CacheFromArgs,
    CacheFromRegistryArgs,
    CacheMode,
    CacheToArgs,
    CacheToRegistryArgs,
    ContextArgs,
    DockerfileArgs,
    Image,
    Index,
    Platform,
    RegistryArgs,
)

from openedx_infra.components.registry_logins import RegistryLogin
from openedx_infra.config import Stack
from openedx_infra.config.checkout_files import PROJECT_FOLDER
from openedx_infra.images import Plan, plans


@dataclass(frozen=True, kw_only=True)
class ImagesArgs:
    """What builds need to know."""

    stack: Stack
    """The configuration."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Values of the stack's secrets by name."""
    logins: Mapping[str, RegistryLogin]
    """Logins by the host of their registry."""


class Images(pulumi.ComponentResource):
    """The images that are built here, pushed to registries, and never deleted from there.

    A destroyed or replaced image stays in its registry: pods of an older revision may still pull it.
    """

    def __init__(self, name: str, args: ImagesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Images", name, None, opts)
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        self.references: dict[str, pulumi.Output[str]] = {
            plan.name: self._reference(plan) for plan in plans(args.stack)
        }
        """References with digest by the image's name."""
        self.register_outputs(dict(self.references))

    def _reference(self, plan: Plan) -> pulumi.Output[str]:
        """Builds one image for the builder's own platform, or one for each platform and an index of them."""
        if len(plan.platforms) <= 1:
            return self._image(plan, plan.name, plan.platforms, "")
        images = [
            self._image(plan, f"{plan.name}-{short}", (platform,), f"-{short}")
            for platform, short in ((platform, platform.rpartition("/")[2]) for platform in plan.platforms)
        ]
        [*login] = self._registries(plan.repository)
        index = Index(
            plan.name, tag=plan.reference, sources=images, registry=next(iter(login), None), opts=self._opts
        )
        return index.ref

    def _image(self, plan: Plan, name: str, platforms: tuple[str, ...], suffix: str) -> pulumi.Output[str]:
        """Builds when a source changed, and pushes. The suffix tells platforms apart."""
        reference = f"{plan.reference}{suffix}"
        builder = self._args.stack.images.builder
        image = Image(
            name,
            push=True,
            build_on_preview=False,
            tags=[reference],
            context=BuildContextArgs(
                location=_location(plan.context),
                named={key: ContextArgs(location=path) for key, path in plan.contexts.items()},
            ),
            # Without one, the plugin takes that of the context.
            dockerfile=DockerfileArgs(inline=plan.dockerfile) if plan.dockerfile else None,
            build_args=dict(plan.arguments),
            secrets={
                key: pulumi.Output.secret(self._args.secrets[name]) for key, name in plan.secrets.items()
            },
            # A renewed token is no reason to build again.
            ignore_secrets_in_diff_calculation=list(plan.secrets),
            target=plan.target,
            platforms=[Platform(platform) for platform in platforms],
            builder=BuilderConfigArgs(name=builder) if builder else None,
            cache_from=_cache_from(plan, suffix),
            cache_to=_cache_to(plan, suffix),
            registries=list(self._registries()),
            opts=self._opts,
        )
        return image.digest.apply(lambda digest: f"{reference}@{digest}" if digest else reference)

    def _registries(self, repository: str = "") -> list[RegistryArgs]:
        """Logins of all registries, or of that of one repository."""
        host = repository.partition("/")[0]
        return [
            RegistryArgs(address=login.host, username=login.username, password=login.password)
            for login in self._args.logins.values()
            if not host or login.host == host
        ]


def _location(context: Path | str) -> str:
    """A folder relative to that of Pulumi.yaml, where plugins run: a state must suit every checkout. An
    address, and a folder elsewhere (that of an installed program), are as they are."""
    if isinstance(context, str) or not context.is_relative_to(PROJECT_FOLDER):
        return str(context)
    return str(context.relative_to(PROJECT_FOLDER))


def _cache_from(plan: Plan, suffix: str) -> list[CacheFromArgs]:
    return [
        CacheFromArgs(registry=CacheFromRegistryArgs(ref=f"{reference}{suffix}"))
        for reference in plan.cache_from
    ]


def _cache_to(plan: Plan, suffix: str) -> list[CacheToArgs]:
    """Layers of all stages, in a form that every registry takes; if it fails, the image is still good."""
    if plan.cache_to is None:
        return []
    cache = CacheToRegistryArgs(
        ref=f"{plan.cache_to}{suffix}",
        mode=CacheMode.MAX,
        image_manifest=True,
        oci_media_types=True,
        ignore_error=True,
    )
    return [CacheToArgs(registry=cache)]
