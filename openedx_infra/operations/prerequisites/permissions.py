"""Permissions that the cluster's user lacks to make, watch and delete the objects of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openedx_infra.operations.cluster.api import Ask, Question
from openedx_infra.operations.prerequisites.facts import Facts, Items, may
from openedx_infra.operations.prerequisites.lack import Lack, listed

VERBS = ("get", "list", "watch", "create", "patch", "delete")
"""What Pulumi's provider does with an object: it applies it (which is create or patch), watches it until it
is ready, and deletes it."""
_READ = ("get", "list", "watch")
_OF_PODS = (("", "pods"), ("", "events"), ("apps", "replicasets"))
"""What is read to tell why something is not ready: Pulumi's provider watches these, too."""


@dataclass(frozen=True, kw_only=True)
class _Right:
    """Something that the user must be allowed to do."""

    verb: str
    group: str
    plural: str
    namespace: str | None
    name: str | None = None


def problems(objects: Items, facts: Facts, ask: Ask) -> Iterator[Lack]:
    """One for each namespace in which something is forbidden, and one for the cluster.

    What the list of the user's permissions does not show is asked for one by one: the list is not complete
    where a service outside of the cluster decides.
    """
    doubtful = [right for right in _needed(objects, facts) if not _is_granted(right, facts)]
    answers = ask([_question(right) for right in doubtful])
    forbidden = [
        right
        for right, answer in zip(doubtful, answers, strict=True)
        if answer.is_good and answer.body.get("status", {}).get("allowed") is False
    ]
    for namespace in dict.fromkeys(right.namespace for right in forbidden):
        yield _lack([right for right in forbidden if right.namespace == namespace], facts)


def _needed(objects: Items, facts: Facts) -> Iterator[_Right]:
    """All rights that the objects need, each once."""
    needed: dict[_Right, None] = {}
    for item in objects:
        kind = (facts.kinds or {}).get((item["apiVersion"], item["kind"]))
        if kind is None:
            continue
        group = item["apiVersion"].rpartition("/")[0]
        meta = item["metadata"]
        if item["kind"] == "Namespace":
            is_there = facts.namespaces.get(meta["name"])
            verbs = ("get", "patch") if is_there else ("get", "create", "patch")
            rights = [
                _Right(
                    verb=verb,
                    group="",
                    plural=kind.plural,
                    namespace=None,
                    name=None if verb == "create" else meta["name"],
                )
                for verb in verbs
            ]
        else:
            namespace = meta.get("namespace") if kind.namespaced else None
            rights = [
                _Right(verb=verb, group=group, plural=kind.plural, namespace=namespace) for verb in VERBS
            ]
        needed |= dict.fromkeys(rights)
    for namespace in facts.namespaces:
        needed |= dict.fromkeys(
            _Right(verb=verb, group=group, plural=plural, namespace=namespace)
            for group, plural in _OF_PODS
            for verb in _READ
        )
    yield from needed


def _question(right: _Right) -> Question:
    """The question whether it is allowed. A request for a namespace counts as one within it."""
    namespace = right.namespace or right.name
    return may(right.verb, right.group, right.plural, namespace, right.name)


def _is_granted(right: _Right, facts: Facts) -> bool:
    """Whether the user's own list of permissions shows it."""
    if right.namespace is None:
        return False
    return any(
        _matches(rule.get("verbs"), right.verb)
        and _matches(rule.get("apiGroups"), right.group)
        and _matches(rule.get("resources"), right.plural)
        and not rule.get("resourceNames")
        for rule in facts.rules.get(right.namespace, ())
    )


def _matches(allowed: Sequence[str] | None, wanted: str) -> bool:
    return bool({"*", wanted} & set(allowed or ()))


def _lack(forbidden: Sequence[_Right], facts: Facts) -> Lack:
    """What is forbidden in a namespace, the same verbs together."""
    verbs: dict[str, list[str]] = {}
    for right in forbidden:
        resource = f"{right.plural}.{right.group}" if right.group else right.plural
        verbs.setdefault(resource + (f"/{right.name}" if right.name else ""), []).append(right.verb)
    resources: dict[str, list[str]] = {}
    for resource, each in verbs.items():
        resources.setdefault(listed(each), []).append(resource)
    parts = [f"{verb} {', '.join(sorted(names))}" for verb, names in resources.items()]
    namespace = forbidden[0].namespace
    where = f"in namespace {namespace}" if namespace else "in the cluster"
    option = f" -n {namespace}" if namespace else ""
    return Lack(
        key="permissions",
        found=f"{facts.user or 'this user'} may not {'; '.join(parts)} {where}",
        remedy="Let the cluster's administrator grant it: `kubectl auth can-i --list"
        f"{option}` shows what is granted",
    )
