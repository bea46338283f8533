"""Which version runs beside the one that serves?"""

from __future__ import annotations

from typing import Literal

from openedx_infra.config.base import Section


class BlueGreen(Section):
    """Two versions of the platform side by side, of which one serves."""

    live: Literal["blue", "green"] = "blue"
    """Which of them visitors reach."""
