"""The instance as all components know it: configuration, namespace, secrets, images, AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi

from openedx_infra.components.datastores.certificates import Certificates
from openedx_infra.config import Stack
from openedx_infra.config.foundation.contract import Contract
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.pod import Container, Image
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.releases import ImageName
from openedx_infra.settings.connections import LMS

if TYPE_CHECKING:  # at run time they load the whole library of AWS
    from openedx_infra.aws.account import Account
    from openedx_infra.aws.iam import Irsa, PodIdentity, PodRole

WEB_PORT = LMS.port
"""Port of the web servers of LMS and Studio."""
FLUSH_SECONDS = 30
"""Seconds that a pod gets beyond its own to move its last events: a request takes one, and three tries of
five fit in."""
PLATFORM = "edx-platform"
"""Software label of all pods that run the platform's code, whichever component they belong to."""
PREFLIGHT = "preflight{}"
DATASTORES_ONLY = (
    "lms{}-beat",
    PREFLIGHT,
    "lms-migrate{}",
    "studio-migrate{}",
    "lms-setup{}",
    "studio-setup{}",
    "migration-check{}",
)
"""Components that run the platform's code, and need nothing but datastores: no web site, no mail, nothing
outside. The braces stand for the suffix of a second version."""


@dataclass(frozen=True, kw_only=True)
class OnAws:
    """AWS, as one instance uses it."""

    account: Account
    """Where its resources go."""
    pods: PodRole | None = None
    """Role of the pods that run the platform's code. None: they need none."""
    service_account: pulumi.Input[str] | None = None
    """Service account of these pods. None: the default one."""
    identity: PodIdentity | Irsa | None = None
    """How pods get a role. None: none of them needs one."""
    agent: bool = False
    """Whether they get their credentials from EKS Pod Identity's agent on their node."""


@dataclass(frozen=True, kw_only=True)
class Shipping:
    """What a pod needs whose tracking events go to a bucket."""

    mount: Mount
    """Folder that its processes write to."""
    sidecar: Container
    """Moves them to the bucket."""
    seconds: int = FLUSH_SECONDS
    """Seconds to add to the pod's grace period."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One Open edX instance: its configuration, and where it goes."""

    stack: Stack
    """The configuration."""
    scope: Scope
    """Namespace and labels."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Values of the stack's secrets by name. Passwords of servers that its foundation shares are among them,
    by the names that they would have if the server were the instance's own."""
    foundation: pulumi.Output[Contract] | None = None
    """What its foundation stack promises. None: it is built on none."""
    aws: OnAws | None = None
    """Its part of AWS. None: it makes nothing there, and loads nothing of it."""
    certificates: Certificates = field(default_factory=Certificates)
    """Certificates of its datastores."""
    built: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """References of the images that are built here, by their keys in `images`."""
    tracking: Shipping | None = None
    """How its tracking events get into a bucket. None: they don't."""
    development: Files | None = None
    """What pods of a development instance run beside the platform. None: it is none."""
    pull_secrets: Sequence[pulumi.Input[str]] = ()
    """Names of the Secrets by which nodes log in to registries."""

    @property
    def on_aws(self) -> OnAws:
        """Its part of AWS, for what is on AWS. Raises RunError where it makes nothing there."""
        if self.aws is None:
            raise pulumi.RunError("openedx:aws: missing: set the region of what is on AWS")
        return self.aws

    @property
    def service_account(self) -> pulumi.Input[str] | None:
        """Service account of the pods that run the platform's code. None: the default one."""
        return self.aws.service_account if self.aws else None

    def image(self, name: ImageName) -> Image:
        """An image by its key in the stack file's `images`."""
        return self.pulled(self.reference(name))

    def pulled(self, reference: pulumi.Input[str]) -> Image:
        """An image by its reference, as nodes of this instance pull it."""
        return Image(
            reference=reference,
            pull_policy=self.stack.images.pull_policy,
            pull_secrets=self.pull_secrets,
        )

    def reference(self, name: ImageName) -> pulumi.Input[str]:
        """Registry, name, and tag or digest of an image by its key in the stack file's `images`."""
        return self.built[name] if name in self.built else self.stack.image(name)

    def data(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a resource whose loss is a loss of data."""
        protect = self.stack.datastores.protect
        return pulumi.ResourceOptions(parent=parent, protect=protect, retain_on_delete=protect)
