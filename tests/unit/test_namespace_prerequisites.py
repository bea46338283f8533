"""Limits of a namespace, and Secrets that others put there, are known before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from openedx_infra.config import load
from openedx_infra.operations.cluster.api import Answer, Question
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.prerequisites.facts import Facts, Item, Items, gather
from openedx_infra.operations.prerequisites.namespaces import foreign_secrets, limits
from openedx_infra.operations.secrets.secrets import stand_ins

HERE = "openedx-campus"
HOST = "learn.example.org"


def objects(**sections: Any) -> Items:
    """What a stack registers."""
    stack = load("campus", {"site": {"lms_host": HOST}, **sections})
    return recorded(stack, stand_ins(stack)).objects()


@cache
def usual() -> Items:
    return objects()


def quota(scopes: Sequence[str] = (), **hard: str) -> Item:
    words = {name.replace("__", "."): value for name, value in hard.items()}
    spec = {"hard": words, **({"scopes": list(scopes)} if scopes else {})}
    return {"metadata": {"name": "team", "namespace": HERE}, "spec": spec}


def limit_range(kind: str = "Container", **bounds: dict[str, str]) -> Item:
    return {"metadata": {"name": "usual", "namespace": HERE}, "spec": {"limits": [{"type": kind, **bounds}]}}


def told(*quotas: Item, ranges: Items = ()) -> list[str]:
    facts = Facts(quotas={HERE: quotas}, limit_ranges={HERE: ranges})
    found = list(limits.problems(usual(), facts))
    assert all(lack.fatal and lack.key == "openedx:sizing" for lack in found)
    return [str(lack) for lack in found]


def test_limits_that_leave_room_are_no_lack() -> None:
    roomy = quota(requests__cpu="64", memory="256Gi", pods="100", persistentvolumeclaims="20")
    wide = limit_range(min={"cpu": "1m", "memory": "1Mi"}, max={"memory": "64Gi"})
    assert told(roomy, ranges=[wide, limit_range("PersistentVolumeClaim", max={"storage": "1Ti"})]) == []


@pytest.mark.parametrize(
    ("hard", "words"),
    [
        ({"cpu": "100m"}, "of requests.cpu, of which it has 0.1."),
        ({"requests__memory": "1Gi"}, "of requests.memory, of which it has 1.00 GiB."),
        ({"requests__storage": "1Gi"}, "of requests.storage, of which it has 1.00 GiB."),
        ({"persistentvolumeclaims": "1"}, "of persistentvolumeclaims, of which it has 1."),
    ],
)
def test_a_quota_that_is_too_small(hard: dict[str, str], words: str) -> None:
    (line,) = told(quota(**hard))
    assert f"ResourceQuota team of namespace {HERE} is too small: the stack needs" in line and words in line
    assert told(quota(scopes=["BestEffort"], **hard)) == [], "a quota for some pods only"


def test_a_quota_on_limits_takes_no_pods_without_them() -> None:
    (line,) = told(quota(limits__cpu="100"))
    assert "takes only pods with a limit of cpu" in line and "take `limits.cpu` out of the quota" in line
    assert told(quota(limits__memory="1Ti")) == [], "all containers have a limit of memory"
    for bounds in ({"default": {"cpu": "2"}}, {"max": {"cpu": "4"}}):
        assert told(quota(limits__cpu="100"), ranges=[limit_range(**bounds)]) == []


def test_ranges_that_refuse_pods_and_volumes() -> None:
    (line,) = told(ranges=[limit_range(max={"memory": "256Mi"})])
    assert f"LimitRange usual of namespace {HERE} refuses" in line and "others." in line.replace(
        ". ", "others. "
    )
    assert told(ranges=[limit_range(min={"cpu": "4"})])
    (line,) = told(ranges=[limit_range("PersistentVolumeClaim", max={"storage": "1Gi"})])
    assert "volume mysql (" in line
    assert told(ranges=[limit_range("Pod", max={"memory": "1Mi"})]) == [], "left to the cluster"


def test_limits_are_read_from_the_namespace() -> None:
    def answer(question: Question) -> Answer:
        items = {"resourcequotas": [quota(pods="1")], "limitranges": [limit_range()]}
        kind = question.path.rpartition("/")[2]
        return Answer(code=200, body={"items": items[kind]}) if kind in items else Answer(code=403, body={})

    facts = gather(lambda questions: [answer(each) for each in questions], [HERE])
    assert facts.quotas == {HERE: [quota(pods="1")]} and facts.limit_ranges == {HERE: [limit_range()]}


TLS = {"lms_host": HOST, "tls": {"source": "secret", "secret": "campus-tls"}}
LOGINS = {"pull_secrets": ["hub"]}


def asked(codes: dict[str, int], namespace: dict[str, Any] | None = None, **sections: Any) -> list[str]:
    """What is told when the API server answers questions for Secrets with these codes."""

    def ask(questions: Sequence[Question]) -> list[Answer]:
        assert all("as=PartialObjectMetadata" in each.accept for each in questions), "never their content"
        return [Answer(code=codes[each.path.rpartition("/")[2]], body={}) for each in questions]

    facts = Facts(namespaces={HERE: namespace})
    found = list(foreign_secrets.problems(objects(**sections), facts, ask))
    assert not any(lack.fatal for lack in found)
    return [str(lack) for lack in found]


def test_secrets_that_are_missing_are_noted() -> None:
    there = {"metadata": {"name": HERE}}
    lines = asked({"campus-tls": 404, "hub": 404}, there, site=TLS, images=LOGINS)
    tls = next(line for line in lines if line.startswith("openedx:site.tls.secret"))
    assert f'"campus-tls" is no Secret of namespace {HERE}' in tls
    assert f"`kubectl -n {HERE} create secret tls campus-tls --cert=FILE --key=FILE`" in tls
    login = next(line for line in lines if line.startswith("openedx:images.pull_secrets"))
    assert '"hub" is no Secret' in login and len(lines) == 2
    for ingress in ("ingress", "gateway"):
        assert len(asked({"campus-tls": 404}, there, site=TLS, ingress={"kind": ingress})) == 1


def test_secrets_that_are_there_or_unreadable_are_not_noted() -> None:
    there = {"metadata": {"name": HERE}}
    assert asked({"campus-tls": 200, "hub": 403}, there, site=TLS, images=LOGINS) == []
    assert asked({}, there) == []


def test_a_namespace_that_is_not_there_has_no_secrets() -> None:
    (line,) = asked({}, None, site=TLS)
    assert f"after `kubectl create namespace {HERE}`" in line


def test_what_the_stack_makes_itself_is_not_asked_for() -> None:
    issuer = {"source": "http-01", "email": "office@example.org"}
    site = {"lms_host": HOST, "tls": {"source": "cert-manager", "issuer": issuer}}
    registries = {"hub": {"host": "registry.example.org", "username": "robot"}}
    assert asked({}, None, site=site, images={"registries": registries}) == []
