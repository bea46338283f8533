"""Secrets that a stack names and somebody else puts into its namespace: certificates, registry logins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from openedx_infra.operations.cluster.api import Ask, Question
from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack
from policies.objects import pod_spec

TLS_KEY = "openedx:site.tls.secret"
PULL_KEY = "openedx:images.pull_secrets"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""Asks for an object without its content: nobody needs to see a private key to know that it is there."""


@dataclass(frozen=True, kw_only=True)
class _Reference:
    """A Secret that is named, and the key that names it."""

    key: str
    namespace: str
    name: str


def problems(objects: Items, facts: Facts, ask: Ask) -> Iterator[Lack]:
    """A note for each Secret that is missing: without a certificate controllers serve one of their own, and
    images may be had without a login, so that not all is lost."""
    own = {
        (each["metadata"].get("namespace"), name)
        for each in objects
        for name in (each["metadata"]["name"], (each.get("spec") or {}).get("secretName"))
        if each["kind"] in ("Secret", "Certificate")
    }
    wanted = [each for each in _references(objects) if (each.namespace, each.name) not in own]
    there = [each for each in wanted if facts.namespaces.get(each.namespace)]
    answers = ask([_question(each) for each in there])
    absent = {
        each for each, answer in zip(there, answers, strict=True) if answer.code == HTTPStatus.NOT_FOUND
    }
    for each in wanted:
        if each in absent or facts.namespaces.get(each.namespace, facts) is None:
            yield _lack(each, is_new=each not in absent)


def _lack(missing: _Reference, *, is_new: bool) -> Lack:
    create = f"`kubectl -n {missing.namespace} create secret "
    create += (
        f"tls {missing.name} --cert=FILE --key=FILE`" if missing.key == TLS_KEY else "docker-registry …`"
    )
    first = f", after `kubectl create namespace {missing.namespace}`" if is_new else ""
    harm = (
        "visitors would get a certificate that browsers refuse"
        if missing.key == TLS_KEY
        else "images of a registry that asks for a login can't be pulled"
    )
    return Lack(
        key=missing.key,
        found=f'"{missing.name}" is no Secret of namespace {missing.namespace}: {harm}',
        remedy=f"Create it{first}: {create}",
        fatal=False,
    )


def _question(reference: _Reference) -> Question:
    path = f"/api/v1/namespaces/{reference.namespace}/secrets/{reference.name}"
    return Question(path=path, accept=_METADATA)


def _references(objects: Items) -> list[_Reference]:
    """Each once."""
    found = [
        _Reference(key=key, namespace=item["metadata"]["namespace"], name=name)
        for item in objects
        for key, name in (*_certificates(item), *_logins(item))
    ]
    return list(dict.fromkeys(found))


def _certificates(item: Item) -> Iterator[tuple[str, str]]:
    """Secrets of certificates that an Ingress or a Gateway names."""
    if item["kind"] == "Ingress":
        for each in item["spec"].get("tls") or ():
            if each.get("secretName"):
                yield TLS_KEY, each["secretName"]
    if item["kind"] == "Gateway":
        for listener in item["spec"].get("listeners") or ():
            for each in (listener.get("tls") or {}).get("certificateRefs") or ():
                yield TLS_KEY, each["name"]


def _logins(item: Item) -> Iterator[tuple[str, str]]:
    """Secrets of logins at registries that pods name."""
    for each in (pod_spec(item) or {}).get("imagePullSecrets") or ():
        yield PULL_KEY, each["name"]
