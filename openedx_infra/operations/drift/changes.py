"""What was changed by hand: fields that the stack set and that the cluster has otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openedx_infra.operations.drift.expected import Expected
from openedx_infra.operations.drift.reader import Object

SECRET = "4dabf18193072939515e22adb298388d"
"""Key by which Pulumi marks an encrypted value in a state."""

_OURS = "pulumi-kubernetes"
"""How the names begin under which Pulumi's provider owns fields of an object."""

_DEPLOYERS = re.compile(r"^(argocd|flux|kustomize-controller|helm-controller)", re.IGNORECASE)
"""How tools call themselves that apply manifests of people: what they change is a change by hand."""

_CONTROLLERS = re.compile(r"controller|operator|injector|keda|^kube-", re.IGNORECASE)
"""How controllers of a cluster call themselves, which set fields as part of their work: Kubernetes' own, what
writes certificates into webhooks for cert-manager, operators that add passwords of their own users."""

_UNFINISHED = "an `up` that did not finish"
"""Who changed a field that Pulumi owns and has not recorded."""

_KEYS = ("name", "mountPath", "containerPort", "port", "ip", "topologyKey", "type", "key")
"""Fields by which Kubernetes tells items of a list apart; the first that all items have counts."""

_KIND = ("apiVersion", "kind")
"""Fields that items of a list don't repeat."""

_LONGEST = 60
"""Characters of a value that are shown."""

Path = tuple[str, ...]

_UID: Path = ("metadata", "uid")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field that is not as the stack set it."""

    path: Path
    """Such as `("spec", "containers", "[name=lms]", "image")`."""
    before: Any
    """None: it was added."""
    now: Any
    """None: it was removed."""
    manager: str = ""
    """Who owns the field in the cluster, such as `kubectl-edit`; empty when unknown."""
    when: str = ""
    """When they last wrote fields of the object, as the API server notes it; empty when unknown."""

    @property
    def field(self) -> str:
        """The path as text, such as `spec.containers[name=lms].image`."""
        return ".".join(self.path).replace(".[", "[")

    def __str__(self) -> str:
        if self.path == _UID:
            return "it was deleted, and another one of its name was created"
        at = f", {self.when}" if self.when else ""
        by = f" (by {self.manager}{at})" if self.manager else ""
        if self.before is None:
            return f"{self.field} was added{by}"
        if self.now is None:
            return f"{self.field} was removed{by}"
        return f"{self.field} is {_text(self.now)}, not {_text(self.before)}{by}"


def changes(expected: Expected, live: Object) -> list[Change]:
    """How a live object differs from what the stack applied; values that are secret are not compared.

    Only fields that the program declared count, and items of lists that it declared. They are compared with
    what the API server had made of them when they were applied, so that `0.5` and `500m` are the same.
    """
    meta = live["metadata"]
    fields = meta.get("managedFields") or []
    before = (expected.recorded.get("metadata") or {}).get("uid")
    if not expected.is_patch and isinstance(before, str) and meta.get("uid") not in (None, before):
        return [Change(path=_UID, before=before, now=meta["uid"])]
    if expected.kind == "Secret":
        owners = _owners(("data",), fields)
        return [
            Change(path=("data",), before="[secret]", now="[secret, another one]", manager=each, when=when)
            for each, when in sorted(owners.items())
            if _is_somebody(each)
        ]
    applied = {key: value for key, value in expected.inputs.items() if key not in _KIND}
    found = _differences(applied, expected.recorded, live, ())
    return [
        Change(path=path, before=old, now=new, manager=_named(owners), when=_last(owners))
        for path, old, new in found
        if not (owners := _owners(path, fields)) or not all(map(_is_controller, owners))
    ]


def _named(owners: Mapping[str, str]) -> str:
    """Who changed a field, of those who own it."""
    others = sorted(each for each in owners if _is_somebody(each))
    return ", ".join(others) if others or not owners else _UNFINISHED


def _last(owners: Mapping[str, str]) -> str:
    """When the last of these who are not of the program wrote."""
    others = [when for each, when in owners.items() if _is_somebody(each)]
    return max(others or owners.values(), default="")


def _is_controller(manager: str) -> bool:
    return _CONTROLLERS.search(manager) is not None and _DEPLOYERS.search(manager) is None


def _is_somebody(manager: str) -> bool:
    return not manager.startswith(_OURS) and not _is_controller(manager)


def _differences(applied: Any, recorded: Any, live: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if _is_secret(applied) or _is_secret(recorded):
        return
    if isinstance(applied, Mapping) and isinstance(recorded, Mapping):
        inner = live if isinstance(live, Mapping) else {}
        for key in applied:
            yield from _differences(applied[key], recorded.get(key), inner.get(key), (*path, key))
    elif isinstance(applied, Sequence) and isinstance(recorded, list) and not isinstance(applied, str):
        yield from _in_lists(applied, recorded, live if isinstance(live, list) else [], path)
    elif recorded != live and (recorded or live):  # the API server drops what is empty, 0 or false
        yield path, recorded, live


def _in_lists(
    applied: Sequence[Any], recorded: Sequence[Any], live: Sequence[Any], path: Path
) -> Iterator[tuple[Path, Any, Any]]:
    key = _key_of([*applied, *recorded, *live])
    if key is None:
        if list(recorded) != list(live):
            yield path, recorded, live
        return
    ours, before, now = (_by(key, items) for items in (applied, recorded, live))
    for value in dict.fromkeys([*before, *now]):
        here = (*path, f"[{key}={value}]")
        if value not in now:
            yield here, before[value], None
        elif value not in before:
            yield here, None, now[value]
        elif value in ours:
            yield from _differences(ours[value], before[value], now[value], here)


def _key_of(items: Sequence[Any]) -> str | None:
    """The field that tells all these items apart; None when there is none, as for plain values."""
    if not items or not all(isinstance(item, Mapping) for item in items):
        return None
    return next((key for key in _KEYS if all(isinstance(item.get(key), str | int) for item in items)), None)


def _by(key: str, items: Sequence[Any]) -> dict[Any, Any]:
    return {item[key]: item for item in items}


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and SECRET in value


def _owners(path: Path, fields: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Managers that own a field, by the `managedFields` of its object, and when each last wrote."""
    found: dict[str, str] = {}
    for entry in fields:
        if entry.get("manager") and _owns(entry.get("fieldsV1") or {}, path):
            found[entry["manager"]] = max(str(entry.get("time") or ""), found.get(entry["manager"], ""))
    return found


def _owns(fields: Mapping[str, Any], path: Path) -> bool:
    """Whether a tree of owned fields has a path, or all of what is below it."""
    if not path:
        return True
    first = path[0]
    if first.startswith("["):
        key, _, value = first[1:-1].partition("=")
        inner = [tree for name, tree in fields.items() if _is_item(name, key, value)]
    else:
        inner = [fields[f"f:{first}"]] if f"f:{first}" in fields else []
    return any(_owns(tree, path[1:]) for tree in inner)


def _is_item(name: str, key: str, value: str) -> bool:
    """Whether the name of an owned item, such as `k:{"name":"lms"}`, is that of an item of a list."""
    return name.startswith("k:") and str(json.loads(name[2:]).get(key)) == value


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
