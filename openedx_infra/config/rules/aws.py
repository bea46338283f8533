"""Rules on AWS and the foundation stack: what the chosen sources need of both."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.datastores.search import SearchOpensearch
from openedx_infra.config.datastores.source import RunBy
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.sections.aws import Aws, Network
from openedx_infra.config.sections.mail import MailSes
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.aws_regions import has_mail

_MAIL: Location = ("mail", "delivery")


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    shared = stores_run_by(stack, "foundation")
    if shared and stack.foundation is None:
        text = (
            f"missing: {_named(shared)} would be the foundation's: name its stack, such as "
            "organization/openedx/foundation, or choose another source"
        )
        yield Conflict(("foundation",), text, tuple(shared))
    on_aws = stores_run_by(stack, "aws-network", "aws-role")
    if on_aws and stack.aws is None:
        text = f"missing: {_named(on_aws)} would be on AWS: set at least its `region`"
        yield Conflict(("aws",), text, tuple(on_aws))
    if stack.aws is not None:
        yield from _parts(stack)
        yield from _spread(stack, stack.aws)
        yield from _mail(stack, stack.aws)
        yield from key_of_another_region(stack.aws)


def _parts(stack: Stack) -> Iterator[Conflict]:
    """Network and identity: this stack's or the foundation's."""
    if stack.aws is None or stack.foundation is not None:
        return
    in_network, by_role = stores_run_by(stack, "aws-network"), stores_run_by(stack, "aws-role")
    for part, value, needing, purpose in (
        ("network", stack.aws.network, in_network, "{} would be in it"),
        ("identity", stack.aws.identity, by_role, "pods use {} by a role"),
    ):
        if needing and value is None:
            text = (
                f"missing: {purpose.format(_named(needing))}: set it, or name a foundation stack that has it "
                "(openedx:foundation)"
            )
            yield Conflict(("aws", part), text, (*needing, ("foundation",)))


def key_of_another_region(aws: Aws) -> Iterator[Conflict]:
    """Keys of KMS serve their own region alone."""
    if aws.kms_key and aws.kms_key.split(":")[3] != aws.region:
        text = (
            f"is a key of {aws.kms_key.split(':')[3]}, and serves nothing in `region` "
            f"({aws.region}): name a key of that region"
        )
        yield Conflict(("aws", "kms_key"), text, (("aws", "region"),))


def _mail(stack: Stack, aws: Aws) -> Iterator[Conflict]:
    """Amazon SES isn't in every partition of AWS."""
    delivery = stack.mail.delivery
    if not isinstance(delivery, MailSes):
        return
    region = delivery.region or aws.region
    if not has_mail(region):
        where: Location = (*_MAIL, "region" if delivery.region else "source")
        text = (
            f"Amazon SES isn't in {region}, nor in any region of that part of AWS: set `source: smtp` with "
            "a mail provider there, or `source: relay`"
        )
        yield Conflict(where, text, (("aws", "region"),))


def _spread(stack: Stack, aws: Aws) -> Iterator[Conflict]:
    """AWS wants the same number of OpenSearch nodes in each zone. A foundation's zones are not known here."""
    search = stack.datastores.search
    if isinstance(search, SearchOpensearch):
        yield from uneven_nodes(search.nodes, aws.network)


def uneven_nodes(nodes: int, network: Network | None) -> Iterator[Conflict]:
    """Nodes of OpenSearch that can't be spread over the zones of a network; None: it is not known yet."""
    zones = len(network.subnets) if network else 3
    if nodes > 1 and nodes % 2 and (nodes % 3 or zones < 3):
        text = (
            f"{nodes} can't be spread evenly over zones, which AWS demands: write an even number, or a "
            "multiple of 3 with subnets in three zones"
        )
        yield Conflict(("datastores", "search", "nodes"), text, (("aws", "network", "subnets"),))


def stores_run_by(stack: Stack, *run_by: RunBy) -> dict[Location, str]:
    """The `source` of each datastore, and of mail, that one of these runs, by the place of its section."""
    return {
        _MAIL if name == "mail" else ("datastores", name): section.source
        for name, section in stack.stores.items()
        if section.run_by in run_by
    }


def _named(chosen: dict[Location, str]) -> str:
    return ", ".join(f"{key_of(place)} ({source})" for place, source in chosen.items())
