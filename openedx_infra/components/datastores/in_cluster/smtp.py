"""How does the instance deliver mail itself?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.datastores.store import Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import WHY
from openedx_infra.config.sections.mail import MailRelay
from openedx_infra.kubernetes import probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

PORT = 8025
USER, GROUP = 100, 101
"""User and group of exim in the relay's image."""
PRIVATE_NETWORKS = "10.0.0.0/8:172.16.0.0/12:192.168.0.0/16:100.64.0.0/10"
"""Where pods have their addresses: the image's default, and what providers share between their customers."""


def smtp(instance: Instance, said: MailRelay, parent: pulumi.Resource) -> Store[connections.Smtp]:
    """An SMTP relay that takes mail of the instance's pods.

    Mails that it could not deliver yet are lost with its pod.
    """
    scope, opts = instance.scope, pulumi.ResourceOptions(parent=parent)
    container = Container(
        image=instance.image("smtp"),
        size=instance.stack.sizing.smtp,
        env={
            "HOSTNAME": instance.stack.site.lms_host,  # what it calls itself before other mail servers
            "LOCAL_DOMAINS": "",  # else it would keep mail to the site's own addresses, which others receive
            "RELAY_FROM_HOSTS": PRIVATE_NETWORKS,
        },
        port=PORT,
        probes=probes.server(PORT),
        mounts=[
            volumes.scratch("spool", "/var/spool/exim", "512Mi"),
            volumes.scratch("tmp", "/tmp", "64Mi"),
        ],
    )
    reason = {WHY: "Exim has the number of its user built in"}
    pod = Pod(component="smtp", container=container, user=USER, group=GROUP, annotations=reason)
    workload.service("smtp", scope, pod, opts)
    workload.deployment("smtp", scope, pod, opts, replicas=1)
    # Nobody waits for it: mail is sent again when it isn't there yet.
    return Store(
        connection=connections.Smtp(at=Endpoint(host="smtp", port=PORT)),
        reach=Reach.software("smtp", PORT),
        foreign=False,
    )
