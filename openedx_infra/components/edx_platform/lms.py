"""Component of the LMS' web pods."""

from __future__ import annotations

import pulumi

from openedx_infra.components.edx_platform.sites import LMS
from openedx_infra.components.edx_platform.web import SiteArgs, serve


class Lms(pulumi.ComponentResource):
    """The LMS: what learners see, and the API behind all MFEs."""

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Lms", name, None, opts)
        self.settings = serve(LMS, args, self)
        """Its settings, which its workers share."""
        self.register_outputs({"url": args.instance.stack.site.lms_url})
