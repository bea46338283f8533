"""The base of both kinds of stacks: name, cluster, and what the commands must know."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from pydantic import PrivateAttr

from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.sections.cluster import ClusterAddress
from openedx_infra.config.sections.lifecycle import Drift
from openedx_infra.config.types.base import Section


class BaseStack(Section):
    """A stack of any kind, as its file describes it."""

    kind: str
    """Kind of the stack."""
    cluster: ClusterAddress = ClusterAddress()
    """The Kubernetes cluster."""

    drift: Drift = Drift()
    """What others own in the cluster."""

    _name: str = PrivateAttr("")

    def model_post_init(self, context: Any) -> None:
        """Take the stack's name, which is no key of its file, from the validation context."""
        if context is not None:
            self._name = context["stack"]

    @property
    def name(self) -> str:
        """Name of the stack."""
        return self._name

    @property
    @abstractmethod
    def namespaces(self) -> tuple[str, ...]:
        """Kubernetes namespaces that it uses; none where it needs no cluster."""

    @property
    @abstractmethod
    def protects(self) -> bool:
        """Whether what holds data can't be deleted."""

    @property
    @abstractmethod
    def on_aws(self) -> bool:
        """Whether any of it is on AWS."""

    @property
    def wants_digests(self) -> bool:
        """Whether each image must be named by its digest."""
        return False

    @property
    def builds(self) -> bool:
        """Whether `up` builds images."""
        return False

    @property
    def builder(self) -> str | None:
        """The builder of `docker buildx ls` to use. None: the selected one."""
        return None

    @property
    def moved(self) -> tuple[str, ...] | None:
        """Datastores whose data was moved, so that their immutable keys may change once. None: this kind of
        stack has none that can be."""
        return None

    @property
    def derived_defaults(self) -> Mapping[Location, Any]:
        """Immutable values that the file doesn't have, such as defaults that follow the stack's name."""
        return {}
