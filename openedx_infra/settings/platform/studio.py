"""Settings of Studio: the platform's own, with those of the instance."""

from .loading import load

load(globals(), "cms", middleware=["cms.envs.openedx_infra.packages.serve"])
