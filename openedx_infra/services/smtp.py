"""SMTP relay: takes mail of the instance's pods, and delivers it to the recipients' servers."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.config.sections.mail import MailRelay
from openedx_infra.kubernetes import probes, volumes
from openedx_infra.services.service import DatastoreService
from openedx_infra.settings.connections import Endpoint, Smtp

PORT = 8025
USER, GROUP = 100, 101
"""User and group of exim in the relay's image."""
PRIVATE_NETWORKS = "10.0.0.0/8:172.16.0.0/12:192.168.0.0/16:100.64.0.0/10"
"""Where pods have their addresses: the image's default, and what providers share between their customers."""


def service(stack: Stack, _relay: MailRelay) -> DatastoreService[Smtp]:
    """An SMTP relay. Mails that it could not deliver yet are lost with its pod."""
    return DatastoreService(
        name="smtp",
        image=stack.image("smtp"),
        size=stack.sizing.smtp,
        env={
            "HOSTNAME": stack.site.lms_host,  # what it calls itself before other mail servers
            "LOCAL_DOMAINS": "",  # else it would keep mail to the site's own addresses, which others receive
            "RELAY_FROM_HOSTS": PRIVATE_NETWORKS,
        },
        port=PORT,
        probes=probes.server(PORT),
        user=USER,
        group=GROUP,
        exception="Exim has the number of its user built in",
        folders=[
            volumes.scratch("spool", "/var/spool/exim", "512Mi"),
            volumes.scratch("tmp", "/tmp", "64Mi"),
        ],
        internet=[25],
        connection=Smtp(endpoint=Endpoint(host="smtp", port=PORT)),
        awaited=False,  # mail is sent again when it isn't there yet
    )
