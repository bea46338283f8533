"""How are the micro-frontends served?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.instance import MFE_PORT, Instance
from openedx_infra.components.users import USER
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.settings import HEALTH_PATH, mfe_caddyfile

CONFIG = "/etc/caddy"
SOFTWARE = "caddy"


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
        container = Container(
            image=instance.image("mfe"),
            size=size,
            command=["caddy", "run", "--config", f"{CONFIG}/Caddyfile", "--adapter", "caddyfile"],
            env={"HOME": "/tmp", "XDG_CONFIG_HOME": "/tmp/config", "XDG_DATA_HOME": "/tmp/data"},
            port=MFE_PORT,
            probes=Probes(
                startup=probes.http(HEALTH_PATH, MFE_PORT, every=2, failures=60),
                readiness=probes.http(HEALTH_PATH, MFE_PORT),
                liveness=probes.tcp(MFE_PORT, every=20, failures=6),
            ),
            mounts=[volumes.mounted("config", CONFIG, [config]), volumes.scratch("tmp", "/tmp", "64Mi")],
            drain_seconds=15,
            binds_low_ports=True,
        )
        pod = Pod(component=own_name, software=SOFTWARE, container=container, user=USER, grace_seconds=45)
        workload.service(own_name, scope, pod, own)
        workload.deployment(own_name, scope, pod, own, replicas=size.replicas)
        self.register_outputs({"url": instance.stack.site.mfe_url})
