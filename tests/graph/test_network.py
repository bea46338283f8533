"""Pods reach what they need and nothing else: all pods against all ports, by the network policies."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from flows import Pod, comes, enters, leaves, pods, ports, reaches, talks, visible
from shape import Record, find, of_kind

from openedx_infra.components.network.destinations import of_url
from openedx_infra.config import Stack, load
from openedx_infra.operations.offline.recording import Graph
from policies import check

LEAST = {"site": {"lms_host": "learn.example.org"}}
TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")
SOFTWARE = "app.kubernetes.io/name"
CODE = "the platform's code"
"""Stands for all pods that run it: web, workers, beat, Jobs, duties."""
USERS = "the platform's code, but for what needs datastores alone"
"""Stands for web pods, workers and duties: neither the clock nor Jobs."""

MATRIX: dict[tuple[str, int], set[str]] = {
    ("broker", 6379): {CODE},
    ("cache", 6379): {CODE},
    ("lms", 8000): {USERS, "mfe"},
    ("meilisearch", 7700): {CODE, "search-provision"},
    ("mfe", 8002): set(),
    ("mongodb", 27017): {CODE, "mongodb-provision"},
    ("mysql", 3306): {CODE, "mysql-provision"},
    ("smtp", 8025): {USERS},
    ("static", 8003): {"static"},
    ("studio", 8000): {USERS},
}
"""Every port that a pod of the smallest stack listens on, and who in the namespace may connect to it."""

VISITED = {"lms": 8000, "studio": 8000, "mfe": 8002, "static": 8003, "meilisearch": 7700}
"""What the ingress controller reaches there."""

HOMEBODIES = {
    "lms-beat",
    "lms-migrate",
    "studio-migrate",
    "lms-setup",
    "studio-setup",
    "preflight",
    "migration-check",
}
"""Pods with the platform's code that reach nothing but the web sites and datastores."""

METADATA = (
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
)
PRIVATE = ("10.0.0.1", "10.43.0.1", "172.16.3.4", "192.168.1.1", "100.64.1.1", "fd00::1")
PUBLIC = ("192.0.2.1", "9.255.255.255", "172.32.0.1", "2001:db8::1")


def _code(graph: Graph) -> set[str]:
    return {name for name, pod in pods(graph).items() if pod.labels[SOFTWARE] == "edx-platform"}


def _matrix(graph: Graph) -> dict[tuple[str, int], set[str]]:
    """Who connects to what, with all pods of the platform's code as one where they all may, or all but those
    that need datastores alone."""
    known, code = pods(graph), _code(graph)
    users = {name for name in code if name.replace("-green", "") not in HOMEBODIES}
    found = {}
    for server in known:
        for port in ports(graph, server):
            clients = {client for client in known if talks(graph, client, server, port)}
            whole = clients & code
            word = {CODE} if whole == code else {USERS} if whole == users else whole
            found[server, port] = clients - code | word
    return found


def test_everybody_reaches_what_is_needed_and_nothing_else(recorded: Record) -> None:
    graph = recorded()
    assert _matrix(graph) == MATRIX
    assert _code(graph) >= {"lms", "studio", "lms-worker-default", "lms-beat", "lms-migrate"}


def test_a_port_that_nobody_listens_on_is_closed(recorded: Record) -> None:
    graph = recorded()
    known = pods(graph)
    for server in known:
        listens = ports(graph, server)
        for port in {port for _, port in MATRIX} - listens:
            assert not any(talks(graph, client, server, port) for client in known), (server, port)


def test_the_controller_reaches_what_doors_lead_to(recorded: Record) -> None:
    graph = recorded()
    known = pods(graph)
    for server, pod in known.items():
        for port in {port for _, port in MATRIX}:
            assert enters(graph, TRAEFIK, pod, port) == (VISITED.get(server) == port), (server, port)
    for service in VISITED:
        assert visible(graph, service) == {service}


def test_with_a_page_on_visitors_reach_the_page_alone(recorded: Record) -> None:
    graph = recorded({**LEAST, "maintenance": {"page": True}})
    open_to = {
        name
        for name, pod in pods(graph).items()
        for port in (8000, 8002)
        if enters(graph, TRAEFIK, pod, port)
    }
    assert open_to == {"maintenance"}


@pytest.mark.parametrize(
    "stranger",
    [
        Pod({SOFTWARE: "mysql"}, "elsewhere"),
        Pod({SOFTWARE: "traefik"}, "elsewhere"),
        Pod({SOFTWARE: "edx-platform", "app.kubernetes.io/instance": "dev"}, "elsewhere"),
        Pod({SOFTWARE: "coredns"}, "kube-system"),
    ],
    ids=lambda pod: f"{pod.labels[SOFTWARE]} in {pod.namespace}",
)
def test_strangers_are_refused(recorded: Record, stranger: Pod) -> None:
    graph = recorded()
    for server, port in MATRIX:
        assert not enters(graph, stranger, pods(graph)[server], port), server


@pytest.mark.parametrize(
    ("cluster", "visitor"),
    [
        ({"ingress_controller": "nginx"}, Pod({SOFTWARE: "ingress-nginx"}, "ingress-nginx")),
        ({}, Pod({SOFTWARE: "traefik"}, "traefik")),
        ({"ingress_namespace": "edge"}, Pod({SOFTWARE: "traefik"}, "edge")),
        (
            {
                "ingress_controller": "nginx",
                "ingress_namespace": "ingress",
                "ingress_pods": {"name": "nginx-ingress-microk8s"},
            },
            Pod({"name": "nginx-ingress-microk8s"}, "ingress"),
        ),
    ],
    ids=lambda value: getattr(value, "namespace", None),
)
def test_the_controller_is_the_one_of_the_stack(
    recorded: Record, cluster: dict[str, Any], visitor: Pod
) -> None:
    graph = recorded({**LEAST, "cluster": cluster})
    lms = pods(graph)["lms"]
    assert enters(graph, visitor, lms, 8000)
    assert enters(graph, TRAEFIK, lms, 8000) == (visitor.namespace == "traefik")
    assert not enters(graph, Pod(visitor.labels, "elsewhere"), lms, 8000)


def test_a_controller_in_the_network_of_its_nodes_comes_by_their_addresses(recorded: Record) -> None:
    graph = recorded({**LEAST, "cluster": {"ingress_addresses": ["192.0.2.16/30"]}})
    for server, port in VISITED.items():
        assert comes(graph, "192.0.2.17", pods(graph)[server], port)
        assert not comes(graph, "192.0.2.20", pods(graph)[server], port)
    assert not comes(graph, "192.0.2.17", pods(graph)["mysql"], 3306)


@pytest.mark.parametrize(
    ("issuer", "admitted"),
    [
        ({"source": "http-01", "email": "office@example.org"}, True),
        ({"source": "cluster-issuer", "name": "letsencrypt"}, True),
        ({"source": "self-signed"}, False),
    ],
    ids=lambda value: str(value)[:28],
)
def test_an_authority_that_asks_for_proof_is_let_in(
    recorded: Record, issuer: dict[str, str], admitted: bool
) -> None:
    solver = Pod({"acme.cert-manager.io/http01-solver": "true"})
    site = {**LEAST["site"], "tls": {"source": "cert-manager", "issuer": issuer}}
    graph = recorded({"site": site})
    assert enters(graph, TRAEFIK, solver, 8089) == admitted
    assert not enters(graph, TRAEFIK, solver, 8000)
    assert not enters(graph, Pod({SOFTWARE: "edx-platform"}), solver, 8089)


def test_nobody_reaches_a_metadata_service(recorded: Record) -> None:
    graph = recorded()
    for client in pods(graph):
        for address in METADATA:
            assert not any(reaches(graph, client, address, port) for port in (25, 80, 443)), (client, address)


def test_the_web_is_for_those_who_need_it(recorded: Record) -> None:
    graph = recorded()
    out = {client for client in pods(graph) if reaches(graph, client, PUBLIC[0], 443)}
    assert out == _code(graph) - HOMEBODIES
    for client in out:
        for address in PUBLIC:
            opened = [port for port in (22, 25, 80, 443, 465, 3306) if reaches(graph, client, address, port)]
            assert opened == [80, 443], (client, address)
    assert {client for client in pods(graph) if reaches(graph, client, PUBLIC[0], 25)} == {"smtp"}


def test_nobody_reaches_the_network_of_the_cluster(recorded: Record) -> None:
    graph = recorded()
    for client in pods(graph):
        for address in PRIVATE:
            for port in (22, 25, 80, 443, 6443, 10250):
                assert not reaches(graph, client, address, port), (client, address, port)


def test_what_is_inside_is_opened_by_name(recorded: Record) -> None:
    graph = recorded(
        {**LEAST, "network": {"inside": ["10.20.0.0/16", "169.254.0.0/15"], "ports": [443, 8443]}}
    )
    assert reaches(graph, "lms", "10.20.3.4", 8443)
    assert not reaches(graph, "lms", "10.20.3.4", 80)
    assert not reaches(graph, "lms", "10.21.0.1", 443)
    assert not reaches(graph, "lms", "169.254.169.254", 443)
    assert not reaches(graph, "mfe", "10.20.3.4", 443)


WATCHED: dict[str, Any] = {
    **LEAST,
    "backups": {"destination": {"bucket": "campus-backups", "endpoint": "http://s3.example.org:9000"}},
    "monitoring": {
        "prometheus": True,
        "prometheus_namespace": "monitoring",
        "tracking": {"bucket": "campus-events", "server": {"endpoint": "http://events.example.org:9001"}},
    },
}
KEEPERS = {"backup", "backup-before", "backup-restore"}
"""Pods of backups that read datastores. The others look at the bucket alone."""


def test_backups_and_exporters_reach_what_they_read(recorded: Record) -> None:
    graph = recorded(WATCHED)
    found = _matrix(graph)
    exporters = {"mysqld-exporter", "broker-exporter", "cache-exporter"}
    assert {
        pair: clients for pair, clients in found.items() if pair[0] in {server for server, _ in MATRIX}
    } == {
        **MATRIX,
        ("mysql", 3306): MATRIX["mysql", 3306] | KEEPERS | {"mysqld-exporter"},
        ("mongodb", 27017): MATRIX["mongodb", 27017] | KEEPERS,
        # Both are one software to network policies; passwords tell them apart.
        ("broker", 6379): {CODE, "broker-exporter", "cache-exporter"},
        ("cache", 6379): {CODE, "broker-exporter", "cache-exporter"},
    }
    others = {
        pair: clients for pair, clients in found.items() if pair[0] not in {server for server, _ in MATRIX}
    }
    assert {name for name, _ in others} == exporters | {"drill"}
    assert not any(others.values())
    prometheus = {SOFTWARE: "prometheus"}
    for name, port in others:
        pod = pods(graph)[name]
        assert enters(graph, Pod(prometheus, "monitoring"), pod, port) == (name in exporters), name
        assert not enters(graph, Pod(prometheus, "elsewhere"), pod, port)


def test_backups_and_events_reach_their_buckets(recorded: Record) -> None:
    graph = recorded(WATCHED)
    bucket = {name for name in pods(graph) if reaches(graph, name, "10.9.0.5", 9000)}
    assert {name.split("-")[0] for name in bucket} == {"backup", "drill"} and bucket > KEEPERS
    assert {name for name in pods(graph) if reaches(graph, name, "10.9.0.5", 9001)} == _code(
        graph
    ) - HOMEBODIES


COLOURS: dict[str, Any] = {
    **LEAST,
    "release": "ulmo",
    "blue_green": {"live": "green", "green": {"release": "verawood"}},
    "migrations": {"beside": ["ulmo"]},
}


def test_a_second_version_is_as_closed_as_the_first(recorded: Record) -> None:
    graph = recorded(COLOURS)
    both = {
        (f"{name}-green", port): MATRIX[name, port]
        for name, port in MATRIX
        if name in ("lms", "studio", "mfe")
    }
    for site in (("lms", 8000), ("lms-green", 8000)):
        both[site] = {USERS, "mfe", "mfe-green"}
    assert _matrix(graph) == {**MATRIX, **both}
    out = {client for client in pods(graph) if reaches(graph, client, PUBLIC[0], 443)}
    assert not [name for name in out if any(word in name for word in ("beat", "migra", "setup"))]
    assert {"lms-green", "studio-green-worker-default"} < out
    for name, port in both:
        assert enters(graph, TRAEFIK, pods(graph)[name], port), name


EXTERNAL: dict[str, Any] = {
    **LEAST,
    "datastores": {
        "mysql": {"source": "external", "host": "db.example.org", "port": 3307, "provisioned": True},
        "search": {"source": "in-cluster"},
    },
}


@pytest.mark.parametrize(
    ("network", "near", "far"), [({}, True, True), ({"datastores": ["10.9.0.0/24"]}, True, False)]
)
def test_servers_outside_are_reached_on_their_own_ports(
    recorded: Record, network: dict[str, Any], near: bool, far: bool
) -> None:
    graph = recorded({**EXTERNAL, "network": network})
    for client in _code(graph):
        assert reaches(graph, client, "10.9.0.5", 3307) == near
        assert reaches(graph, client, "192.0.2.1", 3307) == far
        assert not reaches(graph, client, "10.9.0.5", 3306)
        assert not reaches(graph, client, "169.254.169.254", 3307)
    assert not reaches(graph, "mfe", "10.9.0.5", 3307)


@pytest.mark.parametrize(
    ("host", "network", "reached", "closed"),
    [
        ("smtp.example.org", {}, ["192.0.2.1"], ["10.9.0.5", "10.20.0.5"]),
        ("smtp.example.org", {"inside": ["10.20.0.0/16"]}, ["192.0.2.1", "10.20.0.5"], ["10.9.0.5"]),
        ("smtp.example.org", {"datastores": ["10.9.0.0/16"]}, ["10.9.0.5"], ["192.0.2.1", "10.20.0.5"]),
        ("10.9.0.5", {}, ["10.9.0.5"], ["192.0.2.1", "10.9.0.6"]),
        ("10.9.0.5", {"datastores": ["10.20.0.0/16"]}, ["10.9.0.5", "10.20.0.5"], ["192.0.2.1"]),
        ("relay.mail.svc", {}, ["10.9.0.5"], ["192.0.2.1"]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_mail_server_is_reached_by_senders_where_it_may_be(
    recorded: Record, host: str, network: dict[str, Any], reached: list[str], closed: list[str]
) -> None:
    delivery = {"source": "smtp", "host": host, "port": 465, "security": "tls"}
    graph = recorded({**LEAST, "mail": {"delivery": delivery}, "network": network})
    senders = _code(graph) - HOMEBODIES | {"preflight"}
    for address in reached:
        assert {name for name in pods(graph) if reaches(graph, name, address, 465)} == senders
    for address in [*closed, "169.254.169.254"]:
        assert not any(reaches(graph, name, address, 465) for name in pods(graph)), address
    assert not reaches(recorded(), "lms-worker-default", "192.0.2.1", 465)


def _external(host: str) -> dict[str, Any]:
    """A stack all of whose servers are outside, at names of one domain."""
    buckets = {name: f"campus-{name}" for name in ("public", "private", "grades", "ora", "exports")}
    endpoint = f"http://{host}:9000"
    return {
        **LEAST,
        "datastores": {
            "mysql": {"source": "external", "host": host, "provisioned": True},
            "mongodb": {"source": "external", "members": [{"host": host}], "provisioned": True},
            "broker": {"source": "external", "host": host},
            "cache": {"source": "external", "sentinels": [{"host": host}], "master": "mymaster"},
            "search": {"source": "external", "engine": "elasticsearch", "url": f"http://{host}:9200"},
            "storage": {"source": "external", "endpoint": endpoint, "buckets": buckets},
        },
        "release": "ulmo",
        "mail": {"delivery": {"source": "smtp", "host": host, "port": 2525}},
        "backups": {"destination": {"bucket": "campus-backups", "endpoint": f"http://{host}:9001"}},
        "monitoring": {
            "prometheus": True,
            "tracking": {"bucket": "campus-events", "server": {"endpoint": f"http://{host}:9002"}},
        },
    }


SERVED = {3306, 27017, 6379, 26379, 9200, 9000, 9001, 9002, 2525}
"""Ports of those servers."""


@pytest.mark.parametrize("host", ["one.databases.svc", "one.databases.svc.cluster.local"])
def test_servers_in_another_namespace_are_pods_to_every_network(recorded: Record, host: str) -> None:
    """Cilium takes networks for addresses outside of the cluster alone: cilium#9209."""
    graph = recorded(_external(host))
    server, neighbour = Pod({"app": "one"}, "databases"), Pod({"app": "one"}, "others")
    for port in SERVED:
        clients = {name for name, pod in pods(graph).items() if leaves(graph, pod, server, port)}
        assert clients and clients == {
            name for name in pods(graph) if reaches(graph, name, "10.9.0.5", port)
        }, port
        assert not any(leaves(graph, pod, neighbour, port) for pod in pods(graph).values()), port


def test_a_server_at_an_address_is_reached_there_alone(recorded: Record) -> None:
    graph = recorded(_external("10.9.0.5"))
    for port in SERVED - {26379, 6379}:
        assert any(reaches(graph, name, "10.9.0.5", port) for name in pods(graph)), port
        assert not any(reaches(graph, name, "10.9.0.6", port) for name in pods(graph)), port
    # Sentinels tell of further servers, whose addresses nobody knows before.
    assert reaches(graph, "lms", "10.9.0.6", 26379)


def test_backups_at_a_cloud_reach_no_private_network(recorded: Record) -> None:
    graph = recorded({**LEAST, "backups": {"destination": {"bucket": "campus-backups"}}})
    for name in (name for name in pods(graph) if name.startswith(("backup", "drill"))):
        assert reaches(graph, name, "192.0.2.1", 443)
        assert not any(reaches(graph, name, address, 443) for address in PRIVATE), name


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("s3.eu-west-1.amazonaws.com", False),
        ("s3.cn-north-1.amazonaws.com.cn", False),
        ("bucket.vpce-1-a.s3.eu-west-1.vpce.amazonaws.com", True),
        ("campus.abc.eu-west-1.rds.amazonaws.com", True),
        ("s3.example.org", True),
    ],
)
def test_only_public_services_are_taken_for_public(host: str, private: bool) -> None:
    stack = load("dev", LEAST)
    assert isinstance(stack, Stack)
    blocks = of_url(stack, f"https://{host}").blocks
    assert ("10.0.0.0/8" in blocks["0.0.0.0/0"]) != private


def test_pods_of_a_namespace_inside_are_reached_by_its_name(recorded: Record) -> None:
    graph = recorded({**LEAST, "network": {"inside_namespaces": ["lti"], "ports": [80, 8080]}})
    tool = Pod({"app": "tool"}, "lti")
    out = {name for name, pod in pods(graph).items() if leaves(graph, pod, tool, 8080)}
    assert out == _code(graph) - HOMEBODIES
    assert not leaves(graph, pods(graph)["lms"], tool, 443)
    assert not leaves(graph, pods(graph)["lms"], Pod({"app": "tool"}, "others"), 8080)


def test_only_what_the_stack_file_leaves_open_is_open_with_a_reason(recorded: Record) -> None:
    """A policy that opens more than the rules allow names the key by which it is narrowed."""
    graph = recorded(_external("db.example.org"))
    reasons = {
        policy.name: graph.object(policy)["metadata"]["annotations"]["openedx-infra/exception"]
        for policy in of_kind(graph, "NetworkPolicy")
        if graph.object(policy)["metadata"].get("annotations")
    }
    keys = {"openedx:network.datastores", "openedx:monitoring.prometheus_namespace"}
    assert reasons and all(any(key in why for key in keys) for why in reasons.values())
    assert "internet-from-edx-platform" not in reasons and "mail-from-edx-platform" not in reasons
    closed = {**_external("db.example.org"), "network": {"datastores": ["10.9.0.0/24"]}}
    closed["monitoring"] = {**closed["monitoring"], "prometheus_namespace": "monitoring"}
    graph = recorded(closed)
    for policy in of_kind(graph, "NetworkPolicy"):
        assert not graph.object(policy)["metadata"].get("annotations"), policy.name
    assert find(graph, "NetworkPolicy", "mail-from-edx-platform")


def test_names_are_asked_of_name_servers_alone(recorded: Record, graph: Graph) -> None:
    for policy in _in_each_namespace(graph, "allow-dns"):
        assert policy["podSelector"] == {}
        for rule in policy["egress"]:
            assert rule["ports"] == [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
        assert policy["egress"][0]["to"][0]["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}
    said = recorded({**LEAST, "network": {"name_servers": ["10.96.0.10"]}})
    assert reaches(said, "mysql", "10.96.0.10", 53, "UDP")
    assert not reaches(recorded(), "mysql", "10.96.0.10", 53, "UDP")


OPENSHIFT = {
    "namespace": "openshift-dns",
    "labels": {"dns.operator.openshift.io/daemonset-dns": "default"},
    "port": 5353,
}


def test_name_servers_are_where_the_cluster_has_them(recorded: Record) -> None:
    """OpenShift: other pods, and a port that is not their Service's."""
    graph = recorded({**LEAST, "network": {"dns": OPENSHIFT}})
    server = Pod({"dns.operator.openshift.io/daemonset-dns": "default"}, "openshift-dns")
    usual = Pod({"k8s-app": "kube-dns"}, "kube-system")
    for client in pods(graph).values():
        assert leaves(graph, client, server, 5353) and not leaves(graph, client, server, 53)
        assert not leaves(graph, client, usual, 53) and not leaves(graph, client, usual, 5353)


def test_cloud_dns_answers_where_credentials_are_and_gives_none(recorded: Record) -> None:
    """GKE: the name server of every pod is the address of the metadata service, on port 53."""
    said = {**LEAST, "network": {"name_servers": ["169.254.169.254"]}}
    graph = recorded(said)
    for client in pods(graph):
        assert reaches(graph, client, "169.254.169.254", 53, "UDP")
        assert not any(reaches(graph, client, "169.254.169.254", port) for port in (80, 443, 988))
    assert check(graph, load("dev", said)) == []


def test_silence_is_the_rule(graph: Graph) -> None:
    for policy in _in_each_namespace(graph, "deny-all"):
        assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def _in_each_namespace(graph: Graph, name: str) -> list[dict[str, Any]]:
    """What the policies of a name say, of which each namespace has one."""
    policies = [
        o for o in map(graph.object, of_kind(graph, "NetworkPolicy")) if o["metadata"]["name"] == name
    ]
    spaces = [o["metadata"]["name"] for o in map(graph.object, of_kind(graph, "Namespace"))]
    assert sorted(o["metadata"]["namespace"] for o in policies) == sorted(spaces)
    return [o["spec"] for o in policies]


def test_no_part_of_a_network_is_barred_beyond_it(graph: Graph) -> None:
    """The API server refuses an exception that is not within its network: told here before it is asked."""
    for resource in of_kind(graph, "NetworkPolicy"):
        for rule in graph.object(resource)["spec"].get("egress", []):
            for block in (peer["ipBlock"] for peer in rule["to"] if "ipBlock" in peer):
                whole: Any = ipaddress.ip_network(block["cidr"])
                assert all(ipaddress.ip_network(part).subnet_of(whole) for part in block.get("except", []))
