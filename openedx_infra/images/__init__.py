"""Images of an instance: plans, texts of Dockerfiles, and what a failed build means, as pure functions."""

from __future__ import annotations

from openedx_infra.images.compose import IMAGES, FragmentError, context, dockerfile, points
from openedx_infra.images.failure import Failure, explain
from openedx_infra.images.frontends import Frontend, SiteApp, mfe_dockerfile
from openedx_infra.images.plan import Plan, plans, problems

__all__ = [
    "IMAGES",
    "Failure",
    "FragmentError",
    "Frontend",
    "Plan",
    "SiteApp",
    "context",
    "dockerfile",
    "explain",
    "mfe_dockerfile",
    "plans",
    "points",
    "problems",
]
