"""Rules on migrations and on two versions side by side."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.images.images import has_digest
from openedx_infra.config.stack import Stack
from openedx_infra.releases import ImageName


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    yield from _patience(stack)
    yield from _side_by_side(stack)


def _patience(stack: Stack) -> Iterator[Conflict]:
    migrations, longest = stack.migrations, ("migrations", "minutes")
    if migrations.lock_minutes >= migrations.minutes:
        text = (
            f"{migrations.lock_minutes} leaves nothing of `minutes` ({migrations.minutes}) for the "
            "migrations themselves: lower the one or raise the other"
        )
        reads: tuple[Location, ...] = (longest,)
        yield Conflict(("migrations", "lock_minutes"), text, reads)


def _side_by_side(stack: Stack) -> Iterator[Conflict]:
    """Both versions use the same databases, those of the newer one's migrations."""
    if stack.blue_green is None:
        return
    blue, green = stack.versions
    where: Location = ("blue_green", "green")
    reads: tuple[Location, ...] = (("release",), ("migrations", "beside"), where)
    if not (blue.runs_beside(green.release) or green.runs_beside(blue.release)):
        text = (
            f"{green.release} and `openedx:release` ({blue.release}) are not known to live on one database: "
            "upgrade with the maintenance page, or, if you have tested that they do, name the older one in "
            "`openedx:migrations.beside`"
        )
        yield Conflict((*where, "release"), text, reads)
    names: tuple[ImageName, ...] = ("openedx", "mfe")
    for name in names:
        yield from _image(green, name, (*where, name))


def _image(green: Stack, name: ImageName, where: Location) -> Iterator[Conflict]:
    image = green.published_images.get(name)
    if image is None:
        yield Conflict(where, f"missing: nobody publishes one of {green.release}: name yours", (where,))
    elif green.wants_digests and not has_digest(image):
        text = f"{image} is named by a tag, and `openedx:images.require_digest` wants a digest: write one"
        yield Conflict(where, text, (("images", "require_digest"), where), undecided=True)
