"""How are the micro-frontends served?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.frontends.caddy import SOFTWARE, caddy
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER
from openedx_infra.kubernetes import files, workload
from openedx_infra.kubernetes.pod import Pod
from openedx_infra.settings import mfe_caddyfile
from openedx_infra.settings.static import MFE_PORT


class Mfe(pulumi.ComponentResource):
    """One static server for all MFEs.

    It waits for nobody: what it serves asks the LMS from the visitor's browser.
    """

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Mfe", name, None, opts)
        scope, own = instance.scope, pulumi.ResourceOptions(parent=self)
        own_name = f"mfe{instance.stack.suffix}"
        text = mfe_caddyfile(instance.stack)
        config = files.plain(f"{own_name}-config", scope, {"Caddyfile": text}, own)
        size = instance.stack.sizing.mfe
        container = caddy(instance.image("mfe"), size, config, MFE_PORT)
        pod = Pod(component=own_name, software=SOFTWARE, container=container, user=USER, grace_seconds=45)
        workload.service(own_name, scope, pod, own)
        workload.deployment(own_name, scope, pod, own, replicas=size.replicas)
        self.register_outputs({"url": instance.stack.site.mfe_url})
