"""How are the images of an instance built? Pure functions: texts of Dockerfiles, and what a failure means."""

from __future__ import annotations

from openedx_infra.images.compose import FragmentError, context, dockerfile, points
from openedx_infra.images.failure import Failure, explain
from openedx_infra.images.frontends import Frontend, SiteApp, mfe_dockerfile

__all__ = [
    "Failure",
    "FragmentError",
    "Frontend",
    "SiteApp",
    "context",
    "dockerfile",
    "explain",
    "mfe_dockerfile",
    "points",
]
