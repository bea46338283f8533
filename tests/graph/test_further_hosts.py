"""Further hosts of the LMS, other sites that it trusts, and TLS that ends before the cluster."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml
from shape import Record, find, of_kind

from openedx_infra.operations.offline.recording import Graph

MORE = ["www.example.org", "a-b.example.org", "a.b.example.org"]
SELF_SIGNED = {"source": "cert-manager", "issuer": {"source": "self-signed"}}
PORTAL = "https://portal.example.org"


def _stack(kind: str, controller: str, tls: dict[str, Any], more: list[str], **site: Any) -> dict[str, Any]:
    return {
        "site": {"lms_host": "learn.example.org", "tls": tls, "more_hosts": more, **site},
        "cluster": {"ingress_controller": controller},
        "ingress": {"kind": kind, "trusted_origins": [PORTAL]},
    }


def _settings(graph: Graph, site: str) -> dict[str, Any]:
    variant = {"lms": "lms", "studio": "cms"}[site]
    found: dict[str, Any] = yaml.safe_load(
        graph.object(find(graph, "ConfigMap", f"{site}-settings"))["data"][f"{variant}.yml"]
    )
    return found


@pytest.mark.parametrize("controller", ["traefik", "nginx"])
def test_each_has_an_ingress_and_a_certificate_as_the_lms_has(recorded: Record, controller: str) -> None:
    graph = recorded(_stack("ingress", controller, SELF_SIGNED, MORE))
    first = graph.object(find(graph, "Ingress", "lms"))
    ingresses = [graph.object(resource) for resource in of_kind(graph, "Ingress")]
    further = {
        each["spec"]["rules"][0]["host"]: each
        for each in ingresses
        if each["metadata"]["name"].startswith("lms-")
    }
    assert set(further) == set(MORE)
    for host, each in further.items():
        assert each["spec"]["rules"][0]["http"] == first["spec"]["rules"][0]["http"]
        assert each["metadata"]["annotations"] == first["metadata"]["annotations"]
        [tls] = each["spec"]["tls"]
        certificate = graph.object(find(graph, "Certificate", each["metadata"]["name"]))
        assert certificate["spec"]["dnsNames"] == [host] == tls["hosts"]
        assert certificate["spec"]["secretName"] == tls["secretName"]
        assert all(len(value) <= 63 for value in each["metadata"]["labels"].values())


@pytest.mark.parametrize("controller", ["traefik", "envoy"])
def test_each_has_a_listener_and_a_route_in_the_gateway_api(recorded: Record, controller: str) -> None:
    many = [f"tenant-{number}.example.org" for number in range(40)]
    graph = recorded(_stack("gateway", controller, SELF_SIGNED, many))
    listeners = graph.object(find(graph, "Gateway", "entrance"))["spec"]["listeners"]
    assert {each.get("hostname") for each in listeners} >= set(many)
    assert len(listeners) <= 64
    routes = [graph.object(resource)["spec"] for resource in of_kind(graph, "HTTPRoute")]
    assert all(len(route["hostnames"]) <= 16 for route in routes)
    redirected = [
        host for route in routes for host in route["hostnames"] if "backendRefs" not in route["rules"][0]
    ]
    assert sorted(redirected) == sorted(
        {*many, *(each["hostname"] for each in listeners if "hostname" in each)}
    )


def test_their_names_follow_from_the_host_alone(recorded: Record) -> None:
    def names(more: list[str]) -> set[str]:
        graph = recorded(_stack("ingress", "traefik", SELF_SIGNED, more))
        return {resource.name for resource in of_kind(graph, "Ingress")}

    assert names(MORE[:2]) <= names(MORE[::-1])
    long = ".".join(["a" * 60, "b" * 60, "example.org"])
    assert len(names([*MORE, long, f"c{long}"]) - names([])) == 5


def test_a_maintenance_page_is_there_too(recorded: Record) -> None:
    said = {**_stack("ingress", "traefik", SELF_SIGNED, MORE), "maintenance": {"page": True}}
    graph = recorded(said)
    [www] = [each for each in of_kind(graph, "Ingress") if each.name.startswith("lms-www")]
    [path] = graph.object(www)["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["name"] == "maintenance"


def test_the_platform_answers_there_and_trusts_them_and_the_portal(recorded: Record) -> None:
    both = {"blue_green": {"green": {"release": "verawood", "openedx": "registry.example.org/openedx:green"}}}
    graph = recorded({**_stack("ingress", "traefik", SELF_SIGNED, MORE), **both})
    lms, studio = _settings(graph, "lms"), _settings(graph, "studio")
    assert set(lms["ALLOWED_HOSTS"]) == {"learn.example.org", "blue.learn.example.org", "lms", *MORE}
    for name in ("CORS_ORIGIN_WHITELIST", "CSRF_TRUSTED_ORIGINS"):
        assert {
            f"https://{host}" for host in (*MORE, "learn.example.org", "blue.apps.learn.example.org")
        } < set(lms[name])
        assert PORTAL in lms[name] and PORTAL in studio[name]
        assert "https://studio.learn.example.org" in studio[name]
    for site in (lms, studio):
        assert {"apps.learn.example.org", "portal.example.org", *MORE} < set(site["LOGIN_REDIRECT_WHITELIST"])
    assert graph.outputs["more_lms_urls"] == [f"https://{host}" for host in MORE]


SCHEME = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}


@pytest.mark.parametrize("source", ["upstream", "none", "self-signed"])
def test_where_tls_ends_before_the_cluster_the_entrance_sets_the_scheme(
    recorded: Record, source: str
) -> None:
    tls = SELF_SIGNED if source == "self-signed" else {"source": source}
    expected = SCHEME if source == "upstream" else None
    graph = recorded({**_stack("ingress", "traefik", tls, []), "ingress": {}})
    headers = graph.object(find(graph, "Middleware", "headers"))["spec"]["headers"]
    assert headers.get("customRequestHeaders") == expected
    for controller in ("traefik", "envoy"):
        graph = recorded({**_stack("gateway", controller, tls, []), "ingress": {"kind": "gateway"}})
        for rule in graph.object(find(graph, "HTTPRoute", "lms"))["spec"]["rules"]:
            found = [each for each in rule["filters"] if each["type"] == "RequestHeaderModifier"]
            values = {
                pair["name"]: pair["value"] for each in found for pair in each["requestHeaderModifier"]["set"]
            }
            assert (values or None) == expected


def test_then_django_needs_no_header_of_anybody(recorded: Record) -> None:
    """NGINX sets the scheme of its own connection, and takes no header from an object of ours."""
    from django.conf import settings as django
    from django.core.handlers.wsgi import WSGIRequest

    graph = recorded({**_stack("ingress", "nginx", {"source": "upstream"}, []), "ingress": {}})
    if not django.configured:
        django.configure()
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"}
    for site in ("lms", "studio"):
        header, value = _settings(graph, site)["SECURE_PROXY_SSL_HEADER"]
        before = django.SECURE_PROXY_SSL_HEADER
        django.SECURE_PROXY_SSL_HEADER = (header, value)
        try:
            for forwarded in ({}, {"HTTP_X_FORWARDED_PROTO": "http"}, {"HTTP_X_FORWARDED_PROTO": "https"}):
                assert WSGIRequest({**environ, **forwarded}).scheme == "https"
        finally:
            django.SECURE_PROXY_SSL_HEADER = before


@pytest.mark.parametrize(("proxies", "index"), [(0, None), (1, -2), (3, -4)])
@pytest.mark.parametrize("controller", ["traefik", "envoy"])
def test_the_platform_counts_by_the_address_that_the_entrance_counts_by(
    recorded: Record, controller: str, proxies: int, index: int | None
) -> None:
    kind = {"traefik": "ingress", "envoy": "gateway"}[controller]
    said = _stack(kind, controller, {"source": "upstream"}, [])
    graph = recorded({**said, "ingress": {"kind": kind, "proxies_in_front": proxies}})
    for site in ("lms", "studio"):
        found = _settings(graph, site)
        expected = None if index is None else [{"name": "X-Forwarded-For", "index": index}]
        assert found.get("CLOSEST_CLIENT_IP_FROM_HEADERS") == expected
        # The platform's middleware puts what it found into REMOTE_ADDR, which is all that DRF may look at.
        assert found["REST_FRAMEWORK"] == {"NUM_PROXIES": 0}
