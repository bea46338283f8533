"""Where a stack file refers to secrets of the operator's, and where it must not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openedx_infra.config.errors.config_error import Fault
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.extras.manifests import secret_references
from openedx_infra.config.secrets.catalogue import Secret, is_known, referenced_secret
from openedx_infra.config.sections.issuers import DnsWebhook
from openedx_infra.config.stack import SECRETS_KEY, Stack
from openedx_infra.config.types.secret_references import KEY, SECRET_NAME, is_reference, references

ANY = "*"
"""Stands for one key or index in a pattern of locations."""

READABLE: Mapping[Location, str] = {
    ("settings", ANY): "the pods that read it restart",
    ("ingress", "headers"): "responses have the new value",
    ("duties", "extra", ANY, "secrets"): "duties read the new one from their next run on",
    ("extras", "containers", ANY, "files"): "its pods restart; runs by schedule read the new one",
    ("extras", "manifests", ANY, "objects", ANY, "stringData"): "the Secret has the new value",
    ("extras", "manifests", ANY, "file"): "the Secret has the new value",
    ("images", ANY, "secrets"): "nothing, until the next build",
    ("site", "tls", "issuer", "provider", "config"): "the next certificate is asked for with the new one",
}
"""Where a stack file may refer to a secret, and what a new value does there."""

_ELSEWHERE: Mapping[Location, str] = {
    ("mfes",): "every visitor reads the configuration of MFEs, so nothing in it is secret: leave it out",
    ("duties", "extra", ANY, "command"): (
        "everybody who may read CronJobs sees a command: name it under `secrets` of the duty, and let the "
        "command read the file /openedx/duty/NAME"
    ),
    ("duties", ANY, "args"): (
        "everybody who may read CronJobs sees arguments: write a duty of your own under "
        "openedx:duties.extra, whose `secrets` are files"
    ),
    ("extras", "containers", ANY, "env"): (
        "everybody who may read Deployments sees environment variables, and every process inherits them: "
        "name it under `files`, as `/etc/NAME/NAME: {secret: NAME}`, and let the program read that file"
    ),
    ("extras", "containers", ANY, "command"): (
        "everybody who may read Deployments sees a command: name it under `files`, as `/etc/NAME/NAME: "
        "{secret: NAME}`, and let the program read that file"
    ),
    ("extras", "containers", ANY, "args"): (
        "everybody who may read Deployments sees arguments: name it under `files`, as `/etc/NAME/NAME: "
        "{secret: NAME}`, and let the program read that file"
    ),
    ("images", ANY, "arguments"): (
        "arguments are in the image's history: name it under `secrets` of the image, and read it with "
        "`RUN --mount=type=secret,id=NAME` in a fragment"
    ),
    ("features",): "a flag or switch is true or false: leave it out",
}
"""Where one might, and why that can't be."""


def within(location: Location, patterns: Mapping[Location, str]) -> str | None:
    """The text of the first pattern that a location lies in; None if it lies in none."""
    for pattern, text in patterns.items():
        if len(location) >= len(pattern) and all(
            wanted in (ANY, part) for wanted, part in zip(pattern, location, strict=False)
        ):
            return text
    return None


def uses(stack: Stack) -> dict[str, list[Location]]:
    """Every secret that a stack file refers to, with the places that do."""
    found: dict[str, list[Location]] = {}
    for location, name in _references(stack):
        found.setdefault(name, []).append(location)
    return dict(sorted(found.items()))


def _references(stack: Stack) -> Iterator[tuple[Location, str]]:
    issuer = stack.site.issuer
    provider = getattr(issuer, "provider", None)
    parts: dict[Location, Any] = {
        **{("settings", site): getattr(stack.settings, site) for site in type(stack.settings).model_fields},
        ("ingress", "headers"): stack.ingress.headers,
        **{("duties", "extra", name, "secrets"): duty.secrets for name, duty in stack.duties.extra.items()},
        **{
            ("extras", "containers", name, "files"): each.files
            for name, each in stack.extras.containers.items()
        },
        **{("images", name, "secrets"): build.secrets for name, build in stack.images.builds.items()},
        **{
            ("services", name, "build", "secrets"): build.secrets
            for name, build in stack.service_builds.items()
        },
        ("site", "tls", "issuer", "provider", "config"): (
            provider.config if isinstance(provider, DnsWebhook) else {}
        ),
    }
    for location, value in parts.items():
        for path, name in references(value):
            yield (*location, *path), name
    for key, manifests in stack.extras.manifests.items():
        where: Location = ("extras", "manifests", key)
        for place, name in secret_references(manifests):
            yield (*where, "file") if manifests.file else (*where, "objects", *place), name


def needed_by_references(stack: Stack) -> Iterator[Secret]:
    """The secrets that a stack file refers to, each with the keys that do."""
    for name, locations in uses(stack).items():
        effects = dict.fromkeys(filter(None, (within(location, READABLE) for location in locations)))
        yield referenced_secret(name, [key_of(location) for location in locations], "; ".join(effects))


def names_in(config: Any) -> frozenset[str]:
    """Names in all maps that look like references, in a stack file that may be wrong elsewhere."""
    return frozenset(name for _, name in references(config))


def faults(config: Any, location: Location = ()) -> Iterator[Fault]:
    """What is wrong with the references of a stack file: where they stand, and what they name."""
    if is_reference(config):
        if line := _fault(config[KEY], location):
            yield Fault(location, location, f"{key_of(location)}: {line}")
    elif isinstance(config, Mapping):
        for key, inner in config.items():
            yield from faults(inner, (*location, str(key)))
    elif isinstance(config, list | tuple):
        for index, inner in enumerate(config):
            yield from faults(inner, (*location, index))


def _fault(name: Any, location: Location) -> str | None:
    """What is wrong with one reference. A name that is none may be the secret itself: it isn't repeated."""
    if reason := within(location, _ELSEWHERE):
        return f"refers to a secret, but {reason}"
    if within(location, READABLE) is None:
        return None
    try:
        SECRET_NAME.check(name if isinstance(name, str) else "")
    except ValueError:
        return (
            f"what stands under `{KEY}` is no name of a secret: write {SECRET_NAME.rule}, such as "
            f"{SECRET_NAME.example}; `openedx-infra secrets set NAME` sets the secret itself"
        )
    if is_known(name):
        own = key_of((SECRETS_KEY, name))
        return f"{own} is a secret of this program's own, which nothing else may read: choose another name"
    return None
