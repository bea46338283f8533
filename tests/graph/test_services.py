"""A companion service becomes pods, a volume, Jobs, a route and policies from its one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from flows import Pod, enters, pods, ports, reaches, talks, visible
from shape import Record, find, names_before, of_kind, template

import policies
from openedx_infra.config import load
from openedx_infra.config.services import registry
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.offline.recording import REDACTED, Graph, record

LEAST = {"site": {"lms_host": "learn.example.org"}}
ON = {**LEAST, "services": {"greeter": {}}}
TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")
ITS = {"greeter", "greeter-clock", "greeter-prepare", "greeter-tidy"}
"""Pods that run the service's own image: a program of somebody else's has none of its connections."""


@pytest.fixture
def with_services(monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str]) -> Callable[..., Graph]:
    """Graphs with a service that this program doesn't have. It is there while one is recorded."""

    def graph_of(said: Mapping[str, Any] = ON) -> Graph:
        with monkeypatch.context() as patch:
            services = {name: f"sample_services:{name.upper()}" for name in ("greeter", "gallery")}
            patch.setattr(registry, "BUILT_IN", services)
            stack = load("dev", said)
            values = {each.name: secrets.get(each.name, f"secret-{each.name}") for each in required(stack)}
            graph = record(stack, values)
            assert policies.check(graph, stack, values) == []
        return graph

    return graph_of


def _named(graph: Graph, *kinds: str) -> set[str]:
    return {resource.name for resource in of_kind(graph, *kinds)}


def test_services_change_nothing_but_what_is_theirs(
    with_services: Callable[..., Graph], recorded: Record
) -> None:
    before = {resource.urn: resource for resource in recorded().resources}
    after = {resource.urn: resource for resource in with_services().resources}
    assert set(before) <= set(after)
    changed = {urn for urn in before if before[urn].props != after[urn].props}
    # The platform gets its settings, and its policies the flows.
    assert {urn.rpartition("::")[2] for urn in changed} == {
        *("from-edx-platform", "to-mysql", "to-valkey", "to-lms", "to-studio"),
        *("lms-settings", "lms-secrets", "lms-job-settings", "lms-job-secrets"),
        *("studio-settings", "studio-job-settings"),
        # Its settings may add Django apps, as nobody here knows them.
        *("lms-migrate", "studio-migrate"),
        # Its OAuth client, its user and its flags.
        *("lms-setup-parameters", "lms-setup-secrets"),
    }
    added = {urn.rpartition("$")[2].rpartition("/")[2] for urn in set(after) - set(before)}
    assert added == {
        *("openedx:index:Companion::greeter", "v1:ConfigMap::greeter-config", "v1:Secret::greeter-secrets"),
        *("v1:ConfigMap::greeter-duties-config", "v1:Secret::greeter-duties-secrets"),
        *("v1:Deployment::greeter", "v1:PodDisruptionBudget::greeter", "v1:Service::greeter"),
        *("v1:Ingress::greeter", "v1:NetworkPolicy::visitors-to-greeter", "v1:NetworkPolicy::to-greeter"),
        *("v1:StatefulSet::greeter-archive", "v1:PersistentVolumeClaim::greeter-archive"),
        *("v1:Service::greeter-archive", "v1:NetworkPolicy::to-greeter-archive"),
        *("v1:Deployment::greeter-clock", "v1:Job::greeter-prepare", "v1:CronJob::greeter-tidy"),
        *("v1:Job::greeter-mysql-provision", "v1:ConfigMap::greeter-mysql-provision-script"),
        *("v1:Job::greeter-2-mysql-provision", "v1:ConfigMap::greeter-2-mysql-provision-script"),
        *("v1:Secret::greeter-mysql-provision-secrets", "v1:Secret::greeter-2-mysql-provision-secrets"),
        *("v1:NetworkPolicy::from-greeter", "v1:NetworkPolicy::internet-from-greeter"),
        *("v1:NetworkPolicy::server-1-from-greeter", "v1:CronJob::duty-programs"),
    }


def test_of_a_service_that_is_off_its_volume_is_there_alone(
    with_services: Callable[..., Graph], recorded: Record
) -> None:
    off = with_services({**LEAST, "services": {"greeter": {"enabled": False}}})
    before = {r.urn: r.props for r in recorded().resources}
    after = {r.urn: r.props for r in off.resources}
    assert {urn: after[urn] for urn in before} == before
    kept = set(after) - set(before)
    assert {urn.rpartition("::")[2] for urn in kept} == {"greeter", "greeter-archive"}
    assert kept <= {r.urn for r in with_services().resources}


def test_a_paused_platform_has_no_pods_of_services(with_services: Callable[..., Graph]) -> None:
    graph = with_services({**ON, "maintenance": {"page": True, "pause": True}})
    assert graph.object(find(graph, "Deployment", "greeter"))["spec"]["replicas"] == 0
    assert graph.object(find(graph, "CronJob", "greeter-tidy"))["spec"]["suspend"] is True


def test_pods_of_services_are_as_all_pods_are(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    for kind, name in (
        ("Deployment", "greeter"),
        ("StatefulSet", "greeter-archive"),
        ("Deployment", "greeter-clock"),
        ("Job", "greeter-prepare"),
        ("CronJob", "greeter-tidy"),
    ):
        spec = template(graph, find(graph, kind, name))["spec"]
        [container] = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] == 10_001
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        # A program of somebody else's gets nothing of the service's.
        own = {"/data", "/var/archive"} if name == "greeter-archive" else {"/etc/greeter", "/tmp"}
        assert mounted == own
    greeter = template(graph, find(graph, "Deployment", "greeter"))["spec"]
    [container] = greeter["containers"]
    assert container["resources"]["limits"]["memory"] == "128Mi"
    assert container["image"] == "docker.io/example/greeter:1.2"
    probe = container["readinessProbe"]["httpGet"]
    assert (probe["path"], probe["httpHeaders"]) == ("/health", [{"name": "Host", "value": "greeter"}])
    # A port that takes connections is enough to be left alive: nothing of another server restarts it.
    assert container["livenessProbe"]["tcpSocket"] == {"port": 8080}
    # Visitors are served while proxies learn that a pod leaves.
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 15}}
    assert greeter["terminationGracePeriodSeconds"] == 45
    clock = find(graph, "Deployment", "greeter-clock")
    assert graph.object(clock)["spec"]["strategy"] == {"type": "Recreate"}
    assert template(graph, clock)["spec"]["containers"][0]["livenessProbe"]["exec"] == {"command": ["ticked"]}
    assert "greeter-clock" not in _named(graph, "Service")


def test_images_of_services_come_from_the_mirror_too(with_services: Callable[..., Graph]) -> None:
    graph = with_services({**ON, "images": {"mirrors": {"docker.io": "mirror.example.org/hub"}}})
    spec = template(graph, find(graph, "Deployment", "greeter"))["spec"]
    assert spec["containers"][0]["image"] == "mirror.example.org/hub/example/greeter:1.2"


def test_an_image_of_the_stack_file_replaces_the_service_s(with_services: Callable[..., Graph]) -> None:
    graph = with_services({**LEAST, "services": {"greeter": {"image": "registry.example.org/mine:3"}}})
    for kind, name in (("Deployment", "greeter"), ("Job", "greeter-prepare"), ("CronJob", "greeter-tidy")):
        [container] = template(graph, find(graph, kind, name))["spec"]["containers"]
        assert container["image"] == "registry.example.org/mine:3"
    [archive] = template(graph, find(graph, "StatefulSet", "greeter-archive"))["spec"]["containers"]
    assert archive["image"] == "registry.example.org/archive:1"


def test_an_image_of_a_program_of_somebody_else_s_comes_from_the_mirror_too(
    with_services: Callable[..., Graph],
) -> None:
    graph = with_services({**ON, "images": {"mirrors": {"registry.example.org": "mirror.example.org/hub"}}})
    [archive] = template(graph, find(graph, "StatefulSet", "greeter-archive"))["spec"]["containers"]
    assert archive["image"] == "mirror.example.org/hub/archive:1"
    assert archive["env"] == [{"name": "KEPT", "value": "yes"}]


def test_a_service_turns_a_duty_of_the_platform_on_unless_the_stack_file_turns_it_off(
    with_services: Callable[..., Graph],
) -> None:
    assert "duty-programs" in _named(with_services(), "CronJob")
    off = with_services({**ON, "duties": {"programs": {"enabled": False}}})
    assert "duty-programs" not in _named(off, "CronJob")
    assert "duty-programs" not in _named(with_services(LEAST), "CronJob")


def test_a_service_that_checks_tokens_gets_the_keys_for_it_and_not_the_private_one(
    with_services: Callable[..., Graph],
) -> None:
    graph = with_services()
    secret = graph.object(find(graph, "Secret", "greeter-secrets"), reveal_secrets=True)
    _, _, text = secret["stringData"]["etc-greeter-login"].partition("\n")
    found, lms = yaml.safe_load(text), _lms_secrets(graph)["JWT_AUTH"]
    assert found["JWT_PUBLIC_SIGNING_JWK_SET"] == lms["JWT_PUBLIC_SIGNING_JWK_SET"]
    assert found["JWT_ISSUERS"] == lms["JWT_ISSUERS"]
    assert "JWT_PRIVATE_SIGNING_JWK" in lms and "JWT_PRIVATE_SIGNING_JWK" not in found


def test_order_is_in_the_graph(with_services: Callable[..., Graph]) -> None:
    """The platform's set-up; databases and the server of its own; Jobs; pods that use them; the way in."""
    graph = with_services()
    databases = {"Job greeter-mysql-provision", "Job greeter-2-mysql-provision"}
    for job in databases:
        kind, _, name = job.partition(" ")
        assert {"Job studio-setup", "Job mysql-provision"} <= names_before(graph, find(graph, kind, name))
    prepare = names_before(graph, find(graph, "Job", "greeter-prepare"))
    assert databases | {"StatefulSet greeter-archive"} <= prepare
    for kind, name in (
        ("Deployment", "greeter"),
        ("Deployment", "greeter-clock"),
        ("CronJob", "greeter-tidy"),
    ):
        assert "Job greeter-prepare" in names_before(graph, find(graph, kind, name))
    assert "Job greeter-prepare" not in names_before(graph, find(graph, "Deployment", "lms"))
    assert "Deployment greeter" in names_before(graph, find(graph, "Ingress", "greeter"))


def test_a_job_runs_again_when_what_it_names_changes(with_services: Callable[..., Graph]) -> None:
    def annotations(words: str) -> dict[str, str]:
        graph = with_services({**LEAST, "services": {"greeter": {"words": words}}})
        found: dict[str, str] = template(graph, find(graph, "Job", "greeter-prepare"))["metadata"][
            "annotations"
        ]
        return found

    assert annotations("good day") == {"openedx.org/words": "good day"}


def test_data_and_passwords_of_services_are_kept(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    claim = find(graph, "PersistentVolumeClaim", "greeter-archive")
    assert claim.protect and claim.retain_on_delete
    assert graph.object(claim)["spec"]["resources"]["requests"]["storage"] == "3Gi"
    secret = find(graph, "Secret", "greeter-secrets")
    assert graph.object(secret)["stringData"] == {"etc-greeter-login": REDACTED}
    assert graph.object(secret)["immutable"]
    [login] = graph.object(secret, reveal_secrets=True)["stringData"].values()
    assert login.startswith("greeter:secret-greeter_mysql_password@mysql redis://:")
    assert graph.object(find(graph, "ConfigMap", "greeter-config"))["data"] == {"etc-greeter-words": "hello"}
    [container] = template(graph, find(graph, "Deployment", "greeter"))["spec"]["containers"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/etc/greeter", "/tmp"]


def _lms_secrets(graph: Graph) -> dict[str, Any]:
    secret = graph.object(find(graph, "Secret", "lms-secrets"), reveal_secrets=True)
    found: dict[str, Any] = yaml.safe_load(secret["stringData"]["lms.yml"])
    return found


def test_secrets_of_services_stand_nowhere_else(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    holders = {
        f"{held['kind']} {resource.name}"
        for resource in graph.resources
        if resource.is_object
        for held in [graph.object(resource, reveal_secrets=True)]
        if "secret-greeter_" in str(held)
    }
    assert holders == {
        *("Secret greeter-secrets", "Secret greeter-duties-secrets", "Secret lms-secrets"),
        *("Secret greeter-mysql-provision-secrets", "Secret greeter-2-mysql-provision-secrets"),
        *("Secret lms-job-secrets", "Secret lms-setup-secrets"),
    }


def test_the_platform_gets_the_settings_of_services(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    lms = yaml.safe_load(graph.object(find(graph, "ConfigMap", "lms-settings"))["data"]["lms.yml"])
    studio = yaml.safe_load(graph.object(find(graph, "ConfigMap", "studio-settings"))["data"]["cms.yml"])
    assert lms["GREETER_URL"] == studio["GREETER_URL"] == "http://greeter:8080"
    assert "https://greeter/logout" in lms["IDA_LOGOUT_URI_LIST"] and len(lms["IDA_LOGOUT_URI_LIST"]) > 1
    assert lms["GREETER_PASSWORD"] == {"secret": "greeter_mysql_password"}
    assert (studio["GREETER_WORDS"], lms["MFE_CONFIG"]["GREETER_WORDS"]) == ("hello", "hello")
    secret = graph.object(find(graph, "Secret", "lms-secrets"), reveal_secrets=True)
    referenced = yaml.safe_load(secret["stringData"]["lms.yml"])["OPENEDX_INFRA_REFERENCED"]
    assert referenced == {"greeter_mysql_password": "secret-greeter_mysql_password"}


def test_flows_are_open_for_those_whom_a_service_names(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    known = pods(graph)
    code = {name for name, pod in known.items() if pod.labels["app.kubernetes.io/name"] == "edx-platform"}
    assert {client for client in known if talks(graph, client, "greeter", 8080)} == code
    assert {client for client in known if talks(graph, client, "greeter-archive", 9000)} == ITS
    assert {client for client in known if talks(graph, client, "mysql", 3306)} >= ITS
    assert not talks(graph, "greeter-archive", "mysql", 3306)
    assert talks(graph, "greeter-mysql-provision", "mysql", 3306)
    assert talks(graph, "greeter", "cache", 6379) and not talks(graph, "greeter", "mongodb", 27017)
    assert talks(graph, "greeter-clock", "lms", 8000)
    assert enters(graph, TRAEFIK, known["greeter"], 8080)
    assert not enters(graph, TRAEFIK, known["greeter-archive"], 9000)
    assert {name for name in known if reaches(graph, name, "192.0.2.1", 8443)} == ITS
    assert {name for name in known if reaches(graph, name, "192.0.2.1", 8444)} == ITS
    assert not reaches(graph, "greeter", "10.0.0.1", 8443)
    assert not reaches(graph, "greeter", "192.0.2.1", 443)


def test_a_service_reaches_the_main_program_of_one_that_it_asks(
    with_services: Callable[..., Graph],
) -> None:
    both = with_services({**LEAST, "services": {"greeter": {}, "gallery": {}}})
    assert talks(both, "gallery", "greeter", 8080)
    assert not talks(both, "gallery", "greeter-archive", 9000)
    assert not talks(both, "greeter", "gallery", ports(both, "gallery").pop())


def test_visitors_reach_a_service_by_its_host(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    [rule] = graph.object(find(graph, "Ingress", "greeter"))["spec"]["rules"]
    assert rule["host"] == "greeter.learn.example.org"
    assert [path["path"] for path in rule["http"]["paths"]] == ["/hello"]
    assert visible(graph, "greeter") == {"greeter"}
