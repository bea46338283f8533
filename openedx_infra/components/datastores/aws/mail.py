"""Mail by Amazon SES: by its API, with the role of the pods."""

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


def ses(instance: Instance, config: MailSes, parent: pulumi.Resource) -> SesStore:
    """The sender's domain at SES, and the right of the pods to send from it."""
    aws = instance.on_aws
    account = aws.account
    region = config.region or account.region
    domain = instance.stack.sender.rpartition("@")[2]
    sender = service.sender(account, "mail", domain, region, parent)
    ready: list[pulumi.Resource] = [sender.identity]
    if aws.pods is not None:
        values = [sender.identity.arn, sender.configuration.arn]
        granted = iam.grant(account, "platform-mail", aws.pods.role, _rights, values, parent)
        ready.append(granted)
    name = sender.configuration.configuration_set_name
    return SesStore(
        connection=name.apply(lambda set_name: _connection(region, set_name)),
        reach=Reach(ports=(PORT,)),
        ready=ready,
        dns_records=sender.records,
    )


def _rights(values: Sequence[Any]) -> list[Mapping[str, Any]]:
    identity, configuration = values
    return [*service.rights(identity, configuration)]


def _connection(region: str, configuration_set: str) -> connections.Ses:
    return connections.Ses(region=region, configuration_set=configuration_set)
