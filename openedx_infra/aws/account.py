"""Account, region, network, tags and names of resources on AWS."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws.provider import Provider

SUFFIX = 8
"""Characters that Pulumi adds to a name to make it unique: a hyphen and seven digits."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network, and who is let in."""

    vpc: pulumi.Input[str]
    """Its id."""
    subnets: pulumi.Input[Sequence[str]]
    """Ids of private subnets in at least two zones."""
    clients: pulumi.Input[Sequence[str]]
    """Ids of the security groups of those who may connect."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The part of AWS that a stack may use."""

    provider: Provider
    """The one way to AWS: no resource ever takes whatever account or region happens to be current."""
    region: str
    """Region of all resources that don't say another."""
    prefix: str
    """What all names begin with."""
    protect: bool
    """Whether data can't be deleted, or replaced, by mistake."""
    network: Network | None = None
    """Where databases go. None: there are none."""
    kms_key: pulumi.Input[str | None] = None
    """ARN of the key that encrypts data. None: AWS' own for each service."""

    @property
    def inside(self) -> Network:
        """The network. Raises RunError where there is none, which a checked configuration prevents."""
        if self.network is None:
            raise pulumi.RunError("Databases on AWS need a network: set its vpc, subnets and clients.")
        return self.network

    def name(self, what: str, limit: int = 63) -> str:
        """A name for something, short enough for `limit` once Pulumi has made it unique.

        Letters, digits and single hyphens, a letter first: what the strictest services of AWS take.
        """
        return fitting(f"{self.prefix}-{what}", limit - SUFFIX)

    def final_snapshot(
        self, what: str, *neighbours: pulumi.Input[str], limit: int = 63
    ) -> pulumi.Output[str]:
        """Name of the last snapshot of a server: a new one for each server that is made under one name.

        AWS refuses to delete a server whose last snapshot would have the name of an older one's. The digits
        are made of the names that Pulumi found for the server's `neighbours`, which come and go with it, and
        of the key, a new one of which means a new server. So they stay as long as the server does.
        """
        birth = pulumi.Output.all(self.kms_key, *neighbours)
        name = self.name(f"{what}-final", limit)
        return birth.apply(lambda parts: f"{name}-{_digits(' '.join(map(str, parts)), SUFFIX - 1)}")

    def opts(
        self,
        parent: pulumi.Resource,
        *,
        after: Sequence[pulumi.Resource] = (),
        timeouts: pulumi.CustomTimeouts | None = None,
        ignore_changes: Sequence[str] = (),
    ) -> pulumi.ResourceOptions:
        """Options of a resource that can be made again."""
        return pulumi.ResourceOptions(
            parent=parent,
            provider=self.provider,
            depends_on=list(after),
            custom_timeouts=timeouts,
            ignore_changes=list(ignore_changes) or None,
        )

    def data(
        self,
        parent: pulumi.Resource,
        *,
        timeouts: pulumi.CustomTimeouts | None = None,
        ignore_changes: Sequence[str] = (),
    ) -> pulumi.ResourceOptions:
        """Options of a resource whose loss is a loss of data."""
        opts = self.opts(parent, timeouts=timeouts, ignore_changes=ignore_changes)
        retained = pulumi.ResourceOptions(protect=self.protect, retain_on_delete=self.protect)
        return pulumi.ResourceOptions.merge(opts, retained)

    def guard(
        self, parent: pulumi.Resource, *, after: Sequence[pulumi.Resource] = ()
    ) -> pulumi.ResourceOptions:
        """Options of what guards data and can be made again at any time: it stays where the data does."""
        retained = pulumi.ResourceOptions(retain_on_delete=self.protect)
        return pulumi.ResourceOptions.merge(self.opts(parent, after=after), retained)


def provider(
    name: str, *, region: str, tags: Mapping[str, str], parent: pulumi.Resource | None = None
) -> Provider:
    """A way to AWS that gives all resources these tags. Credentials are those of who runs Pulumi."""
    return Provider(
        name,
        region=region,
        default_tags={"tags": dict(tags)},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def fitting(name: str, limit: int) -> str:
    """The name in lower-case letters, digits and single hyphens, with a letter first, cut to `limit`.

    What is cut off is replaced by four digits of its hash, so that names that differ go on to differ.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    plain = plain if plain[:1].isalpha() else f"s-{plain}".rstrip("-")
    if len(plain) <= limit:
        return plain
    return f"{plain[: limit - 5].rstrip('-')}-{_digits(name, 4)}"


def _digits(text: str, count: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:count]
