"""Does the API server take what lets visitors in, by the publishers' own schemas, and is nothing left to do
then?"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from instances import KINDS, FirstUp, Instance
from lightkube import ApiError, codecs

pytestmark = pytest.mark.engine

CUSTOM = ("Gateway", "HTTPRoute", "Issuer", "Certificate", "Middleware", "TraefikService")
ACCOUNT = {"email": "office@example.org", "server": "letsencrypt-staging"}
ROLE = "arn:aws:iam::123456789012:role/acme-dns"
DNS: dict[str, dict[str, Any]] = {
    "cloudflare": {"source": "cloudflare"},
    "rfc2136": {"source": "rfc2136", "server": "192.0.2.53:53", "key_name": "campus."},
    "route53-by-role": {"source": "route53", "region": "eu-central-1", "role": ROLE},
    "route53-by-key": {"source": "route53", "region": "eu-central-1", "access_key_id": "AKIA"},
    "webhook": {"source": "webhook", "group": "acme.example.org", "solver": "s", "config": {"zone": "z"}},
}
ISSUERS: dict[str, dict[str, Any]] = {
    "http-01": {"source": "http-01", **ACCOUNT, "key_id": "kid-1"},
    **{name: {"source": "dns-01", **ACCOUNT, "provider": said} for name, said in DNS.items()},
    "self-signed": {"source": "self-signed"},
}
LIMITS: dict[str, Any] = {
    "requests": {"average": 50, "burst": 500},
    "logins": {"average": 60, "per": "minute", "burst": 100},
    "admin": {"allow": ["192.0.2.0/24", "2001:db8::/32"]},
    "proxies_in_front": 1,
    "framed_by": {"lms": ["'self'"]},
}


@pytest.fixture(scope="module")
def dev_as_it_was(first_up: FirstUp) -> Iterator[Instance]:
    """The instance `dev`, which is brought back in the end."""
    instance = first_up.instance
    before = instance.file.read_text()
    yield instance
    instance.file.write_text(before)
    instance.up()


def _site(instance: Instance, issuer: dict[str, Any], **hosts: str) -> dict[str, Any]:
    site: dict[str, Any] = copy.deepcopy(yaml.safe_load(instance.file.read_text())["config"]["openedx:site"])
    return {**site, **hosts, "tls": {"source": "cert-manager", "issuer": issuer}}


@pytest.fixture
def rendered(first_up: FirstUp, tmp_path: Path) -> Iterator[Any]:
    """Renders `dev` as it would be with an issuer and a kind of entrance, and changes nothing."""
    instance = first_up.instance
    before = instance.file.read_text()

    def render(issuer: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        # An authority reaches no host of the machine itself.
        site = _site(instance, issuer, lms_host="learn.example.org")
        instance.say(site=site, ingress={**LIMITS, "kind": kind})
        said = instance.run("render", "--output", str(tmp_path))
        assert said.code == 0, said.text
        texts = [path.read_text() for path in sorted(tmp_path.rglob("*.yaml"))]
        return [one for text in texts for one in yaml.safe_load_all(text) if one["kind"] in CUSTOM]

    yield render
    instance.file.write_text(before)


def _try(instance: Instance, obj: dict[str, Any]) -> None:
    """Ask the API server whether it would take an object; raises ApiError."""
    fresh = {**obj, "metadata": {**obj["metadata"], "name": f"tried-{obj['metadata']['name']}"}}
    (resource,) = codecs.load_all_yaml(yaml.safe_dump(fresh))
    instance.client.create(resource, dry_run=True)


@pytest.mark.parametrize("issuer", ISSUERS)
def test_every_issuer_is_taken(first_up: FirstUp, rendered: Any, issuer: str) -> None:
    objects = rendered(ISSUERS[issuer], "gateway" if issuer == "http-01" else "ingress")
    assert {"Issuer", "Certificate", "Middleware"} <= {obj["kind"] for obj in objects}
    for obj in objects:
        _try(first_up.instance, obj)


@pytest.mark.parametrize(
    ("kind", "path", "wrong"),
    [
        ("Middleware", ("rateLimit", "average"), "many"),
        ("HTTPRoute", ("rules", 0, "filters", 0, "type"), "Unheard"),
        ("Certificate", ("privateKey", "rotationPolicy"), "Sometimes"),
        ("Issuer", ("ca", "secretName"), 1),
    ],
)
def test_the_schemas_are_in_force(
    first_up: FirstUp, rendered: Any, kind: str, path: tuple[str | int, ...], wrong: Any
) -> None:
    """What is wrong is refused: else what is right would prove nothing."""
    for obj in rendered(ISSUERS["self-signed"], "gateway"):
        inner: Any = obj["spec"]
        try:
            for step in path[:-1]:
                inner = inner[step]
        except (KeyError, IndexError):
            continue
        if obj["kind"] != kind or path[-1] not in inner:
            continue
        inner[path[-1]] = wrong
        with pytest.raises(ApiError):
            _try(first_up.instance, obj)
        return
    raise AssertionError(f"no {kind} has {path}")


@pytest.mark.parametrize("kind", ["gateway", "ingress"])
def test_up_opens_the_entrance_and_then_has_nothing_to_do(dev_as_it_was: Instance, kind: str) -> None:
    instance = dev_as_it_was
    instance.say(site=_site(instance, ISSUERS["self-signed"]), ingress={**LIMITS, "kind": kind})
    instance.up()
    found = {one: set(instance.uids(one)) for one in KINDS}
    assert {"lms", "studio", "mfe", "authority"} <= found["Certificate"]
    assert found["Issuer"] == {"authority", "site"}
    assert {"admin", "requests", "logins"} <= found["Middleware"]
    assert ("headers" in found["Middleware"]) == (kind == "ingress")
    assert bool(found["Gateway"]) == bool(found["HTTPRoute"]) == (kind == "gateway")
    assert ("lms-admin" in found["Ingress"]) == (kind == "ingress")
    ours = {f"{one}/{name}" for one in (*CUSTOM, "Ingress") for name in found[one]}
    assert ours == {one for one in instance.believed() if one.split("/")[0] in (*CUSTOM, "Ingress")}
    instance.demand_unchanged()
