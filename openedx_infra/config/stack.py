"""What does a whole stack file say? The root model, and how it is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from openedx_infra.config.base import Section
from openedx_infra.config.cluster import Cluster
from openedx_infra.config.datastores import Datastores
from openedx_infra.config.errors import ConfigError, explain, key_of
from openedx_infra.config.features import Features, Mfes, Settings
from openedx_infra.config.images import Images
from openedx_infra.config.mail import Mail
from openedx_infra.config.overrides import Override
from openedx_infra.config.site import Site
from openedx_infra.config.sizing import Sizing, WorkerPool
from openedx_infra.releases import RELEASES, Release

PROJECT = "openedx"
"""Name of the Pulumi project, which is also the namespace of all keys in stack files."""

SECRETS_KEY = "secrets"
"""Key of the secrets, which are no part of the model: only Pulumi decrypts them."""


class Stack(Section):
    """One Open edX instance, as its stack file describes it."""

    cluster: Cluster = Cluster()
    """The Kubernetes cluster that it runs in."""
    site: Site
    """Hosts, name, languages, TLS."""
    release: str = "verawood"
    """Named release of Open edX."""
    images: Images = Images()
    """Container images, where they shall differ from the release's."""
    datastores: Datastores = Datastores()
    """Where the data lives."""
    sizing: Sizing = Sizing()
    """Replicas, CPU and memory."""
    mail: Mail = Mail()
    """Sender and delivery of mails."""
    mfes: Mfes = Mfes()
    """Micro-frontends."""
    features: Features = Features()
    """Feature flags and waffle."""
    settings: Settings = Settings()
    """Free Django settings."""
    overrides: tuple[Override, ...] = Field(())
    """Patches on rendered Kubernetes objects."""

    _name: str = PrivateAttr("dev")

    @property
    def name(self) -> str:
        """Name of the stack."""
        return self._name

    @property
    def namespace(self) -> str:
        """Kubernetes namespace of the instance."""
        return self.cluster.namespace or f"{PROJECT}-{self._name}"

    @property
    def pinned_release(self) -> Release:
        """The release that the stack names, as a value."""
        return RELEASES[self.release]

    @property
    def sender(self) -> str:
        """Sender of all mails."""
        return self.mail.sender or self.site.contact_email

    @property
    def mfe_names(self) -> tuple[str, ...]:
        """Names of the MFEs that are served."""
        return tuple(name for name in self.pinned_release.mfe_names if name not in self.mfes.disabled)

    def image(self, name: str) -> str:
        """Reference of an image by its key in `images`, such as `openedx`."""
        said: str | None = getattr(self.images, name)
        return said or str(getattr(self.pinned_release.images, name))

    @field_validator("release")
    @classmethod
    def _release_is_known(cls, value: str) -> str:
        if value not in RELEASES:
            raise ValueError(f"not a release that this program knows: write one of {', '.join(RELEASES)}")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        problems = [
            *_unserved("sizing.lms_workers", self.sizing.lms_workers, self.pinned_release.lms_queues),
            *_unserved("sizing.studio_workers", self.sizing.studio_workers, self.pinned_release.studio_queues),
            *self._long_graces(),
            *self._unknown_mfes(),
            *self._nodes(),
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _long_graces(self) -> Iterator[str]:
        timeout = self.datastores.broker.visibility_timeout_seconds
        for section in ("lms_workers", "studio_workers"):
            for name, pool in getattr(self.sizing, section).items():
                if pool.grace_seconds > timeout:
                    yield (
                        f"sizing.{section}.{name}.grace_seconds: {pool.grace_seconds} is more than "
                        f"datastores.broker.visibility_timeout_seconds ({timeout}), after which the broker gives "
                        "a running task to a second worker: lower the one or raise the other"
                    )

    def _unknown_mfes(self) -> Iterator[str]:
        known = self.pinned_release.mfe_names
        for key, names in (("disabled", self.mfes.disabled), ("overrides", tuple(self.mfes.overrides))):
            for name in names:
                if name not in known:
                    yield f"mfes.{key}: {name} is no MFE of {self.release}; it has {', '.join(known)}"

    def _nodes(self) -> Iterator[str]:
        """ReadWriteOnce volumes keep all pods on one node: that is worth no error, many replicas of it are."""
        if self.datastores.storage.access_mode == "ReadWriteOnce" and self.sizing.lms.replicas > 8:
            yield (
                f"sizing.lms.replicas: {self.sizing.lms.replicas} pods would share one node, as "
                "datastores.storage.access_mode is ReadWriteOnce: use ReadWriteMany, or at most 8"
            )


def _unserved(key: str, pools: Mapping[str, WorkerPool], queues: tuple[str, ...]) -> Iterator[str]:
    served = {queue for pool in pools.values() for queue in pool.queues}
    for queue in sorted(served - set(queues)):
        yield f"{key}: {queue} is no queue of this release; it has {', '.join(queues)}"
    for queue in queues:
        if queue not in served:
            yield f"{key}: no pool serves the queue {queue}, so its tasks would wait forever: add it to a pool"


def load(stack: str, said: Mapping[str, Any], *, placeholders: bool = False) -> Stack:
    """The configuration of a stack from what its file says under `openedx:`, secrets left out.

    `stack` is its name, `said` maps top-level keys (`site`, `release` …) to their values. With `placeholders`,
    CHANGEME is let through, as for `destroy`. Raises ConfigError with every fault.
    """
    plain = {key: value for key, value in said.items() if key != SECRETS_KEY}
    problems = [] if placeholders else list(_placeholders(plain))
    try:
        model = Stack.model_validate(plain)
    except ValidationError as error:
        for line in explain(error, plain, Stack):
            # A rule over several sections reports its own keys, one a line.
            problems += [
                f"openedx:{part}" for part in line.removeprefix("openedx:: ").split("\n")
            ] if line.startswith("openedx:: ") else [line]
    if problems:
        raise ConfigError(stack, problems)
    model._name = stack
    return model


def _placeholders(value: Any, location: tuple[int | str, ...] = ()) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _placeholders(inner, (*location, str(key)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _placeholders(inner, (*location, index))
    elif isinstance(value, str) and "CHANGEME" in value:
        yield f"{key_of(location)}: still says CHANGEME: this is yours to decide"
