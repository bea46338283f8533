"""Who in an instance talks to whom?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.instance import MFE_PORT, PLATFORM, WEB_PORT, Instance
from openedx_infra.components.mfe import SOFTWARE as MFE_SERVER
from openedx_infra.components.proxies import PODS
from openedx_infra.components.valkey import SOFTWARE as VALKEY
from openedx_infra.kubernetes.isolation import Flow, Isolation


def isolate(instance: Instance, parent: pulumi.Resource) -> None:
    """Nothing but these: pods of the platform reach all servers, each other, and the web; visitors come by
    the ingress."""
    isolation = Isolation(scope=instance.scope, opts=pulumi.ResourceOptions(parent=parent))
    isolation.deny_all()
    isolation.allow_dns()
    isolation.allow_flows(_flows(instance))
    at = instance.endpoints
    isolation.allow_visitors(
        {PLATFORM: WEB_PORT, MFE_SERVER: MFE_PORT, at.search.host: at.search.port},
        PODS[instance.stack.cluster.ingress_controller],
    )
    mail = instance.stack.mail.delivery
    # Logins, LTI tools, video transcripts and webhooks are all over the web.
    isolation.allow_internet(PLATFORM, [80, 443] if mail.source == "relay" else [80, 443, mail.port])
    if mail.source == "relay":
        isolation.allow_internet("smtp", [25])


def _flows(instance: Instance) -> list[Flow]:
    at = instance.endpoints
    flows = [
        Flow(clients=[PLATFORM, "mysql-provision"], server="mysql", port=at.mysql.port),
        Flow(clients=[PLATFORM, "mongodb-provision"], server="mongodb", port=at.mongodb.port),
        Flow(clients=[PLATFORM], server=VALKEY, port=at.broker.port),
        Flow(clients=[PLATFORM, "search-provision"], server=at.search.host, port=at.search.port),
        # LMS and Studio ask each other, and the MFEs' server passes on the request for their run-time
        # settings.
        Flow(clients=[PLATFORM, MFE_SERVER], server=PLATFORM, port=WEB_PORT),
    ]
    if instance.stack.mail.delivery.source == "relay":
        flows.append(Flow(clients=[PLATFORM], server="smtp", port=at.smtp.port))
    return flows
