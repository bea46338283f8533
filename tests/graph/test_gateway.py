"""Visitors get in by the Gateway API as they do by Ingresses."""

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
SELF_SIGNED = {"source": "cert-manager", "issuer": {"source": "self-signed"}}


def _stack(tls: dict[str, Any], controller: str = "traefik", **entrance: Any) -> dict[str, Any]:
    return {
        "site": {"lms_host": "learn.example.org", "tls": tls},
        "cluster": {"ingress_controller": controller},
        "ingress": {"kind": "gateway", **entrance},
    }


def _spec(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = graph.object(find(graph, kind, name))["spec"]
    return spec


def _filters(rule: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in rule.get("filters", []) if one["type"] == kind]


def test_no_ingress_beside_the_gateway(recorded: Record) -> None:
    graph = recorded(_stack(SELF_SIGNED))
    assert of_kind(graph, "Ingress") == []
    assert {r.name for r in of_kind(graph, "HTTPRoute")} == {*HOSTS, "redirect"}


def test_each_host_has_a_listener_with_its_certificate(recorded: Record) -> None:
    graph = recorded(_stack(SELF_SIGNED))
    plain, *listeners = _spec(graph, "Gateway", "entrance")["listeners"]
    assert (plain["port"], plain["protocol"], "hostname" in plain) == (8000, "HTTP", False)
    assert {one["name"]: one["hostname"] for one in listeners} == HOSTS
    for one in listeners:
        assert (one["port"], one["protocol"]) == (8443, "HTTPS")
        [secret] = one["tls"]["certificateRefs"]
        assert secret["name"] == _spec(graph, "Certificate", one["name"])["secretName"]


def test_plain_requests_are_sent_on(recorded: Record) -> None:
    graph = recorded(_stack(SELF_SIGNED))
    redirect = _spec(graph, "HTTPRoute", "redirect")
    assert redirect["parentRefs"][0]["sectionName"] == "http"
    assert set(redirect["hostnames"]) == set(HOSTS.values())
    [found] = _filters(redirect["rules"][0], "RequestRedirect")
    assert found["requestRedirect"] == {"scheme": "https", "statusCode": 301}
    for name in HOSTS:
        assert _spec(graph, "HTTPRoute", name)["parentRefs"][0]["sectionName"] == name


def test_a_site_without_tls_has_one_listener(recorded: Record) -> None:
    graph = recorded(_stack({"source": "none"}, "envoy"))
    gateway = _spec(graph, "Gateway", "entrance")
    assert gateway["gatewayClassName"] == "eg"
    assert [(one["name"], one["port"]) for one in gateway["listeners"]] == [("http", 80)]
    assert {r.name for r in of_kind(graph, "HTTPRoute")} == set(HOSTS)


def test_a_gateway_of_others_is_only_named(recorded: Record) -> None:
    shared = {"source": "shared", "name": "public", "namespace": "gateways"}
    graph = recorded(_stack({"source": "upstream"}, gateway=shared))
    assert of_kind(graph, "Gateway") == []
    for name in HOSTS:
        [parent] = _spec(graph, "HTTPRoute", name)["parentRefs"]
        assert (parent["name"], parent["namespace"], "sectionName" in parent) == ("public", "gateways", False)


def test_limits_are_traefik_s(recorded: Record) -> None:
    said = {
        "requests": {"average": 50, "burst": 200},
        "logins": {"average": 30, "per": "minute", "burst": 60},
        "admin": {"allow": ["192.0.2.0/24"]},
    }
    graph = recorded(_stack(SELF_SIGNED, **said))
    found = {
        match["path"]["value"]: [one["extensionRef"]["name"] for one in _filters(rule, "ExtensionRef")]
        for rule in _spec(graph, "HTTPRoute", "lms")["rules"]
        for match in rule["matches"]
    }
    assert found["/"] == ["requests"]
    assert found["/static"] == ["requests"]
    assert found["/admin"] == ["admin", "requests"]
    assert found["/login_ajax"] == ["logins"]
    assert {"requests", "logins", "admin"} == {r.name for r in of_kind(graph, "Middleware")}


@pytest.mark.parametrize("controller", ["traefik", "envoy"])
def test_headers_need_no_word_of_a_controller(recorded: Record, controller: str) -> None:
    graph = recorded(_stack(SELF_SIGNED, controller, framed_by={"mfe": ["'self'"]}))
    for name in HOSTS:
        for rule in _spec(graph, "HTTPRoute", name)["rules"]:
            [modifier] = [one["responseHeaderModifier"] for one in _filters(rule, "ResponseHeaderModifier")]
            said = {one["name"]: one["value"] for one in modifier["set"]}
            assert said["Strict-Transport-Security"] == "max-age=31536000"
            assert ("Content-Security-Policy" in said) == (name == "mfe")
            assert modifier["remove"] == ["Server"]


def test_authors_come_back_to_the_same_pod_of_studio(recorded: Record) -> None:
    graph = recorded(_stack(SELF_SIGNED))
    backends = {
        backend["name"]: backend["kind"]
        for rule in _spec(graph, "HTTPRoute", "studio")["rules"]
        for backend in rule["backendRefs"]
    }
    assert backends["studio"] == "TraefikService"
    [target] = [
        service
        for service in _spec(graph, "TraefikService", "studio")["weighted"]["services"]
        if service["name"] == "studio"
    ]
    assert target["sticky"]["cookie"] == {
        "name": "openedx_pod",
        "httpOnly": True,
        "sameSite": "lax",
        "secure": True,
    }
    assert not any(
        "sticky" in key for key in graph.object(find(graph, "Service", "studio"))["metadata"]["annotations"]
    )
