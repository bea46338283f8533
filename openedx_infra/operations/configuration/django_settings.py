"""The effective value of a setting of LMS or Studio as the program writes it, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import yaml

from openedx_infra.config import PROJECT, Stack
from openedx_infra.config.computed_settings import EXTENDED_LISTS, EXTENDED_MAPS, MANAGED_SETTINGS
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.versions import live_version
from openedx_infra.operations.configuration import lines
from openedx_infra.operations.configuration.effective import MASKED
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.settings import merged

SITES: Mapping[str, str] = {"lms": "lms", "studio": "cms", "cms": "cms"}
"""Names of the two sites, and edx-platform's own for each."""


@dataclass(frozen=True, kw_only=True)
class DjangoSetting:
    """One setting of a site."""

    value: Any
    """Its value, secrets masked."""
    origins: Sequence[str]
    """Such as `Pulumi.campus.yaml, line 30 (openedx:settings.lms)`, or the key that it is computed from; of a
    list or map that is put together, all of them."""


def is_setting(location: Location) -> bool:
    """Whether a location names a site's setting, such as `lms.PLATFORM_NAME`, and no key of stack files."""
    return len(location) >= 2 and location[0] in SITES and str(location[1]).isupper()


def django_setting(file: StackFile, stack: Stack, location: Location) -> DjangoSetting:
    """The setting at `lms.NAME` or `studio.NAME`, or what is inside it at a longer location.

    Addresses that only AWS knows are stand-ins. Raises OperationError for a setting that the program doesn't
    write: then the platform's own default counts.
    """
    variant, name = SITES[str(location[0])], str(location[1])
    plain, secret = _written(stack, variant)
    masked = _masked(secret)
    settings = merged(plain, masked)
    if name not in settings:
        raise OperationError(
            f"The program doesn't write {name}, so the platform's own default counts{_near(name, settings)}.",
            remedy=f"ask the running platform: `openedx-infra manage {location[0]} --stack {file.name} -- "
            f"print_setting {name}`",
        )
    value: Any = settings[name]
    for part in location[2:]:
        if not (isinstance(value, Mapping) and part in value):
            raise OperationError(
                f"{name} has no {part}.", remedy=f"`config get {location[0]}.{name}` shows it"
            )
        value = value[part]
    return DjangoSetting(value=value, origins=_origins(file, stack, location, value, name in secret))


def _written(stack: Stack, variant: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The plain and the secret settings of a site, as the program would send them to the cluster; of two
    versions those of the one that visitors reach."""
    graph = recorded(stack, secrets.stand_ins(stack))
    name = {"lms": "lms", "cms": "studio"}[variant] + live_version(stack).suffix
    texts = {
        resource.name: graph.object(resource, reveal_secrets=True)
        for resource in graph.resources
        if resource.is_object and resource.name in (f"{name}-settings", f"{name}-secrets")
    }
    plain = yaml.safe_load(texts[f"{name}-settings"]["data"][f"{variant}.yml"])
    secret = yaml.safe_load(texts[f"{name}-secrets"]["stringData"][f"{variant}.yml"])
    return plain, secret


def _masked(value: Any) -> Any:
    """The value with every text and number in it masked; keys stay."""
    if isinstance(value, Mapping):
        return {key: _masked(inner) for key, inner in value.items()}
    return MASKED


def _near(name: str, settings: Mapping[str, Any]) -> str:
    near = get_close_matches(name, list(settings), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _origins(file: StackFile, stack: Stack, location: Location, value: Any, is_secret: bool) -> list[str]:
    """Where the value at a location comes from: one place, or all whose lists and maps are put together."""
    variant, name = SITES[str(location[0])], str(location[1])
    sections = [each for each in _sections(stack, variant) if name in each[1] and _has(each[1], location[1:])]
    is_whole = len(location) == 2 or isinstance(value, Mapping)
    is_merged = is_whole and (name in EXTENDED_LISTS or name in EXTENDED_MAPS)
    places = [_place(file, section, (part, name)) for (section, part), _ in sections]
    # Of what is not put together, a later section replaces the others.
    before = [] if places and not is_merged else [_computed_from(stack, name, is_secret)]
    return [*before, *(places if is_merged else places[-1:]), *_modules(stack, variant)]


def _modules(stack: Stack, variant: str) -> Iterator[str]:
    """Files of Python that run after all settings of a site: each may change any of them."""
    for part in ("common", "lms" if variant == "lms" else "studio"):
        if path := getattr(stack.settings.modules, part):
            yield f"{path} runs after it ({PROJECT}:settings.modules.{part})"


def _sections(stack: Stack, variant: str) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    """The sections of a stack file that set settings of a site, as they are laid over each other."""
    common = stack.settings.common
    flags = {name: value for name, value in stack.features.flags.items() if name not in common}
    own = ("lms", stack.settings.lms) if variant == "lms" else ("studio", stack.settings.studio)
    return [
        (("features", "flags"), flags),
        (("settings", "common"), common),
        (("settings", own[0]), own[1]),
    ]


def _has(value: Any, path: Location) -> bool:
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True


def _place(file: StackFile, section: str, path: Location) -> str:
    line = lines.of(file.path)(f"{PROJECT}:{section}", path)
    return f"{file.path.name}, line {line} ({PROJECT}:{section}.{path[0]})"


def _computed_from(stack: Stack, name: str, is_secret: bool) -> str:
    """Where a setting comes from that the stack file does not set, or only adds to."""
    live = live_version(stack)
    if name in live.pinned_release.settings:
        return f"release {live.release}"
    source = MANAGED_SETTINGS.get(name)
    if source:
        return f"computed from {source if source.startswith('the secret') else f'{PROJECT}:{source}'}"
    adding = EXTENDED_LISTS.get(name) or (EXTENDED_MAPS[name].source if name in EXTENDED_MAPS else "")
    if "." in adding.partition(" ")[0]:
        return f"set by the program ({PROJECT}:{adding})"
    return "set by the program, with secrets of the stack" if is_secret else "set by the program"
