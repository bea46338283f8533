"""What the command line asks a build for; it loads nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """What to build, and where it goes."""

    names: Sequence[str] = ()
    """Images by their names in the stack file. Empty: all that it builds."""
    push: bool
    """Whether registries get the images and their layers."""
    target: str | None = None
    """Another stage than the stack file says."""
    tag: str | None = None
    """Another tag than the stack file says."""
    attest: bool = False
    """Whether to add what is in the image (SBOM) and how it was built (provenance)."""
