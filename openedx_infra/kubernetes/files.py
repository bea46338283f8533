"""Files for pods in ConfigMaps and Secrets, which Pulumi names and which never change.

A changed file makes a new object with a new name, so exactly the pods that mount it are rolled, and old pods
keep the old file until they are gone. Secret and plain files never share an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from openedx_infra.kubernetes.models import (
    ConfigMap,
    ConfigMapProjectionArgs,
    KeyToPathArgs,
    Secret,
    SecretProjectionArgs,
)
from openedx_infra.kubernetes.names import Scope


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files that can be mounted: a ConfigMap or a Secret, or some keys of one."""

    source: ConfigMap | Secret
    """The object that holds them."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Which keys become files, and the names of these. Empty: all keys, under their own names."""
    mode: int | None = None
    """Mode of files whose keys are named. None: that of the volume."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Name of the object."""
        name: pulumi.Output[str] = self.source.metadata["name"]
        return name

    def only(self, *keys: str, **renamed: str) -> Files:
        """These keys alone."""
        return Files(source=self.source, keys={key: key for key in keys} | renamed)

    def projection(self) -> dict[str, Any]:
        """Arguments of a VolumeProjectionArgs that shows these files."""
        items = [KeyToPathArgs(key=key, path=path, mode=self.mode) for key, path in self.keys.items()] or None
        if isinstance(self.source, Secret):
            return {"secret": SecretProjectionArgs(name=self.name, items=items)}
        return {"config_map": ConfigMapProjectionArgs(name=self.name, items=items)}


def plain(
    name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Files:
    """Files that everybody may read, by name."""
    return Files(
        source=ConfigMap(name, metadata=scope.metadata(name), data=dict(data), immutable=True, opts=opts)
    )


def secret(
    name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Files:
    """Secret files, by name."""
    hidden = {key: pulumi.Output.secret(value) for key, value in data.items()}
    return Files(
        source=Secret(name, metadata=scope.metadata(name), string_data=hidden, immutable=True, opts=opts)
    )


def current_plain(
    name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Files:
    """Plain files under a fixed name, changed in place: who mounts them is not touched and reads them at
    its start."""
    return Files(source=ConfigMap(name, metadata=scope.metadata(name, name=name), data=dict(data), opts=opts))


def current_secret(
    name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Files:
    """Secret files under a fixed name, changed in place: who mounts them is not touched and reads them at
    its start."""
    hidden = {key: pulumi.Output.secret(value) for key, value in data.items()}
    return Files(source=Secret(name, metadata=scope.metadata(name, name=name), string_data=hidden, opts=opts))


def operator_secret(
    name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> Files:
    """Secret values under a fixed name that an operator of the cluster reads, and adds values of its own to.

    The operator overwrites our labels, which must not keep us from changing the values.
    """
    hidden = {key: pulumi.Output.secret(value) for key, value in data.items()}
    metadata = scope.metadata(name, name=name, annotations={"pulumi.com/patchForce": "true"})
    return Files(source=Secret(name, metadata=metadata, string_data=hidden, opts=opts))
