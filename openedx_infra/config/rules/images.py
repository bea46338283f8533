"""Rules on images: their release, digests, registries and builds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.images.builds import MfeBuild, OpenedxBuild, PushedBuild, ServiceBuild, ThemesBuild
from openedx_infra.config.images.images import has_digest
from openedx_infra.config.images.sources import Fork, Repository
from openedx_infra.config.services.registry import service_mfes
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.secret_references import SecretReference

_RELEASE: Location = ("release",)


class _ShortLived(NamedTuple):
    """A login whose password ends by itself."""

    host: re.Pattern[str]
    user: str
    lasts: str
    instead: str
    """How nodes pull without it."""


_SHORT_LIVED = (
    _ShortLived(
        re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\..+"),
        "AWS",
        "12 hours",
        "Nodes of EKS pull by their role (AmazonEC2ContainerRegistryPullOnly), others by the kubelet's "
        "credential provider ecr-credential-provider, or by a Secret in `images.pull_secrets` that "
        "something renews",
    ),
    _ShortLived(
        re.compile(r"([a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev"),
        "oauth2accesstoken",
        "an hour",
        "Nodes of GKE pull by their service account (Artifact Registry Reader); elsewhere use the user "
        "_json_key_base64 with a service account's key",
    ),
    _ShortLived(
        re.compile(r"[a-z0-9-]+\.azurecr\.(io|cn|us)"),
        "00000000-0000-0000-0000-000000000000",
        "three hours",
        "Nodes of AKS pull by the kubelet's identity (AcrPull); elsewhere use a token of the registry's "
        "own, or a service principal",
    ),
)
"""Logins that `aws ecr get-login-password`, `gcloud auth print-access-token` and `az acr login
--expose-token` make, with the life that AWS, Google and Microsoft document."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    yield from _published(stack)
    yield from _digests(stack)
    yield from _registries(stack)
    for name, build in stack.images.builds.items():
        yield from _layers(("images", name), build)
        yield from _tokens(("images", name), build)
        yield from _one_id_each(("images", name), build)
        if isinstance(build, MfeBuild):
            yield from _mfes(("images", name), build, stack)
    for name, each in stack.service_builds.items():
        location: Location = ("services", name, "build")
        yield from _layers(location, each)
        yield from _tokens(location, each)
        yield from _one_id_each(location, each)
    yield from _theme(stack)


def _published(stack: Stack) -> Iterator[Conflict]:
    for name, reference in stack.published_images.items():
        if reference is None:
            text = f"missing: nobody publishes one for {stack.release}: set `source: build`, or name one"
            yield Conflict(("images", name), text, (_RELEASE,))


def _digests(stack: Stack) -> Iterator[Conflict]:
    where: Location = ("images", "require_digest")
    if not stack.images.require_digest:
        return
    for name, reference in stack.published_images.items():
        if reference and not has_digest(reference):
            text = (
                f"{reference} is a tag, which can mean another image tomorrow: add its digest, as "
                "`openedx-infra images digest` prints it, or set `require_digest` to false"
            )
            yield Conflict(("images", name), text, (where, _RELEASE), undecided=True)


def _registries(stack: Stack) -> Iterator[Conflict]:
    hosts: dict[str, str] = {}
    for name, registry in stack.images.registries.items():
        first = hosts.setdefault(registry.host, name)
        if first != name:
            text = f"{registry.host} is the host of `{first}`, too: list each registry once"
            yield Conflict(("images", "registries", name, "host"), text, (("images", "registries", first),))
        for kind in _SHORT_LIVED:
            if kind.user == registry.username and kind.host.fullmatch(registry.host):
                text = (
                    f"the password of {registry.username} at {registry.host} lasts {kind.lasts}, and after "
                    "that no node could pull an image: leave this registry out. "
                    f"{kind.instead}; builds log in as Docker does on this machine"
                )
                yield Conflict(("images", "registries", name, "username"), text)


def _layers(location: Location, build: PushedBuild) -> Iterator[Conflict]:
    """The cache of layers and the image must not overwrite each other."""
    tag = f"{build.repository}:{build.tag}"
    if build.cache_to and (build.cache_to == tag or has_digest(build.cache_to)):
        text = f"{build.cache_to} can't be written by each build: give the layers a tag of their own"
        yield Conflict((*location, "cache_to"), text, ((*location, "repository"), (*location, "tag")))


def _theme(stack: Stack) -> Iterator[Conflict]:
    """The image must have the theme's folder. Instructions of the operator's own may add one unseen."""
    build, theme = stack.images.openedx, stack.site.theme
    if isinstance(build, OpenedxBuild) and theme and theme not in build.themes and not build.fragments:
        names = ", ".join(build.themes) or "none"
        text = (
            f'"{theme}" is not in the image that this stack builds, which has {names}: name one of these, or '
            "add it under openedx:images.openedx.themes"
        )
        yield Conflict(("site", "theme"), text, (("images", "openedx"),))


def _tokens(location: Location, build: PushedBuild) -> Iterator[Conflict]:
    """A token is for repositories that the stack file names, and for no other host."""
    if "git_token" in build.secrets and not repositories(build):
        text = "git_token is for a repository that this image names, and it names none: leave it out"
        yield Conflict((*location, "secrets"), text, (location,))


def _one_id_each(location: Location, build: PushedBuild) -> Iterator[Conflict]:
    for index, secret in enumerate(build.secrets):
        if isinstance(secret, SecretReference) and secret.secret in build.secrets:
            text = f"{secret} and `{secret.secret}` are the same id for BuildKit: rename the first"
            yield Conflict((*location, "secrets", index), text, ((*location, "secrets"),))


def repositories(build: PushedBuild) -> Collection[str]:
    """Addresses of the Git repositories that a build names itself."""
    sources: Mapping[str, object] = {}
    if isinstance(build, OpenedxBuild):
        sources = {**build.themes, "": build.platform}
    elif isinstance(build, ThemesBuild):
        sources = build.themes
    elif isinstance(build, MfeBuild):
        sources = build.mfes
    elif isinstance(build, ServiceBuild):
        sources = {"": build.code}
    named = [source for source in sources.values() if isinstance(source, Fork | Repository)]
    return sorted({source.repository for source in named if source.repository})


def _mfes(location: Location, build: MfeBuild, stack: Stack) -> Iterator[Conflict]:
    release = stack.pinned_release
    folders = [mfe.name for mfe in (*release.mfes, *service_mfes(stack))]
    apps = [app.name for app in release.frontend_apps]
    for key, names, built in (
        ("mfes", build.mfes, folders),
        ("patches", build.patches, folders),
        ("site_apps", build.site_apps, apps),
    ):
        for name in names:
            if name not in built:
                text = f'"{name}" is not built for {stack.release}: there are {", ".join(built) or "none"}'
                yield Conflict((*location, key, name), text, (_RELEASE,))
