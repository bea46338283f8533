"""What is one Open edX instance, whole, and in which order does it come up?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from openedx_infra.components.backups.backups import Backups, BackupsArgs, before_upgrade
from openedx_infra.components.datastores.certificates import certificates
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.edx_platform.duties import Duties, DutiesArgs
from openedx_infra.components.edx_platform.tracking_logs import shipping
from openedx_infra.components.edx_platform.version import Version, version
from openedx_infra.components.frontends.static_files import Static
from openedx_infra.components.ingress.ingress import Ingress
from openedx_infra.components.ingress.maintenance import Maintenance
from openedx_infra.components.instance import Instance, OnAws
from openedx_infra.components.monitoring.monitoring import Monitoring
from openedx_infra.components.network.policies import isolate
from openedx_infra.components.registry_logins import Login, logins, pull_secret
from openedx_infra.components.services import Companion
from openedx_infra.config import Stack
from openedx_infra.config.foundation.contract import Contract
from openedx_infra.kubernetes.names import RESTRICTED, Scope
from openedx_infra.services import companions

PART_OF = "openedx"


@dataclass(frozen=True, kw_only=True)
class PlatformArgs:
    """What an instance is made from."""

    stack: Stack
    """Its configuration."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Its secrets by name; passwords of servers that its foundation shares are among them."""
    foundation: pulumi.Output[Contract] | None = None
    """What its foundation promises. None: it is built on none."""


class Platform(pulumi.ComponentResource):
    """One Open edX instance in one namespace.

    Datastores, then Jobs, then all that runs the platform's code, then the ways in. MFEs and network policies
    wait for nothing. While the maintenance page is on, the ways lead there before any pod is stopped or
    changed: visitors are never sent where nobody answers.
    """

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Platform", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        stack = args.stack
        self.namespace = self._namespace(stack)
        """The namespace that all of it is in."""
        scope = Scope(
            namespace=self.namespace.metadata["name"],
            instance=stack.name,
            part_of=PART_OF,
            priority_classes=_priorities(stack),
        )
        known = logins(stack, args.secrets)
        secrets = [pull_secret(known, scope, self).metadata["name"]] if known else []
        instance = Instance(
            stack=stack,
            scope=scope,
            secrets=args.secrets,
            foundation=args.foundation,
            certificates=certificates(stack, scope, args.secrets, self),
            built=self._images(args, known),
            pull_secrets=[*stack.images.pull_secrets, *secrets],
        )
        self.instance = replace(instance, aws=self._aws(instance))
        """What all components know of it."""
        self.datastores = Datastores("datastores", self.instance, own)
        """Where its data lives."""
        stores = self.datastores
        self.instance = replace(self.instance, tracking=shipping(self.instance, stores, self))
        isolate(self.instance, stores, self)
        beside = [Companion(service, self.instance, own) for service in companions(stack)]
        page = Maintenance("maintenance", self.instance, own).ready if stack.maintenance.page else []
        turned = [Ingress("ingress", self.instance, own, after=page)] if page else []
        every = self._versions(own, turned)
        blue = every[0]
        live = next(version for version in every if version.instance.stack.serves)
        duties = DutiesArgs(
            instance=live.instance,
            storage=stores.storage,
            settings=live.initialization.settings,
            after=[live.initialization.done],
        )
        Duties("duties", duties, own)
        after = [blue.initialization.done]
        if stack.backups:
            Backups("backups", BackupsArgs(instance=self.instance, datastores=stores, after=after), own)
        if stack.monitoring.prometheus:
            Monitoring("monitoring", self.instance, stores, own)
        if not turned:
            Ingress(
                "ingress",
                self.instance,
                own,
                after=[*beside, *(site for each in every for site in each.sites)],
            )
        self.register_outputs({"namespace": scope.namespace})

    def _versions(self, own: pulumi.ResourceOptions, turned: Sequence[pulumi.Resource]) -> list[Version]:
        """What there is of each version of the platform: one, or blue and green. `turned`: what leads
        visitors elsewhere meanwhile."""
        instances = [
            replace(self.instance, stack=stack, built=self.instance.built if stack.is_first else {})
            for stack in self.instance.stack.versions
        ]
        beside = [instance.image("openedx") for instance in instances[1:]]
        static = Static("static", self.instance, own, beside=beside)
        found: list[Version] = []
        for instance in instances:
            done = [before.initialization.done for before in found] or None
            backup = None if found else before_upgrade(self.instance, self.datastores)
            found.append(version(instance, self.datastores, static, done, own, backup, turned))
        return found

    def _images(self, args: PlatformArgs, known: Mapping[str, Login]) -> Mapping[str, pulumi.Input[str]]:
        """What is built here. A stack that builds nothing loads nothing of it."""
        if not args.stack.images.builds:
            return {}
        from openedx_infra.components.image_builds import Images, ImagesArgs

        own = pulumi.ResourceOptions(parent=self)
        return Images(
            "images", ImagesArgs(stack=args.stack, secrets=args.secrets, logins=known), own
        ).references

    def _aws(self, instance: Instance) -> OnAws | None:
        """Its part of AWS. A stack that makes nothing there loads nothing of it."""
        if not instance.stack.on_aws:
            return None
        from openedx_infra.components.datastores.aws.account import on_aws

        return on_aws(instance, self)

    def _namespace(self, stack: Stack) -> Namespace:
        protect = stack.datastores.protect
        return Namespace(
            "namespace",
            metadata=ObjectMetaArgs(name=stack.namespace, labels=RESTRICTED),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )


def _priorities(stack: Stack) -> dict[str, str]:
    """PriorityClasses of the instance's pods, by what they are."""
    said = stack.sizing.priority_classes
    return said.model_dump(exclude_none=True) if said else {}
