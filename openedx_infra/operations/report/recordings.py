"""Recordings of a stack before and after a change, and the steps from the one to the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openedx_infra.operations.engine.events import Outputs, Started
from openedx_infra.operations.plan.differences import differences
from openedx_infra.operations.report import bytecode, recorder
from openedx_infra.operations.urn import Urn

_AUTOMATIC = "__automatic"
"""Marks an object that Pulumi names, so that a change of its content gives it another name."""

_REPLACED_WITH = {
    "Job": ("spec.template", "spec.selector", "spec.completions"),
    "StatefulSet": (
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
        "spec.podManagementPolicy",
    ),
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
        "spec.volumeMode",
    ),
    "Service": ("spec.clusterIP",),
    "Secret": ("type",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "StorageClass": ("parameters", "provisioner"),
}
"""Fields that replace an object of a kind when they change, as the provider of Kubernetes has them."""

_OF_ALL = ("metadata.name", "metadata.namespace")
_CONTENT = ("data", "binaryData", "stringData", "immutable")
_AFTER = "-11111111"
"""Ends the names of replaced objects, where a recording has zeros."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What the program registers for a stack."""

    problems: Sequence[str] = ()
    """Why it registers nothing; empty when it does."""
    missing: bool = False
    """Whether there is no such stack."""
    failure: str = ""
    """Why nothing is known of it; empty when something is."""
    resources: Sequence[Mapping[str, Any]] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    policies: Sequence[Mapping[str, str]] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Encrypted texts by the secrets' names; they are compared and never shown."""
    objects: Sequence[Mapping[str, Any]] = ()

    @property
    def usable(self) -> bool:
        """Whether resources are known."""
        return bool(self.resources)

    @property
    def protected(self) -> frozenset[str]:
        """URNs of what Pulumi refuses to delete."""
        return frozenset(each["urn"] for each in self.resources if each["protect"])


def of_checkout(name: str, config_file: Path | None = None) -> Recording:
    """What this program registers for a stack of the checkout, or of another file."""
    return _read(recorder.record(name, config_file))


def of_folder(names: Sequence[str], folder: Path, checkout: Path) -> dict[str, Recording]:
    """What the program in a folder, of an earlier version, registers for stacks of it."""
    present = [name for name in names if (folder / f"Pulumi.{name}.yaml").exists()]
    found = {name: Recording(missing=True) for name in names}
    if not present:
        return found
    bytecode.share(folder, checkout)
    done = subprocess.run(
        [sys.executable, "-P", recorder.__file__, *present],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        content = json.loads(done.stdout.replace(str(folder), str(checkout)))
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        return {**found, **{name: Recording(failure=last[:300]) for name in present}}
    return {**found, **{name: _read(each) for name, each in content.items()}}


def _read(content: Mapping[str, Any]) -> Recording:
    return Recording(**content)


def steps(before: Recording, now: Recording) -> list[Started]:
    """The steps from one recording to another, as a preview would have them.

    What the cluster or AWS would add to it isn't in them.
    """
    olds = {each["urn"]: each for each in before.resources if each["custom"]}
    news = {each["urn"]: each for each in now.resources if each["custom"]}
    renamed = {
        each["props"]["metadata"]["name"]: each["name"] + _AFTER
        for urn, each in news.items()
        if urn in olds and _is_renamed(olds[urn], each)
    }
    found = [_step(olds.get(urn), _with_names(each, renamed)) for urn, each in news.items()]
    gone = [
        Started(urn=Urn(urn), op="delete", before=_inputs(each))
        for urn, each in olds.items()
        if urn not in news
    ]
    return [step for step in (*found, *gone) if step]


def outputs(before: Recording, now: Recording) -> Outputs:
    """The stack's outputs before and after the change."""
    return Outputs(before=before.outputs, now=now.outputs)


def changed_secrets(before: Recording, now: Recording) -> list[str]:
    """Names of secrets that the stack files hold with another text, or in one of them only."""
    names = {*before.secrets, *now.secrets}
    return sorted(name for name in names if before.secrets.get(name) != now.secrets.get(name))


def _is_renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether an object that Pulumi names is replaced for its content."""
    if not new["props"].get(_AUTOMATIC) or not new["type"].endswith((":ConfigMap", ":Secret")):
        return False
    return any(old["props"].get(key) != new["props"].get(key) for key in _CONTENT)


def _with_names(each: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    return {**each, "props": _replaced(each["props"], names)} if names else each


def _replaced(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def _inputs(each: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in each["props"].items() if key != _AUTOMATIC}


def _step(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Started | None:
    urn, now = Urn(new["urn"]), _inputs(new)
    if old is None:
        return Started(urn=urn, op="create", now=now)
    before = _inputs(old)
    paths = [
        each.name for each in differences(before, now) if not _is_ignored(each.name, new["ignore_changes"])
    ]
    if old["trigger"] != new["trigger"]:
        return Started(urn=urn, op="replace", changed=("replacement trigger", *paths), before=before, now=now)
    if not paths:
        return None
    op = "replace" if _replaces(urn.kind, paths) else "update"
    return Started(urn=urn, op=op, changed=tuple(paths), before=before, now=now)


def _replaces(kind: str, paths: Sequence[str]) -> bool:
    fields = (*_OF_ALL, *_REPLACED_WITH.get(kind, ()))
    return any(path == each or path.startswith(f"{each}.") for path in paths for each in fields)


def _is_ignored(path: str, ignored: Sequence[str]) -> bool:
    names = [re.sub(r"\[.*", "", each) for each in ignored]
    return any(path == each or path.startswith(f"{each}.") for each in names)
