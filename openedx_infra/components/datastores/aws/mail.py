"""How does an instance send mail by Amazon SES? By its API, with the role of its pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from openedx_infra.aws import iam
from openedx_infra.aws import ses as service
from openedx_infra.components.datastores.store import Reach, SesStore
from openedx_infra.components.instance import Instance
from openedx_infra.config.sections.mail import MailSes
from openedx_infra.settings import connections

PORT = 443


def ses(instance: Instance, said: MailSes, parent: pulumi.Resource) -> SesStore:
    """The sender's domain at SES, and the right of the pods to send from it."""
    place = instance.on_aws
    account = place.account
    region = said.region or account.region
    domain = instance.stack.sender.rpartition("@")[2]
    sender = service.sender(account, "mail", domain, region, parent)
    ready: list[pulumi.Resource] = [sender.identity]
    if place.pods is not None:
        known = [sender.identity.arn, sender.configuration.arn]
        granted = iam.grant(account, "platform-mail", place.pods.role, _rights, known, parent)
        ready.append(granted)
    name = sender.configuration.configuration_set_name
    return SesStore(
        connection=name.apply(lambda known: _connection(region, known)),
        reach=Reach(ports=(PORT,)),
        ready=ready,
        dns_records=sender.records,
    )


def _rights(known: Sequence[Any]) -> list[Mapping[str, Any]]:
    identity, configuration = known
    return [*service.rights(identity, configuration)]


def _connection(region: str, configuration_set: str) -> connections.Ses:
    return connections.Ses(region=region, configuration_set=configuration_set)
