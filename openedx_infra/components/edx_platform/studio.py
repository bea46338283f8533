"""Component of Studio's web pods."""

from __future__ import annotations

import pulumi

from openedx_infra.components.edx_platform.sites import STUDIO
from openedx_infra.components.edx_platform.web import SiteArgs, serve


class Studio(pulumi.ComponentResource):
    """Studio: where authors write courses."""

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Studio", name, None, opts)
        self.settings = serve(STUDIO, args, self)
        """Its settings, which its workers share."""
        self.register_outputs({"url": args.instance.stack.site.studio_url})
