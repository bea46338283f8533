"""Builds of a stack, each image as a plan: Dockerfile, folders, arguments, secrets and names.

A plan is data: `up` hands it to Pulumi's docker-build plugin, `openedx-infra images build` to buildx. It
follows from the configuration and the Dockerfiles of `images/` alone. No secret is in it, only their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.images.builds import (
    MfeBuild,
    OpenedxBuild,
    PushedBuild,
    ServiceBuild,
    SourceBuild,
    ThemesBuild,
)
from openedx_infra.config.images.sources import Folder, Fork, Repository
from openedx_infra.config.rules.images import repositories
from openedx_infra.config.services.definition import Code
from openedx_infra.config.services.registry import companions, enabled_mfes
from openedx_infra.config.stack import Stack
from openedx_infra.images.compose import FragmentError, context, dockerfile
from openedx_infra.images.frontends import Frontend, SiteApp, mfe_dockerfile


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one image is built, and where it goes."""

    name: str
    """Which image: `openedx` or `mfe`, as the stack file's `images` calls it, or `services.NAME`."""
    dockerfile: str
    """Text of its Dockerfile. Empty: the one in `context`."""
    context: Path | str
    """Folder that the Dockerfile copies from: one of ours, or as the stack file has it, or an address."""
    contexts: Mapping[str, str]
    """Further folders by the names that the Dockerfile has for them."""
    arguments: Mapping[str, str]
    """Build arguments. Nothing in them is secret."""
    secrets: Mapping[str, str]
    """BuildKit's secrets: their ids in the Dockerfile, with the names of the stack's secrets."""
    target: str | None
    """Stage to build; None: the last."""
    repository: str
    """Where it is pushed to: registry and name."""
    tag: str
    platforms: tuple[str, ...]
    """Machines that it is built for, such as `linux/arm64`. Empty: the builder's own."""
    cache_from: tuple[str, ...]
    """Images in registries to take layers from."""
    cache_to: str | None
    """Image in a registry that all layers are kept in."""

    @property
    def reference(self) -> str:
        """Registry, name and tag of what is pushed."""
        return f"{self.repository}:{self.tag}"


def plans(stack: Stack) -> tuple[Plan, ...]:
    """The images that a stack builds. Raises FragmentError for fragments that don't fit."""
    platform = (_plan(stack, name, build) for name, build in stack.images.builds.items())
    return (*platform, *service_plans(stack))


def problems(stack: Stack) -> list[str]:
    """One line for each thing that the builds of a stack can't use: a folder that isn't there, a fragment."""
    faults: list[str] = []
    for name, build in stack.images.builds.items():
        key = key_of(("images", name))
        try:
            plan = _plan(stack, name, build)
        except FragmentError as error:
            faults += [f"{key}.fragments.{line}" for line in str(error).splitlines() if ": " in line]
            continue
        for folder in plan.contexts.values():
            if not Path(folder).is_dir():
                faults.append(f"{key}: there is no folder {folder}: make it, or correct its path")
    for plan in service_plans(stack):
        if "://" not in str(plan.context) and not Path(plan.context, "Dockerfile").is_file():
            key = f"openedx:{plan.name}.build"
            faults.append(f"{key}: there is no {plan.context}/Dockerfile: make it, or correct the path")
    return faults


def _plan(stack: Stack, name: str, build: OpenedxBuild | ThemesBuild | MfeBuild) -> Plan:
    recipe = _recipe(stack, build)
    return Plan(
        name=name,
        dockerfile=recipe.text,
        context=context(recipe.folder),
        contexts=recipe.contexts,
        arguments={**recipe.arguments, **build.arguments},
        secrets=dict(_secret_ids(build)),
        target=recipe.target,
        repository=build.repository,
        tag=build.tag or stack.release,
        platforms=build.platforms,
        cache_from=_cache_from(build),
        cache_to=build.cache_to,
    )


def service_plans(stack: Stack) -> Iterator[Plan]:
    """The images of companion services that a stack builds, by the Dockerfiles that their code has."""
    for each in companions(stack):
        build: ServiceBuild | None = each.section.build
        if build is None:
            continue
        yield Plan(
            name=f"services.{each.name}",
            dockerfile="",
            context=_code(stack, each.service.code, build),
            contexts={},
            arguments=build.arguments,
            secrets=dict(_secret_ids(build)),
            target=build.target or (each.service.code.target if each.service.code else None),
            repository=build.repository,
            tag=build.tag or stack.release,
            platforms=build.platforms,
            cache_from=_cache_from(build),
            cache_to=build.cache_to,
        )


def _code(stack: Stack, own: Code | None, build: ServiceBuild) -> str:
    """Folder with the Dockerfile: on this machine, or in a repository as BuildKit names it."""
    folder = build.folder or (own.folder if own else "")
    if isinstance(build.code, Folder):
        return f"{build.code.path}/{folder}".rstrip("/")
    repository = build.code.repository or (own.repository if own else "")
    ref = build.code.ref or (own.refs.get(stack.release, "") if own else "")
    return f"{repository}#{ref}" + (f":{folder}" if folder else "")


def _cache_from(build: PushedBuild) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*build.cache_from, *filter(None, [build.cache_to])]))


@dataclass(frozen=True, kw_only=True)
class _Recipe:
    """What is different in each kind of image."""

    folder: str
    text: str
    contexts: dict[str, str]
    arguments: dict[str, str]
    target: str | None = None


def _recipe(stack: Stack, build: OpenedxBuild | ThemesBuild | MfeBuild) -> _Recipe:
    match build:
        case OpenedxBuild():
            return _openedx(stack, build)
        case ThemesBuild():
            return _themes(stack, build)
        case MfeBuild():
            return _mfe(stack, build)


def _openedx(stack: Stack, build: OpenedxBuild) -> _Recipe:
    release = stack.pinned_release
    contexts = {"patches": build.patches} if build.patches else {}
    text = dockerfile("openedx", build.fragments)
    text = _filled(text, "packages", build.packages, contexts)
    text = _filled(text, "themes", build.themes, contexts)
    arguments = {
        **_common_arguments(stack, build),
        "PYTHON_VERSION": release.python,
        "CONSTRAINTS": " ".join(release.constraints),
        "EXTRA_REQUIREMENTS": "\n".join(build.requirements),
        "EXTRA_INDEX_URLS": " ".join(build.indexes),
        "APT_PACKAGES": " ".join(build.apt_packages),
        "UV_IMAGE": stack.images.mirrored(build.bases.uv or release.bases.uv),
    }
    if isinstance(build.platform, Fork):
        arguments["REPOSITORY"] = build.platform.repository or release.platform_repository
        arguments["REF"] = build.platform.ref or release.ref_of("openedx-platform")
    else:
        contexts["edx-platform"] = build.platform.path
    arguments = {name: value for name, value in arguments.items() if value}
    return _Recipe(folder="openedx", text=text, contexts=contexts, arguments=arguments, target=build.target)


def _themes(stack: Stack, build: ThemesBuild) -> _Recipe:
    contexts: dict[str, str] = {}
    text = _filled(dockerfile("theme", build.fragments), "themes", build.themes, contexts)
    arguments = {
        "OPENEDX_IMAGE": stack.images.mirrored(build.image),
        "ASSETS_IMAGE": stack.images.mirrored(build.assets),
    }
    return _Recipe(folder="theme", text=text, contexts=contexts, arguments=arguments)


def _filled(
    text: str, stage: str, additions: Mapping[str, Repository | Folder], contexts: dict[str, str]
) -> str:
    """The Dockerfile with what a stage consists of, which is empty in ours; its folders go to `contexts`."""
    empty = f"FROM scratch AS {stage}\n"
    if text.count(empty) != 1:
        raise FragmentError(f"{stage}: the Dockerfile has no empty stage of this name")
    lines = []
    for name, source in additions.items():
        if isinstance(source, Repository):
            lines.append(f"ADD {source.repository}#{source.ref} /{name}/\n")
        else:
            lines.append(f"COPY --from={stage}-{name} / /{name}/\n")
            contexts[f"{stage}-{name}"] = source.path
    return text.replace(empty, empty + "".join(lines))


def _mfe(stack: Stack, build: MfeBuild) -> _Recipe:
    release = stack.pinned_release
    served = enabled_mfes(stack)
    names = {mfe.name for mfe in served}
    contexts = {f"{name}-patches": path for name, path in build.patches.items() if name in names}
    if build.env_config:
        contexts["env-config"] = build.env_config
    frontends = []
    for mfe in served:
        source = build.mfes.get(mfe.name, Fork(source="git"))
        repository, ref = mfe.repository, release.ref_of(f"frontend-app-{mfe.name}")
        if isinstance(source, Fork):
            repository, ref = source.repository or repository, source.ref or ref
        else:
            contexts[f"{mfe.name}-source"] = source.path
        frontends.append(Frontend(name=mfe.name, repository=repository, ref=ref))
    apps = [
        SiteApp(name=app.name, version=build.site_apps.get(app.name, app.version))
        for app in release.frontend_apps
        if app.name in stack.mfe_names
    ]
    caddy = stack.images.mirrored(build.bases.caddy or release.bases.caddy)
    arguments = {**_common_arguments(stack, build), "CADDY_IMAGE": caddy}
    text = mfe_dockerfile(frontends, apps, build.fragments)
    return _Recipe(folder="mfe", text=text, contexts=contexts, arguments=arguments)


def _common_arguments(stack: Stack, build: SourceBuild) -> dict[str, str]:
    bases, release = build.bases, stack.pinned_release
    mirrored = stack.images.mirrored
    arguments = {
        "BASE_IMAGE": mirrored(bases.system or release.bases.system),
        "NODE_IMAGE": mirrored(bases.node or release.bases.node),
        "ATLAS_REPOSITORY": build.translations.repository,
        "ATLAS_REVISION": build.translations.ref or release.ref_of("openedx-translations"),
    }
    if build.build_apt_packages:
        arguments["BUILD_APT_PACKAGES"] = " ".join(build.build_apt_packages)
    return arguments


def _secret_ids(build: PushedBuild) -> Iterator[tuple[str, str]]:
    for secret_id, name in build.secret_ids.items():
        if name == "build_git_token":
            # BuildKit shows a token to the host in its id, and one without a host to all hosts.
            for address in repositories(build):
                yield f"GIT_AUTH_TOKEN.{urlsplit(address).netloc}", name
        else:
            yield secret_id, name
