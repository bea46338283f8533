"""Images that a stack runs and this program doesn't build, by the keys of the stack file that name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openedx_infra.config import Stack
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.services.registry import companions


@dataclass(frozen=True, kw_only=True)
class StackImage:
    """An image of somebody's registry."""

    location: Location
    """Place of the key that names it, or may name it: such as `images.mysql`."""
    reference: str
    """Its reference as its publisher has it, without mirrors."""
    by_stack_file: bool
    """Whether the stack file names it. Else the release does, or the service."""

    @property
    def name(self) -> str:
        """What it is called: `mysql` of `images`, else its place, such as `services.notes`."""
        place = self.location[1:] if self.location[0] == "images" else self.location
        return ".".join(str(part) for part in place if part != "image")


def published(stack: Stack) -> list[StackImage]:
    """All of them: those of `images`, of companion services that are on, and of extra containers."""
    return [*_of_images(stack), *_of_services(stack), *_of_extras(stack)]


def _of_images(stack: Stack) -> Iterator[StackImage]:
    for name, reference in stack.published_images.items():
        if reference:
            yield StackImage(
                location=("images", name),
                reference=reference,
                by_stack_file=bool(getattr(stack.images, name)),
            )


def _of_services(stack: Stack) -> Iterator[StackImage]:
    for each in companions(stack):
        if each.section.build is not None:
            continue
        image = each.section.image
        if reference := image or each.service.images.get(stack.release):
            yield StackImage(
                location=(*each.location, "image"), reference=reference, by_stack_file=bool(image)
            )
        for further in each.service.further_images(stack, each.section):
            yield StackImage(
                location=(*each.location, *further.location),
                reference=further.reference,
                by_stack_file=further.by_stack_file,
            )


def _of_extras(stack: Stack) -> Iterator[StackImage]:
    for name, container in stack.extras.running.items():
        yield StackImage(
            location=("extras", "containers", name, "image"), reference=container.image, by_stack_file=True
        )
