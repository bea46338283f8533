"""A server that AWS runs, as its users need to know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that AWS runs."""

    host: pulumi.Output[str]
    """Its address, which goes on to be right when another node takes over."""
    replica: pulumi.Output[str] | None = None
    """Address of a copy to read from. None: there is none."""
    ready: Sequence[pulumi.Resource]
    """What must be ready before anybody connects."""
