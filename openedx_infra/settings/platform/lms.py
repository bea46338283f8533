"""Settings of the LMS: the platform's own, with those of the instance."""

from .loading import load

load(
    globals(),
    "lms",
    middleware=["lms.envs.openedx_infra.reports.deliver", "lms.envs.openedx_infra.packages.serve"],
)
