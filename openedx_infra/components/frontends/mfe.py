"""Component of the micro-frontends' web server."""

from __future__ import annotations

import pulumi

from openedx_infra.components.frontends.caddy import SOFTWARE, caddy
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER
from openedx_infra.kubernetes import files, workload
from openedx_infra.kubernetes.pod import Pod
from openedx_infra.settings import mfe_caddyfile
from openedx_infra.settings.servers.mfe import MFE_PORT


class Mfe(pulumi.ComponentResource):
    """One static server for all MFEs.

    It waits for nothing: its pages call the LMS from the visitor's browser. Those that are mounted have
    servers of their own, to which it leads.
    """

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Mfe", name, None, opts)
        scope, opts = instance.scope, pulumi.ResourceOptions(parent=self)
        component = f"mfe{instance.stack.suffix}"
        text = mfe_caddyfile(instance.stack)
        config = files.plain(f"{component}-config", scope, {"Caddyfile": text}, opts)
        size = instance.stack.sizing.mfe
        container = caddy(instance.image("mfe"), size, config, MFE_PORT)
        pod = Pod(component=component, software=SOFTWARE, container=container, user=USER, grace_seconds=45)
        workload.service(component, scope, pod, opts)
        workload.deployment(component, scope, pod, opts, replicas=size.replicas)
        if instance.stack.development:
            from openedx_infra.components.development.frontends import serve_from_source

            serve_from_source(instance, opts)
        self.register_outputs({"url": instance.stack.site.mfe_url})
