"""With a proxy, all pods that ask web servers outside know it and reach it, and no others; and none asks it
for servers of the cluster."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx2
import pytest
import requests.utils
from flows import pods, reaches, talks
from on_aws import AWS, DATASTORES
from shape import Record, of_kind, once_for_each_graph, templates

from openedx_infra.components.web_proxy import by_proxy, exceptions
from openedx_infra.config import load
from openedx_infra.operations.offline.recording import Graph
from policies import check

PROXY, PORT = "10.9.9.9", 3128
URL = f"http://{PROXY}:{PORT}"
PUBLIC = ("192.0.2.1", "2001:db8::1")
NAMES = {purpose: f"campus-{purpose}" for purpose in ("public", "private", "grades", "ora", "exports")}
LEAST: dict[str, Any] = {
    "site": {"lms_host": "learn.example.org"},
    "network": {"proxy": {"url": URL}},
}
WATCHED: dict[str, Any] = {
    "backups": {"destination": {"bucket": "campus-backups", "endpoint": "https://s3.example.net"}},
    "monitoring": {
        "tracking": {"bucket": "campus-events", "server": {"endpoint": "https://s3.example.net"}},
        "prometheus": True,
        "prometheus_namespace": "monitoring",
    },
}
CASES: dict[str, dict[str, Any]] = {
    "least": LEAST,
    "watched": {**LEAST, **WATCHED},
    "services": {
        **LEAST,
        "services": {
            "xqueue": {
                "image": "registry.example.org/xqueue:1",
                "queues": {"a": "https://grader.example.org/xq"},
            }
        },
    },
    "own containers": {
        **LEAST,
        "extras": {
            "containers": {
                "bot": {
                    "image": "registry.example.org/bot:1",
                    "size": {"cpu": "10m", "memory": "64Mi"},
                    "port": 8080,
                    "for_platform": True,
                    "connects_to": {"internet": [443], "platform": True},
                },
                "clock": {
                    "image": "registry.example.org/bot:1",
                    "size": {"cpu": "10m", "memory": "64Mi"},
                    "schedule": "H * * * *",
                },
            }
        },
    },
    "two versions": {
        **LEAST,
        "release": "ulmo",
        "blue_green": {"live": "green", "green": {"release": "verawood"}},
        "migrations": {"beside": ["ulmo"]},
    },
    "buckets outside": {
        **LEAST,
        **WATCHED,
        "datastores": {
            "storage": {"source": "external", "endpoint": "https://s3.example.net", "buckets": NAMES}
        },
    },
    "buckets on AWS": {
        **LEAST,
        "aws": AWS,
        "datastores": {"storage": DATASTORES["storage"]},
        "mail": {"delivery": {"source": "ses"}},
    },
    "buckets inside": {
        **LEAST,
        "datastores": {
            "storage": {"source": "external", "endpoint": "http://10.4.4.4:9000", "buckets": NAMES},
            "search": {"source": "external", "engine": "meilisearch", "url": "https://find.example.net:7700"},
        },
        "backups": {"destination": {"bucket": "campus-backups", "endpoint": "http://10.4.4.5:9000"}},
    },
}


@cache
def client_of_httpx(no_proxy: str) -> Any:
    """A client of httpx in a pod."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"NO_PROXY": no_proxy, "HTTP_PROXY": URL, "HTTPS_PROXY": URL}.items():
            patch.delenv(name.lower(), raising=False)
            patch.setenv(name, value)
        return httpx2.Client(verify=False)


def asked_by_httpx(url: str, no_proxy: str) -> bool:
    """Whether that asks a server directly."""
    client = client_of_httpx(no_proxy)
    return bool(client._transport_for_url(httpx2.URL(url)) is client._transport)


HTTP_CLIENTS: dict[str, Callable[[str, str], bool]] = {
    "requests": lambda url, no_proxy: bool(requests.utils.should_bypass_proxies(url, no_proxy)),
    # botocore asks it, too (botocore.utils.should_bypass_proxies).
    "urllib": lambda url, no_proxy: bool(urllib.request.proxy_bypass(url.split("/")[2], {"no": no_proxy})),
    "httpx": asked_by_httpx,
}
"""Whether clients in Python ask a server directly, by the value of NO_PROXY. Those in Go are tried by their
programs (tests/parts/test_web_proxy_used.py)."""


@pytest.fixture(params=CASES, scope="module")
def said(request: pytest.FixtureRequest) -> dict[str, Any]:
    return CASES[request.param]


def containers(graph: Graph) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Pod, name, environment and image's name of all containers."""
    for record, template in templates(graph):
        spec = template["spec"]
        for container in (*spec.get("initContainers", ()), *spec["containers"]):
            env = {one["name"]: one.get("value") for one in container.get("env", ())}
            yield record.name, container["name"], env, container["image"].rpartition("/")[2].partition(":")[0]


@once_for_each_graph
def proxied(graph: Graph) -> dict[str, str]:
    """What is never asked for by the proxy, in each pod that knows one."""
    found = {}
    for pod, container, env, _ in containers(graph):
        words = {name: value for name, value in env.items() if name.lower().endswith("_proxy")}
        if words:
            assert len(words) == 6, (pod, container)
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
                assert words[name] == URL, (pod, container)
            assert words["NO_PROXY"] == words["no_proxy"]
            found[pod] = words["NO_PROXY"]
    return found


def test_who_goes_out_knows_the_proxy_and_nobody_else_reaches_it(
    said: dict[str, Any], recorded: Record
) -> None:
    graph = recorded(said)
    knowing = set(proxied(graph))
    assert knowing == {name for name in pods(graph) if reaches(graph, name, PROXY, PORT)}
    assert {"lms", "studio", "lms-worker-default", "preflight"} <= knowing
    out = {name for name in pods(graph) for address in PUBLIC if reaches(graph, name, address, 443)}
    assert out <= knowing, "nobody goes out beside it, but to servers of their own keys"
    assert len(set(proxied(graph).values())) == 1, "all alike"
    assert not knowing & {"mfe", "static", "mysql", "meilisearch", "smtp", "mysqld-exporter"}
    assert check(graph, load("dev", said)) == []


def test_containers_that_ask_servers_outside_have_it(recorded: Record) -> None:
    for pod, container, env, program in containers(recorded(CASES["buckets outside"])):
        asks = "DJANGO_SETTINGS_MODULE" in env and not container.startswith("prove-")
        asks |= program in ("restic", "rclone") or container == "preflight"
        assert asks == ("HTTPS_PROXY" in env), (pod, container)


def test_the_web_is_closed_beside_the_proxy(recorded: Record) -> None:
    graph = recorded(LEAST)
    for name in pods(graph):
        assert not any(reaches(graph, name, address, port) for address in PUBLIC for port in (80, 443)), name
    assert {name for name in pods(graph) if reaches(graph, name, PUBLIC[0], 25)} == {"smtp"}
    for name in ("lms-beat", "lms-migrate", "lms-setup"):
        assert not reaches(graph, name, PROXY, PORT), f"{name} needs datastores alone"


def test_what_is_excepted_is_reached_beside_it(recorded: Record) -> None:
    proxy = {**LEAST["network"]["proxy"], "exceptions": ["10.30.0.1"]}
    network = {"inside": ["10.20.0.0/16"], "proxy": proxy}
    graph = recorded({**LEAST, "network": network})
    assert reaches(graph, "lms", "10.20.3.4", 443) and reaches(graph, "lms", "10.30.0.1", 443)
    assert not reaches(graph, "lms", "10.30.0.2", 443) and not reaches(graph, "lms", PUBLIC[0], 443)
    proxy["exceptions"] = [".campus.example.org"]
    graph = recorded({**LEAST, "network": network})
    assert all(reaches(graph, "lms", address, 443) for address in PUBLIC), "its address is not known"
    assert not reaches(graph, "lms", "10.30.0.1", 443)


def test_a_proxy_in_the_cluster_is_reached_in_its_namespace(recorded: Record) -> None:
    network = {"proxy": {"url": "http://squid.gateways.svc:3128"}}
    graph = recorded({**LEAST, "network": network})
    [policy] = [
        graph.object(one)["spec"]
        for one in of_kind(graph, "NetworkPolicy")
        if one.name == "proxy-from-edx-platform"
    ]
    named = [peer["namespaceSelector"] for peer in policy["egress"][0]["to"] if "namespaceSelector" in peer]
    assert named == [
        {
            "matchExpressions": [
                {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["gateways"]}
            ]
        }
    ]


def test_servers_of_the_cluster_are_not_asked_for_by_it(said: dict[str, Any], recorded: Record) -> None:
    graph = recorded(said)
    [no_proxy] = set(proxied(graph).values())
    servers = [
        (name, int(port["port"]))
        for name in pods(graph)
        for service in of_kind(graph, "Service")
        if graph.object(service)["metadata"]["name"] == name
        for port in graph.object(service)["spec"]["ports"]
    ]
    asked = [
        f"{name}:{port}"
        for name, port in servers
        if any(talks(graph, pod, name, port) for pod in proxied(graph))
    ]
    assert {"lms:8000", "studio:8000", "cache:6379"} <= set(asked)
    inside = ["localhost:8000", "127.0.0.1:8000", "lti.tools.svc", "lti.tools.svc.cluster.local"]
    for client, bypasses in HTTP_CLIENTS.items():
        for host in (*asked, *inside, "169.254.169.254", "169.254.170.23"):
            assert bypasses(f"http://{host}/", no_proxy), (client, host)
        for host in ("s3.example.net", "h5p.studio", "sts.eu-west-1.amazonaws.com", "learn.example.org"):
            assert not bypasses(f"https://{host}/", no_proxy), (client, host)


@pytest.mark.parametrize("client", HTTP_CLIENTS)
def test_clients_and_program_agree_on_who_is_asked_directly(client: str) -> None:
    said = {**CASES["buckets inside"], "network": {"proxy": {**LEAST["network"]["proxy"]}}}
    said["network"]["proxy"]["exceptions"] = ["lti.example.org", ".campus.example.org", "10.9.0.1", "fd01::1"]
    stack = load("dev", said)
    no_proxy = ",".join(exceptions(stack))
    for url, direct in {
        "http://10.4.4.4:9000/": True,
        "http://10.4.4.5:9000/": True,
        "https://find.example.net:7700/": True,
        "https://lti.example.org/": True,
        "https://files.campus.example.org/": True,
        "http://lms:8000/": True,
        "https://lms.example.org/": False,
        "https://s3.eu-west-1.amazonaws.com/": False,
    }.items():
        assert HTTP_CLIENTS[client](url, no_proxy) == direct, url
        assert by_proxy(stack, url) != direct, url
