"""Kubernetes objects of the operator's own: written in the stack file, or in files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from openedx_infra.config.checkout_files import FileFault, read_text
from openedx_infra.config.types.base import OrNothing, Section, Setting, Switch
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.secret_references import references

PREFIX = "manifest-"
"""What the names of these objects begin with in Pulumi, and the value of their label of the component, before
the name that the stack file has for them."""
SECRET_VALUES = "stringData"
"""Field of a Secret whose values may be secrets of the stack."""

MOST_BYTES = 512 * 1024
"""Bytes of a file of objects at most: Pulumi passes each on, and keeps it in its state (a guess)."""

ManifestName = Annotated[
    str,
    Pattern(
        "name",
        r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
        "at most 40 lower-case letters, digits and hyphens, with a letter first and no hyphen last",
        "quota",
    ),
]
"""What a stack file calls some objects."""

ManifestFile = Annotated[
    str,
    Pattern(
        "path of a file of YAML",
        r"[^\s:*?\"<>|][^\n:*?\"<>|]{0,490}\.ya?ml",
        "a file that ends in .yaml, from the folder of Pulumi.yaml",
        "manifests/quota.yaml",
    ),
]
"""A file of YAML of this machine, of one document or several."""


class ExtraManifests(Section):
    """Kubernetes objects as they are: from a file, or written here. They get the instance's namespace and
    labels, and policies judge them as they judge all others."""

    file: Annotated[ManifestFile | None, OrNothing] = None
    """A file with one object in each of its documents. None: they are under `objects`."""
    objects: tuple[dict[str, Setting], ...] = ()
    """The objects themselves. Values of a Secret's `stringData` are `{secret: NAME}`."""
    before_platform: Switch = False
    """Whether migrations, and so all that runs the platform's code, wait for them. false: they come after the
    platform's set-up."""
    anywhere: Switch = False
    """Whether they may be objects of the whole cluster, or of other namespaces. `up` needs the rights to make
    them, and no two instances may name the same."""
    reason: Annotated[str | None, OrNothing] = None
    """Why their pods need more than policies allow: then no policy about pods judges them. In the instance's
    namespace the cluster itself goes on refusing what isn't `restricted`."""


class ManifestFault(ValueError):
    """Objects that can't be read. The message has one line for each fault."""


def read_objects(manifests: ExtraManifests) -> list[dict[str, Any]]:
    """The objects of a file, or of the stack file itself, in their order. Raises ManifestFault."""
    if manifests.file is None:
        return [dict(each) for each in manifests.objects]
    import yaml  # which few stacks need

    try:
        text = read_text(manifests.file)
    except FileFault as error:
        raise ManifestFault(str(error)) from None
    if (size := len(text.encode())) > MOST_BYTES:
        rule = f"{manifests.file} has {size:,} bytes, of at most {MOST_BYTES:,}"
        raise ManifestFault(f"{rule}: split it, or install it by other means")
    try:
        documents = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{manifests.file}, line {mark.line + 1}" if mark else manifests.file
        problem = getattr(error, "problem", None) or "can't be read"
        raise ManifestFault(f"{where}: {problem}: correct its YAML") from None
    return [each for each in documents if each is not None]


def secret_references(manifests: ExtraManifests) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Secrets of the stack that these objects refer to, with their places: the number of the object, and the
    path within. None, where they can't be read."""
    try:
        objects = read_objects(manifests)
    except ManifestFault:
        return
    for number, each in enumerate(objects):
        values = each.get(SECRET_VALUES) if isinstance(each, Mapping) else None
        for path, name in references(values):
            yield (number, SECRET_VALUES, *path), name


def identity(obj: Mapping[str, Any]) -> tuple[str, str, str]:
    """What no two objects of a namespace share: API group, kind and name."""
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    return group, str(obj.get("kind", "")), str((obj.get("metadata") or {}).get("name", ""))


Manifests = dict[ManifestName, ExtraManifests]
"""Objects by names of the operator's choice."""
