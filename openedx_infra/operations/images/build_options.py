"""What is to be built? Said on the command line, where nothing heavy is loaded yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to build, and where it goes."""

    names: Sequence[str] = ()
    """Images by their names in the stack file; all that it builds, if empty."""
    push: bool
    """Whether registries get the images and their layers."""
    target: str | None = None
    """Another stage than the stack file says."""
    tag: str | None = None
    """Another tag than the stack file says."""
    attest: bool = False
    """Whether to add what is in the image (SBOM) and how it was built (provenance)."""
