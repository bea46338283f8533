"""The component above all others: one Open edX instance in one namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi

from openedx_infra.components.datastores.certificates import certificates
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.edx_platform.duties import Duties, DutiesArgs
from openedx_infra.components.edx_platform.tracking_logs import shipping
from openedx_infra.components.edx_platform.version import Version, version
from openedx_infra.components.frontends.static_files import Static
from openedx_infra.components.ingress.ingress import Ingress
from openedx_infra.components.ingress.maintenance import Maintenance
from openedx_infra.components.initialization.initialization import PreMigrationStep
from openedx_infra.components.instance import Instance, OnAws
from openedx_infra.components.network.policies import isolate
from openedx_infra.components.registry_logins import RegistryLogin, logins, pull_secret
from openedx_infra.components.users import WHY
from openedx_infra.config import Stack
from openedx_infra.config.foundation.contract import Contract
from openedx_infra.kubernetes.models import Namespace, ObjectMetaArgs
from openedx_infra.kubernetes.names import PRIVILEGED, RESTRICTED, Scope
from openedx_infra.services.of_stack import companions, resting

if TYPE_CHECKING:  # at run time, stacks that have none don't load them
    from openedx_infra.components.companions.companion import Companion
    from openedx_infra.components.extras.extras import Extras
    from openedx_infra.kubernetes.files import Files

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

    Datastores, then Jobs, then all that runs the platform's code, and companion services, then the ways in.
    MFEs and network policies wait for nothing. While the maintenance page is on, the ways lead there before
    any pod is stopped or changed: visitors are never sent where nobody answers.

    Parts that few stacks have are imported where they are made: `check` and `render` mostly wait for imports.
    """

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Platform", name, None, opts)
        opts = pulumi.ResourceOptions(parent=self)
        stack = args.stack
        self.namespace = self._namespace(stack)
        """The namespace that all of it is in."""
        scope = Scope(
            namespace=self.namespace.metadata["name"],
            instance=stack.name,
            part_of=PART_OF,
            priority_classes=_priorities(stack),
            exception=WHY,
            assigned_users=stack.cluster.users == "assigned",
        )
        registries = logins(stack, args.secrets)
        secrets = [pull_secret(registries, scope, self).metadata["name"]] if registries else []
        instance = Instance(
            stack=stack,
            scope=scope,
            secrets=args.secrets,
            foundation=args.foundation,
            certificates=certificates(stack, scope, args.secrets, self),
            built=self._images(args, registries),
            pull_secrets=[*stack.images.pull_secrets, *secrets],
            development=self._development(stack, scope),
        )
        self.instance = replace(instance, aws=self._aws(instance))
        """What all components know of it."""
        self.datastores = Datastores("datastores", self.instance, opts)
        """Where its data lives."""
        stores = self.datastores
        self.instance = replace(self.instance, tracking=shipping(self.instance, stores, self))
        isolate(self.instance, stores, self)
        page = Maintenance("maintenance", self.instance, opts).ready if stack.maintenance.page else []
        maintenance = [Ingress("ingress", self.instance, opts, after=page)] if page else []
        extras = self._extras(opts)
        versions = self._versions(opts, maintenance, extras.first if extras else ())
        live = next(version for version in versions if version.instance.stack.serves)
        duties = DutiesArgs(
            instance=live.instance,
            storage=stores.storage,
            settings=live.initialization.settings,
            after=[live.initialization.done],
        )
        Duties("duties", duties, opts)
        companions = self._companions([version.initialization.done for version in versions], opts)
        if extras:
            extras.start([version.initialization.done for version in versions])
        if stack.backups:
            self._backups([versions[0].initialization.done], companions, opts)
        if stack.monitoring.prometheus:
            self._monitoring(opts)
        if not maintenance:
            sites = [site for version in versions for site in version.sites]
            Ingress("ingress", self.instance, opts, after=[*companions, *sites])
        self.register_outputs({"namespace": scope.namespace})

    def _versions(
        self,
        opts: pulumi.ResourceOptions,
        maintenance: Sequence[pulumi.Resource],
        first: Sequence[pulumi.Resource],
    ) -> list[Version]:
        """What there is of each version of the platform: one, or blue and green. `maintenance`:
        what leads visitors to the maintenance page meanwhile; `first`: what migrations wait for beside
        datastores."""
        instances = [
            replace(self.instance, stack=stack, built=self.instance.built if stack.is_first else {})
            for stack in self.instance.stack.versions
        ]
        others = [instance.image("openedx") for instance in instances[1:]]
        static = Static("static", self.instance, opts, other_images=others)
        versions: list[Version] = []
        for instance in instances:
            done = [before.initialization.done for before in versions] or None
            backup = None if versions else self._backup_before_upgrade()
            versions.append(
                version(instance, self.datastores, static, done, opts, backup, maintenance, first)
            )
        return versions

    def _companions(
        self, after: Sequence[pulumi.Resource], opts: pulumi.ResourceOptions
    ) -> Sequence[Companion]:
        """Companion services, and what those that are off have stored. A stack that has none loads nothing of
        them."""
        stack = self.instance.stack
        if not (named := [*companions(stack), *resting(stack)]):
            return []
        from openedx_infra.components.companions.companion import Companion, CompanionArgs

        return [
            Companion(
                CompanionArgs(
                    companion=each,
                    instance=self.instance,
                    datastores=self.datastores,
                    after=after,
                    running=each.section.enabled,
                ),
                opts,
            )
            for each in named
        ]

    def _extras(self, opts: pulumi.ResourceOptions) -> Extras | None:
        """What runs beside Open edX. A stack that has none loads nothing of it."""
        if not self.instance.stack.extras.containers and not self.instance.stack.extras.manifests:
            return None
        from openedx_infra.components.extras.extras import Extras

        return Extras("extras", self.instance, opts)

    def _backups(
        self,
        after: Sequence[pulumi.Resource],
        companions: Sequence[Companion],
        opts: pulumi.ResourceOptions,
    ) -> None:
        from openedx_infra.components.backups.backups import Backups, BackupsArgs

        args = BackupsArgs(
            instance=self.instance,
            datastores=self.datastores,
            service_files=[part for each in companions for part in each.backed_up],
            after=after,
        )
        Backups("backups", args, opts)

    def _backup_before_upgrade(self) -> PreMigrationStep | None:
        if not self.instance.stack.backups:
            return None
        from openedx_infra.components.backups.backups import before_upgrade

        return before_upgrade(self.instance, self.datastores)

    def _monitoring(self, opts: pulumi.ResourceOptions) -> None:
        from openedx_infra.components.monitoring.monitoring import Monitoring

        Monitoring("monitoring", self.instance, self.datastores, opts)

    def _images(
        self, args: PlatformArgs, registries: Mapping[str, RegistryLogin]
    ) -> Mapping[str, pulumi.Input[str]]:
        """What is built here. A stack that builds nothing loads nothing of it."""
        if not args.stack.builds:
            return {}
        from openedx_infra.components.image_builds import Images, ImagesArgs

        opts = pulumi.ResourceOptions(parent=self)
        return Images(
            "images", ImagesArgs(stack=args.stack, secrets=args.secrets, logins=registries), opts
        ).references

    def _aws(self, instance: Instance) -> OnAws | None:
        """Its part of AWS. A stack that makes nothing there loads nothing of it."""
        if not instance.stack.on_aws:
            return None
        from openedx_infra.components.datastores.aws.account import on_aws

        return on_aws(instance, self)

    def _development(self, stack: Stack, scope: Scope) -> Files | None:
        """What pods of a development instance run beside the platform. Other stacks load nothing of it."""
        if stack.development is None:
            return None
        from openedx_infra.components.development.files import development_files

        return development_files(scope, self)

    def _namespace(self, stack: Stack) -> Namespace:
        protect = stack.datastores.protect
        return Namespace(
            "namespace",
            metadata=_admission(stack),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )


def _admission(stack: Stack) -> ObjectMetaArgs:
    """The namespace's name, and which pods it admits: those that mount no folder of their node, but for
    development instances, with the reason."""
    if stack.development is None or not stack.development.mounts:
        return ObjectMetaArgs(name=stack.namespace, labels=RESTRICTED)
    from openedx_infra.components.development.pods import REASON

    return ObjectMetaArgs(name=stack.namespace, labels=PRIVILEGED, annotations={WHY: REASON})


def _priorities(stack: Stack) -> dict[str, str]:
    """PriorityClasses of the instance's pods, by what they are."""
    classes = stack.sizing.priority_classes
    return classes.model_dump(exclude_none=True) if classes else {}
