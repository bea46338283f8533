"""Do visitors get in, by TLS where it is said, with limits and headers, and no further than they should?"""

from __future__ import annotations

from typing import Any

import pytest
from shape import Record, find, of_kind

from openedx_infra.operations.recording import Graph
from openedx_infra.settings import UPLOAD_LIMITS

LEAST = {"site": {"lms_host": "learn.example.org"}}
HOSTS = {
    "lms": "learn.example.org",
    "studio": "studio.learn.example.org",
    "mfe": "apps.learn.example.org",
    "meilisearch": "meilisearch.learn.example.org",
}
TLS: dict[str, dict[str, str]] = {
    "none": {"source": "none"},
    "upstream": {"source": "upstream"},
    "secret": {"source": "secret", "secret": "wildcard"},
    "cert-manager": {"source": "cert-manager", "cluster_issuer": "letsencrypt"},
}


def _ingress(graph: Graph, name: str) -> dict[str, Any]:
    return graph.object(find(graph, "Ingress", name))


def _stack(tls: str, controller: str = "traefik") -> dict[str, Any]:
    return {"site": {**LEAST["site"], "tls": TLS[tls]}, "cluster": {"ingress_controller": controller}}


def _middlewares(graph: Graph, name: str) -> list[dict[str, Any]]:
    """What Traefik applies to requests for a host, in its order."""
    names = _ingress(graph, name)["metadata"]["annotations"][
        "traefik.ingress.kubernetes.io/router.middlewares"
    ]
    namespace = graph.outputs["namespace"]
    found = {
        f"{namespace}-{r.name}@kubernetescrd": graph.object(r)["spec"] for r in of_kind(graph, "Middleware")
    }
    return [found[part] for part in names.split(",")]


def test_each_host_leads_to_its_service(recorded: Record) -> None:
    graph = recorded()
    assert {r.name for r in of_kind(graph, "Ingress")} == set(HOSTS)
    services = {r.name: graph.object(r)["spec"]["ports"][0]["port"] for r in of_kind(graph, "Service")}
    for name, host in HOSTS.items():
        spec = _ingress(graph, name)["spec"]
        assert spec["ingressClassName"] == "traefik"
        [rule] = spec["rules"]
        assert rule["host"] == host
        for path in rule["http"]["paths"]:
            assert path["backend"]["service"] == {"name": name, "port": {"number": services[name]}}


def test_of_the_search_engine_only_searching_is_public(recorded: Record) -> None:
    [rule] = _ingress(recorded(), "meilisearch")["spec"]["rules"]
    paths = {path["path"] for path in rule["http"]["paths"]}
    assert paths == {"/multi-search", "/indexes", "/health"}


@pytest.mark.parametrize("tls", ["none", "upstream"])
def test_no_certificate_where_none_is_needed(recorded: Record, tls: str) -> None:
    graph = recorded(_stack(tls))
    assert all("tls" not in _ingress(graph, name)["spec"] for name in HOSTS)


def test_one_certificate_of_the_operator_serves_all_hosts(recorded: Record) -> None:
    graph = recorded(_stack("secret"))
    for name, host in HOSTS.items():
        assert _ingress(graph, name)["spec"]["tls"] == [{"hosts": [host], "secretName": "wildcard"}]


def test_cert_manager_gets_one_request_for_each_host(recorded: Record) -> None:
    graph = recorded(_stack("cert-manager"))
    for name, host in HOSTS.items():
        ingress = _ingress(graph, name)
        assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": f"{name}-tls"}]
        assert ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "letsencrypt"


@pytest.mark.parametrize(
    ("tls", "redirects"), [("none", False), ("upstream", False), ("secret", True), ("cert-manager", True)]
)
def test_plain_requests_are_sent_on_where_tls_ends_here(recorded: Record, tls: str, redirects: bool) -> None:
    """Behind an upstream that ends TLS every request is plain: sending it on would go in circles."""
    graph = recorded(_stack(tls))
    for name in HOSTS:
        first = _middlewares(graph, name)[0]
        assert ("redirectScheme" in first) == redirects


@pytest.mark.parametrize(("tls", "redirects"), [("upstream", "false"), ("secret", "true")])
def test_nginx_sends_plain_requests_on_alike(recorded: Record, tls: str, redirects: str) -> None:
    for name in HOSTS:
        annotations = _ingress(recorded(_stack(tls, "nginx")), name)["metadata"]["annotations"]
        assert annotations["nginx.ingress.kubernetes.io/ssl-redirect"] == redirects


@pytest.mark.parametrize(("tls", "strict"), [("none", False), ("upstream", True), ("secret", True)])
def test_browsers_are_told_to_insist_on_tls(recorded: Record, tls: str, strict: bool) -> None:
    for name in HOSTS:
        [headers] = [
            spec["headers"] for spec in _middlewares(recorded(_stack(tls)), name) if "headers" in spec
        ]
        assert ("stsSeconds" in headers) == strict
        assert headers["contentTypeNosniff"] is True


def test_uploads_pass_as_far_as_the_web_server_takes_them(recorded: Record) -> None:
    for name, limit in (("lms", UPLOAD_LIMITS["lms"]), ("studio", UPLOAD_LIMITS["cms"])):
        specs = _middlewares(recorded(), name)
        [buffering] = [spec["buffering"] for spec in specs if "buffering" in spec]
        assert buffering["maxRequestBodyBytes"] == limit
        annotations = _ingress(recorded(_stack("upstream", "nginx")), name)["metadata"]["annotations"]
        assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == str(limit)


def test_traefik_is_asked_for_nothing_where_nginx_serves(recorded: Record) -> None:
    graph = recorded(_stack("upstream", "nginx"))
    assert of_kind(graph, "Middleware") == []
    assert _ingress(graph, "lms")["spec"]["ingressClassName"] == "nginx"


def test_an_ingress_without_an_address_holds_up_nobody(graph: Graph) -> None:
    for resource in of_kind(graph, "Ingress", "Service"):
        assert graph.object(resource)["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
