"""Certificates are asked of the configured issuer, for the hosts that there are."""

from __future__ import annotations

from typing import Any

import pytest
from shape import Record, find, of_kind

from openedx_infra.operations.offline.recording import Graph

HOSTS = {
    "lms": "learn.example.org",
    "studio": "studio.learn.example.org",
    "mfe": "apps.learn.example.org",
    "meilisearch": "meilisearch.learn.example.org",
}
ACCOUNT = {"email": "office@example.org", "server": "letsencrypt-staging"}


def _stack(issuer: dict[str, Any], **entrance: Any) -> dict[str, Any]:
    tls = {"source": "cert-manager", "issuer": issuer}
    return {"site": {"lms_host": "learn.example.org", "tls": tls}, "ingress": entrance}


def _dns(provider: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _stack({"source": "dns-01", **ACCOUNT, **more, "provider": provider})


def _spec(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = graph.object(find(graph, kind, name))["spec"]
    return spec


def _solver(graph: Graph) -> dict[str, Any]:
    [solver] = _spec(graph, "Issuer", "site")["acme"]["solvers"]
    found: dict[str, Any] = solver
    return found


def _kept(graph: Graph, reference: dict[str, str]) -> str:
    """What a reference to a key of a Secret leads to."""
    [secret] = [
        obj
        for obj in graph.objects(reveal_secrets=True)
        if obj["kind"] == "Secret" and obj["metadata"]["name"] == reference["name"]
    ]
    value: str = secret["stringData"][reference["key"]]
    return value


@pytest.mark.parametrize(
    ("issuer", "signer"),
    [
        ({"source": "cluster-issuer", "name": "campus"}, ("ClusterIssuer", "campus")),
        ({"source": "http-01", **ACCOUNT}, ("Issuer", "site")),
        ({"source": "self-signed"}, ("Issuer", "site")),
    ],
    ids=lambda value: str(value)[:20],
)
def test_each_host_has_a_certificate_of_its_own(
    recorded: Record, issuer: dict[str, Any], signer: tuple[str, str]
) -> None:
    """So that a host whose name isn't in DNS yet keeps no other from its certificate."""
    graph = recorded(_stack(issuer))
    for name, host in HOSTS.items():
        spec = _spec(graph, "Certificate", name)
        assert spec["dnsNames"] == [host]
        assert (spec["issuerRef"]["kind"], spec["issuerRef"]["name"]) == signer
        assert spec["privateKey"]["rotationPolicy"] == "Always"
        tls = [{"hosts": [host], "secretName": spec["secretName"]}]
        assert _spec(graph, "Ingress", name)["tls"] == tls
    assert len({_spec(graph, "Certificate", name)["secretName"] for name in HOSTS}) == len(HOSTS)


def test_nothing_waits_for_certificates(recorded: Record) -> None:
    graph = recorded(_stack({"source": "http-01", **ACCOUNT}))
    for resource in of_kind(graph, "Certificate", "Issuer"):
        assert graph.object(resource)["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


def test_an_authority_is_let_in_by_the_ingress(recorded: Record) -> None:
    graph = recorded(_stack({"source": "http-01", **ACCOUNT}))
    acme = _spec(graph, "Issuer", "site")["acme"]
    assert acme["server"] == "https://acme-staging-v02.api.letsencrypt.org/directory"
    assert acme["email"] == ACCOUNT["email"]
    assert "externalAccountBinding" not in acme
    assert _solver(graph) == {
        "http01": {"ingress": {"ingressClassName": "traefik", "serviceType": "ClusterIP"}}
    }


def test_an_authority_is_let_in_by_the_gateway(recorded: Record) -> None:
    graph = recorded(_stack({"source": "http-01", **ACCOUNT}, kind="gateway"))
    [parent] = _solver(graph)["http01"]["gatewayHTTPRoute"]["parentRefs"]
    listeners = _spec(graph, "Gateway", parent["name"])["listeners"]
    [listener] = [one for one in listeners if one["name"] == parent["sectionName"]]
    assert listener["protocol"] == "HTTP"


def test_an_account_that_is_known_already(recorded: Record) -> None:
    graph = recorded(_stack({"source": "http-01", **ACCOUNT, "key_id": "kid-1"}))
    bound = _spec(graph, "Issuer", "site")["acme"]["externalAccountBinding"]
    assert bound["keyID"] == "kid-1"
    assert _kept(graph, bound["keySecretRef"])


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ({"source": "cloudflare"}, ("cloudflare", "apiTokenSecretRef")),
        (
            {"source": "rfc2136", "server": "192.0.2.53", "key_name": "campus."},
            ("rfc2136", "tsigSecretSecretRef"),
        ),
        (
            {"source": "route53", "region": "eu-central-1", "access_key_id": "AKIA"},
            ("route53", "secretAccessKeySecretRef"),
        ),
    ],
    ids=lambda value: str(value)[:24],
)
def test_providers_of_domains_know_a_secret(
    recorded: Record, provider: dict[str, Any], path: tuple[str, str]
) -> None:
    graph = recorded(_dns(provider))
    assert _kept(graph, _solver(graph)["dns01"][path[0]][path[1]])
    assert of_kind(graph, "RoleBinding") == []


def test_amazon_knows_a_role(recorded: Record) -> None:
    role = "arn:aws:iam::123456789012:role/acme-dns"
    graph = recorded(_dns({"source": "route53", "region": "eu-central-1", "role": role, "hosted_zone": "Z1"}))
    said = _solver(graph)["dns01"]["route53"]
    account = said["auth"]["kubernetes"]["serviceAccountRef"]["name"]
    assert said == {
        "region": "eu-central-1",
        "hostedZoneID": "Z1",
        "role": role,
        "auth": {"kubernetes": {"serviceAccountRef": {"name": account}}},
    }
    assert graph.object(find(graph, "ServiceAccount", account))["automountServiceAccountToken"] is False
    [rule] = graph.object(find(graph, "Role", account))["rules"]
    assert rule["resourceNames"] == [account]
    assert (rule["resources"], rule["verbs"]) == (["serviceaccounts/token"], ["create"])
    [who] = graph.object(find(graph, "RoleBinding", account))["subjects"]
    assert (who["kind"], who["namespace"], who["name"]) == ("ServiceAccount", "cert-manager", "cert-manager")


def test_a_webhook_is_told_what_it_wants(recorded: Record) -> None:
    said = {"source": "webhook", "group": "acme.example.org", "solver": "campus", "config": {"zone": "z"}}
    webhook = _solver(recorded(_dns(said)))["dns01"]["webhook"]
    assert webhook == {"groupName": "acme.example.org", "solverName": "campus", "config": {"zone": "z"}}


def test_who_signs_for_itself_has_an_authority_that_stays(recorded: Record) -> None:
    graph = recorded(_stack({"source": "self-signed"}))
    assert _spec(graph, "Issuer", "authority") == {"selfSigned": {}}
    authority = _spec(graph, "Certificate", "authority")
    assert authority["isCA"] is True
    assert authority["issuerRef"]["name"] == "authority"
    assert _spec(graph, "Issuer", "site") == {"ca": {"secretName": authority["secretName"]}}
