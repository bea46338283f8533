"""Visitors get in by TLS, with limits and headers, and no further than they should."""

from __future__ import annotations

from typing import Any

import pytest
from shape import Record, find, of_kind

from openedx_infra.components.ingress.routes import PublicHost, route_groups
from openedx_infra.config import load
from openedx_infra.kubernetes.routing import Route
from openedx_infra.operations.offline.recording import Graph

LEAST = {"site": {"lms_host": "learn.example.org"}}
HOSTS = {
    "lms": "learn.example.org",
    "studio": "studio.learn.example.org",
    "mfe": "apps.learn.example.org",
    "meilisearch": "meilisearch.learn.example.org",
}
TLS: dict[str, dict[str, Any]] = {
    "none": {"source": "none"},
    "upstream": {"source": "upstream"},
    "secret": {"source": "secret", "secret": "wildcard"},
    "cert-manager": {"source": "cert-manager", "issuer": {"source": "cluster-issuer", "name": "letsencrypt"}},
}
NGINX = "nginx.ingress.kubernetes.io"


def _ingress(graph: Graph, name: str) -> dict[str, Any]:
    return graph.object(find(graph, "Ingress", name))


def _stack(tls: str, controller: str = "traefik", **entrance: Any) -> dict[str, Any]:
    return {
        "site": {**LEAST["site"], "tls": TLS[tls]},
        "cluster": {"ingress_controller": controller},
        "ingress": entrance,
    }


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


def _headers(graph: Graph, name: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for spec in _middlewares(graph, name):
        said |= spec.get("headers", {}).get("customResponseHeaders", {})
    return said


def _nginx(graph: Graph, name: str) -> dict[str, str]:
    annotations = _ingress(graph, name)["metadata"]["annotations"]
    return {key.split("/")[1]: value for key, value in annotations.items() if key.startswith(NGINX)}


def test_each_host_leads_to_services_that_listen(recorded: Record) -> None:
    graph = recorded()
    assert {r.name for r in of_kind(graph, "Ingress")} == set(HOSTS)
    services = {r.name: graph.object(r)["spec"]["ports"][0]["port"] for r in of_kind(graph, "Service")}
    for name, host in HOSTS.items():
        spec = _ingress(graph, name)["spec"]
        assert spec["ingressClassName"] == "traefik"
        [rule] = spec["rules"]
        assert rule["host"] == host
        assert name in {path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
        for path in rule["http"]["paths"]:
            service = path["backend"]["service"]
            assert service["port"]["number"] == services[service["name"]]


def test_of_the_search_engine_only_searching_is_public(recorded: Record) -> None:
    [rule] = _ingress(recorded(), "meilisearch")["spec"]["rules"]
    paths = {path["path"] for path in rule["http"]["paths"]}
    assert paths == {"/multi-search", "/indexes", "/health"}


@pytest.mark.parametrize("tls", ["none", "upstream"])
def test_no_certificate_where_none_is_needed(recorded: Record, tls: str) -> None:
    graph = recorded(_stack(tls))
    assert all("tls" not in _ingress(graph, name)["spec"] for name in HOSTS)
    assert of_kind(graph, "Certificate", "Issuer") == []


def test_one_certificate_of_the_operator_serves_all_hosts(recorded: Record) -> None:
    graph = recorded(_stack("secret"))
    for name, host in HOSTS.items():
        assert _ingress(graph, name)["spec"]["tls"] == [{"hosts": [host], "secretName": "wildcard"}]


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
        assert _nginx(recorded(_stack(tls, "nginx")), name)["ssl-redirect"] == redirects


@pytest.mark.parametrize(("tls", "strict"), [("none", False), ("upstream", True), ("secret", True)])
def test_browsers_are_told_to_insist_on_tls(recorded: Record, tls: str, strict: bool) -> None:
    for name in HOSTS:
        headers = _headers(recorded(_stack(tls)), name)
        assert headers.get("Strict-Transport-Security") == ("max-age=31536000" if strict else None)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Server"] == ""


def test_headers_are_the_operator_s_in_the_end(recorded: Record) -> None:
    said = {
        "headers": {"permissions-policy": None, "referrer-policy": "no-referrer", "X-Robots-Tag": "noindex"},
        "hsts": {"seconds": 60, "subdomains": True, "preload": True},
        "framed_by": {"lms": ["'self'", "https://portal.example.org"]},
    }
    graph = recorded(_stack("secret", **said))
    headers = _headers(graph, "lms")
    assert "Permissions-Policy" not in headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["Strict-Transport-Security"] == "max-age=60; includeSubDomains; preload"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self' https://portal.example.org"
    assert "Content-Security-Policy" not in _headers(graph, "studio")


def test_answers_are_not_held_back_to_limit_requests(recorded: Record) -> None:
    """traefik#12869: its only way to limit bodies keeps whole answers until they are complete."""
    graph = recorded(_stack("secret", requests={"average": 5, "burst": 10}))
    assert not any("buffering" in graph.object(r)["spec"] for r in of_kind(graph, "Middleware"))


def test_nginx_refuses_bodies_that_are_too_large(recorded: Record) -> None:
    graph = recorded(_stack("upstream", "nginx", bodies={"lms": "3Mi"}))
    assert _nginx(graph, "lms")["proxy-body-size"] == str(3 * 2**20)
    assert _nginx(graph, "studio")["proxy-body-size"] == str(250 * 2**20)


RATES = {
    "requests": {"average": 50, "burst": 200},
    "logins": {"average": 30, "per": "minute", "burst": 60},
    "login_paths": ["/login_ajax", "/static/login"],
}


def test_traefik_counts_requests_of_each_address(recorded: Record) -> None:
    graph = recorded(_stack("secret", **RATES))
    counted = {"ipStrategy": {"ipv6Subnet": 64}}
    for name, rate in {
        "lms": {"average": 50, "period": "1s", "burst": 200},
        "mfe": {"average": 50, "period": "1s", "burst": 200},
        "lms-logins": {"average": 30, "period": "1m", "burst": 60},
        "studio-logins": {"average": 30, "period": "1m", "burst": 60},
    }.items():
        [found] = [spec["rateLimit"] for spec in _middlewares(graph, name) if "rateLimit" in spec]
        assert found == {**rate, "sourceCriterion": counted}


def test_traefik_believes_the_proxies_that_are_counted(recorded: Record) -> None:
    said = {**RATES, "proxies_in_front": 2, "admin": {"allow": ["192.0.2.0/24"]}}
    graph = recorded(_stack("upstream", **said))
    rates = [spec["rateLimit"] for spec in _middlewares(graph, "lms") if "rateLimit" in spec]
    assert rates[0]["sourceCriterion"] == {"ipStrategy": {"depth": 2, "ipv6Subnet": 64}}
    lists = [spec["ipAllowList"] for spec in _middlewares(graph, "lms-admin") if "ipAllowList" in spec]
    assert lists == [{"sourceRange": ["192.0.2.0/24"], "ipStrategy": {"depth": 2}}]


def test_nginx_counts_alike(recorded: Record) -> None:
    graph = recorded(_stack("secret", "nginx", **RATES))
    lms, logins = _nginx(graph, "lms"), _nginx(graph, "lms-logins")
    assert (lms["limit-rps"], lms["limit-burst-multiplier"]) == ("50", "4")
    assert (logins["limit-rpm"], logins["limit-burst-multiplier"]) == ("30", "2")
    assert "limit-rps" not in logins


def test_paths_with_limits_of_their_own_lead_where_they_led(recorded: Record) -> None:
    [rule] = _ingress(recorded(_stack("secret", **RATES)), "lms-logins")["spec"]["rules"]
    services = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert services == {"/login_ajax": "lms", "/static/login": "static"}


@pytest.mark.parametrize(
    ("path", "service"),
    [("/admin", "site"), ("/statics", "site"), ("/static", "files"), ("/static/x", "files")],
)
def test_the_longest_route_decides(path: str, service: str) -> None:
    routes = [Route(service="site", port=1), Route(service="files", port=2, path="/static")]
    host = PublicHost(name="lms", domain="learn.example.org", routes=routes, body_limit=1, admin_paths=[path])
    stack = load("dev", {**LEAST, "ingress": {"admin": {"allow": ["192.0.2.0/24"]}}})
    _, admin = route_groups(host, stack)
    assert [(route.service, route.path) for route in admin.routes] == [(service, path)]


def test_administrators_come_from_where_they_should(recorded: Record) -> None:
    said = {"admin": {"allow": ["192.0.2.0/24", "2001:db8::/32"], "lms_paths": ["/admin", "/support"]}}
    graph = recorded(_stack("secret", **said))
    for name, paths in (("lms-admin", ["/admin", "/support"]), ("studio-admin", ["/admin"])):
        [rule] = _ingress(graph, name)["spec"]["rules"]
        assert [path["path"] for path in rule["http"]["paths"]] == paths
        [allowed] = [spec["ipAllowList"] for spec in _middlewares(graph, name) if "ipAllowList" in spec]
        assert allowed == {"sourceRange": ["192.0.2.0/24", "2001:db8::/32"]}
    assert not any("ipAllowList" in spec for spec in _middlewares(graph, "lms"))
    nginx = recorded(_stack("secret", "nginx", **said))
    assert _nginx(nginx, "lms-admin")["whitelist-source-range"] == "192.0.2.0/24,2001:db8::/32"
    assert "whitelist-source-range" not in _nginx(nginx, "lms")


def test_authors_come_back_to_the_same_pod_of_studio(recorded: Record) -> None:
    graph = recorded(_stack("secret"))
    sticky = "traefik.ingress.kubernetes.io/service.sticky.cookie"
    said = {
        name: graph.object(find(graph, "Service", name))["metadata"]["annotations"]
        for name in ("studio", "lms", "mfe")
    }
    assert said["studio"][sticky] == "true"
    assert said["studio"][f"{sticky}.secure"] == "true"
    assert not any(key.startswith(sticky) for name in ("lms", "mfe") for key in said[name])
    nginx = recorded(_stack("secret", "nginx"))
    assert _nginx(nginx, "studio")["affinity"] == "cookie"
    assert "affinity" not in _nginx(nginx, "lms")


def test_traefik_is_asked_for_nothing_where_nginx_serves(recorded: Record) -> None:
    graph = recorded(_stack("upstream", "nginx"))
    assert of_kind(graph, "Middleware") == []
    assert _ingress(graph, "lms")["spec"]["ingressClassName"] == "nginx"


def test_an_ingress_without_an_address_holds_up_nobody(graph: Graph) -> None:
    for resource in of_kind(graph, "Ingress", "Service"):
        assert graph.object(resource)["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
