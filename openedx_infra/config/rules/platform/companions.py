"""Rules on companion services: images, hosts, databases, and settings that the stack file sets, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openedx_infra.config.computed_settings import EXTENDED_LISTS, EXTENDED_MAPS
from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.images.builds import ServiceBuild
from openedx_infra.config.images.sources import Fork
from openedx_infra.config.services.buckets import kind
from openedx_infra.config.services.definition import Installed
from openedx_infra.config.services.registry import companions, with_section
from openedx_infra.config.stack import Stack


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    installed = companions(stack)
    for each in installed:
        yield from _image(stack, each)
        yield from _settings(stack, each)
        for location, text in each.service.conflicts(stack, each.section):
            yield Conflict((*each.location, *location), text)
    yield from _databases(stack, installed)
    yield from _buckets(stack)


def _image(stack: Stack, each: Installed[Any]) -> Iterator[Conflict]:
    location = (*each.location, "image")
    release = (("release",),)
    if each.section.build is not None:
        yield from _build(stack, each, each.section.build)
    elif each.section.image is None and stack.release not in each.service.images:
        published = ", ".join(each.service.images)
        others = f"; {published} have one" if published else ""
        text = (
            f"no image of {each.service.title} is published for {stack.release}{others}: name one of yours, "
            "or set `enabled: false`"
        )
        yield Conflict(location, text, release)
    elif stack.images.require_digest and "@" not in (each.section.image or ""):
        text = (
            f"has no digest, which `images.require_digest` asks for: name the image of {each.service.title} "
            f"with `@sha256:…`; `openedx-infra images digest --stack {stack.name} --write` does that"
        )
        yield Conflict(location, text, (("images", "require_digest"), *release), undecided=True)
    for further in each.service.further_images(stack, each.section):
        if stack.images.require_digest and "@" not in further.reference:
            text = (
                f"{further.reference} has no digest, which `images.require_digest` asks for: name the image "
                f"with `@sha256:…`; `openedx-infra images digest --stack {stack.name} --write` does that"
            )
            where = (*each.location, *further.location)
            yield Conflict(where, text, (("images", "require_digest"),), undecided=True)


def _build(stack: Stack, each: Installed[Any], build: ServiceBuild) -> Iterator[Conflict]:
    """There is one image, and code to build it from."""
    location, own = (*each.location, "build"), each.service.code
    if each.section.image is not None:
        yield Conflict(location, "the image is named by `image`, too: leave one of the two out")
    if not isinstance(build.code, Fork):
        return
    if build.code.repository is None and own is None:
        text = f"{each.service.title} names no repository of its own: set `code.repository` and `code.ref`"
        yield Conflict((*location, "code"), text)
    elif build.code.ref is None and (own is None or build.code.repository or stack.release not in own.refs):
        text = f"missing: there is none for {stack.release}: set a branch, a tag or a commit"
        yield Conflict((*location, "code", "ref"), text, (("release",),))


def _settings(stack: Stack, each: Installed[Any]) -> Iterator[Conflict]:
    """A setting has one owner: the service, or the stack file. Lists and maps that are merged may have
    both."""
    added = each.service.platform(stack, each.section)
    names = {*added.common, *added.lms, *added.studio} - {*EXTENDED_LISTS, *EXTENDED_MAPS}
    for place in (("features", "flags"), ("settings", "common"), ("settings", "lms"), ("settings", "studio")):
        given = getattr(getattr(stack, place[0]), place[1])
        for name in sorted(names & given.keys()):
            text = (
                f"is set by {key_of(each.location)}: leave it out, or set `enabled: false` there to attach "
                f"{each.service.title} of your own"
            )
            yield Conflict((*place, name), text, (each.location,))


def _buckets(stack: Stack) -> Iterator[Conflict]:
    """Names of buckets are for what services have, and each is another bucket."""
    storage, where = stack.datastores.storage, ("datastores", "storage")
    if not isinstance(storage, StorageExternal):
        return
    services = with_section(stack)
    kinds = {kind(each.name, bucket): each for each in services for bucket in each.service.buckets}
    taken: dict[str, Location] = {
        name: (*where, "buckets", key) for key, name in storage.buckets.model_dump().items()
    }
    for key, name in sorted(storage.service_buckets.items()):
        location = (*where, "service_buckets", key)
        if key not in kinds:
            those = f"they have {', '.join(sorted(kinds))}" if kinds else "none of its services has any"
            yield Conflict(location, f"no service of this stack has such a bucket; {those}: remove it")
        if (other := taken.setdefault(name, location)) != location:
            text = f"{name} is {key_of(other)}, too: each needs a bucket of its own"
            yield Conflict(location, text, (other,))


def _databases(stack: Stack, installed: tuple[Installed[Any], ...]) -> Iterator[Conflict]:
    """Each has databases and users of its own: the rights of one must not reach another's data."""
    mysql, where = stack.datastores.mysql, ("datastores", "mysql")
    databases: dict[str, Location] = {mysql.database: (*where, "database")}
    if mysql.history_database:
        databases[mysql.history_database] = (*where, "history_database")
    users: dict[str, Location] = {mysql.user: (*where, "user")}
    for each in installed:
        for database in each.service.databases_of(stack, each.section):
            for taken, name, what in (
                (databases, database.database, "a database"),
                (users, database.user, "a user"),
            ):
                if (other := taken.setdefault(name, each.location)) != each.location:
                    text = f"{name} is {what} of {each.service.title}: choose another name for one of the two"
                    yield Conflict(other, text, (each.location,))
