"""Every pod has what a pod must have: rights, limits, probes, labels, and how it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from settings_case import stack
from shape import ENDING, Record, containers, find, label, matches, of_kind, templates

from openedx_infra.config import load
from openedx_infra.operations.offline.recording import Graph, Registered
from openedx_infra.settings import module_files
from openedx_infra.settings.paths import LEAVING
from policies import check

LEAST = {"site": {"lms_host": "learn.example.org"}}


def test_no_pod_may_more_than_restricted_allows(graph: Graph) -> None:
    """What admission would refuse; the engine tests ask admission itself."""
    for resource, template in templates(graph):
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False, label(resource)
        assert pod["enableServiceLinks"] is False
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True
        assert min(security["runAsUser"], security["runAsGroup"], security["fsGroup"]) > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for resource, container in containers(graph):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, label(resource)
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"]["drop"] == ["ALL"]
        assert set(security["capabilities"].get("add", [])) <= {"NET_BIND_SERVICE"}


def test_every_container_is_limited(graph: Graph) -> None:
    for resource, container in containers(graph):
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert {"cpu", "memory", "ephemeral-storage"} <= set(requests), label(resource)
        assert {"memory", "ephemeral-storage"} <= set(limits), label(resource)


def test_scratch_folders_fit_into_the_disk_limit(graph: Graph) -> None:
    """Else a pod would be evicted for its disk before its own folder is full."""
    units = {"Mi": 1, "Gi": 1024}

    def mebibytes(size: str) -> int:
        return int(size[:-2]) * units[size[-2:]]

    def limit(container: dict[str, Any]) -> int:
        return mebibytes(container["resources"]["limits"]["ephemeral-storage"])

    for resource, template in templates(graph):
        pod = template["spec"]
        sizes = [v["emptyDir"]["sizeLimit"] for v in pod["volumes"] if "emptyDir" in v]
        # The limit of a pod, as kubelet reckons it: of what runs at the same time, where that is the most.
        sidecars, most = 0, 0
        for container in pod.get("initContainers", []):
            sidecars += limit(container) if _stays(container) else 0
            most = max(most, sidecars if _stays(container) else sidecars + limit(container))
        most = max(most, sidecars + sum(map(limit, pod["containers"])))
        assert sum(map(mebibytes, sizes)) <= most, label(resource)


def _stays(container: dict[str, Any]) -> bool:
    """Whether an init container is a sidecar, which runs as long as its pod."""
    return container.get("restartPolicy") == "Always"


def test_every_server_is_probed(graph: Graph) -> None:
    """What listens has three probes; a worker says when it has started, and that it doesn't hang; a consumer
    of events and an extra container without a port say the latter; what ends by itself has none, nor has a
    sidecar that listens to nobody."""
    for resource, template in templates(graph):
        pod = template["spec"]
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            found = {kind.removesuffix("Probe") for kind in container if kind.endswith("Probe")}
            main = container in pod["containers"]
            wanted: set[str] = set()
            if container.get("ports"):
                wanted = {"startup", "readiness", "liveness"}
            elif main and resource.kind not in ENDING:
                only_alive = "-consumer-" in resource.name or resource.name.startswith("extra-")
                wanted = {"liveness"} if only_alive else {"startup", "liveness"}
            assert found == wanted, f"{label(resource)}: {container['name']}"
            assert not (container.get("ports") and _ends(resource, pod, container)), label(resource)


def _ends(resource: Registered, pod: dict[str, Any], container: dict[str, Any]) -> bool:
    return resource.kind in ENDING if container in pod["containers"] else not _stays(container)


def test_an_outage_of_a_database_restarts_nobody(graph: Graph) -> None:
    for name in ("lms", "studio"):
        [container] = graph.object(find(graph, "Deployment", name))["spec"]["template"]["spec"]["containers"]
        assert container["readinessProbe"]["httpGet"]["path"] == "/heartbeat"
        assert set(container["livenessProbe"]) & {"httpGet", "tcpSocket", "exec"} == {"tcpSocket"}


def test_probes_say_a_host_that_the_platform_allows(graph: Graph) -> None:
    """A probe with the pod's address as Host would be answered by 400, and no pod ever be ready."""
    config = graph.outputs["config"]["site"]
    for name, host in (("lms", config["lms_host"]), ("studio", config["studio_host"])):
        [container] = graph.object(find(graph, "Deployment", name))["spec"]["template"]["spec"]["containers"]
        for probe in ("startupProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["httpHeaders"] == [{"name": "Host", "value": host}]


def test_web_pods_drain_before_they_leave(graph: Graph) -> None:
    for name in ("lms", "studio", "mfe"):
        deployment = graph.object(find(graph, "Deployment", name))["spec"]
        pod = deployment["template"]["spec"]
        [container] = pod["containers"]
        assert 10 <= drain(container) < pod["terminationGracePeriodSeconds"]
        assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_a_web_pod_is_not_ready_any_more_before_it_ends(graph: Graph) -> None:
    """Traefik sends who has a cookie to a pod that ends, for as long as it is ready."""
    for name in ("lms", "studio"):
        deployment = graph.object(find(graph, "Deployment", name))["spec"]
        [container] = deployment["template"]["spec"]["containers"]
        assert container["lifecycle"]["preStop"]["exec"]["command"][2].startswith(f"touch {LEAVING};")
        assert (
            f'FILE = "{LEAVING}"\n' in module_files("lms" if name == "lms" else "cms", stack())["leaving.py"]
        )
        probe = container["readinessProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] + 3 <= drain(container)


def drain(container: dict[str, Any]) -> int:
    """Seconds that a container serves after its pod left its Service."""
    said = container["lifecycle"]["preStop"]
    return int(said["sleep"]["seconds"] if "sleep" in said else said["exec"]["command"][2].split()[-1])


def test_no_selector_takes_a_pod_of_a_job(graph: Graph) -> None:
    """A Job's pod behind a Service would get requests; in a budget it would keep nodes from being drained."""
    jobs = {label(r): t["metadata"]["labels"] for r, t in templates(graph) if r.kind in ENDING}
    assert jobs
    for name, selector in _selectors(graph).items():
        assert [job for job, labels in jobs.items() if matches(selector, labels)] == [], name


def test_every_selector_takes_the_pods_of_one_workload(graph: Graph) -> None:
    pods = {label(r): t["metadata"]["labels"] for r, t in templates(graph) if r.kind not in ENDING}
    for name, selector in _selectors(graph).items():
        taken = [workload for workload, labels in pods.items() if matches(selector, labels)]
        assert [workload.split()[1] for workload in taken] == [name.split()[1]], name


def _selectors(graph: Graph) -> dict[str, dict[str, Any]]:
    found = {
        label(r): {"matchLabels": graph.object(r)["spec"]["selector"]} for r in of_kind(graph, "Service")
    }
    for resource in of_kind(graph, "PodDisruptionBudget", "Deployment", "StatefulSet"):
        found[label(resource)] = graph.object(resource)["spec"]["selector"]
    return found


def test_services_point_to_ports_that_are_open(graph: Graph) -> None:
    workloads = {r.name: r for r in of_kind(graph, "Deployment", "StatefulSet")}
    for resource in of_kind(graph, "Service"):
        [port] = graph.object(resource)["spec"]["ports"]
        [container] = graph.object(workloads[resource.name])["spec"]["template"]["spec"]["containers"]
        assert {"containerPort": port["targetPort"]} in container["ports"], label(resource)


def test_budgets_are_for_many(recorded: Record, everything: dict[str, Any]) -> None:
    assert of_kind(recorded(), "PodDisruptionBudget") == []
    graph = recorded(everything)
    most = {r.name: graph.object(r)["spec"].get("replicas", 0) for r in of_kind(graph, "Deployment")}
    most |= {r.name: graph.object(r)["spec"]["maxReplicaCount"] for r in of_kind(graph, "ScaledObject")}
    many = {name for name, number in most.items() if number > 1}
    assert (
        {r.name for r in of_kind(graph, "PodDisruptionBudget")}
        == many
        == {"lms", "studio", "lms-worker-all", "studio-worker-all", "mfe", "static", "extra-grader"}
    )


def test_workers_serve_every_queue_once_each_site(graph: Graph) -> None:
    served: dict[str, list[str]] = {"lms": [], "cms": []}
    for resource in of_kind(graph, "Deployment"):
        command = _command(graph, resource.name)
        if "worker" in command:
            options = dict(word.lstrip("-").split("=", 1) for word in command if "=" in word)
            site = options["app"].removesuffix(".celery")
            assert int(options["concurrency"]) >= 1
            assert options["prefetch-multiplier"] == "1"
            served[site] += options["queues"].split(",")
    assert sorted(served["lms"]) == [f"edx.lms.core.{queue}" for queue in ("default", "high", "high_mem")]
    assert sorted(served["cms"]) == [f"edx.cms.core.{queue}" for queue in ("default", "high", "low")]


def test_celery_gets_its_signals(graph: Graph) -> None:
    """It is process 1 of its container: behind a shell it would never hear SIGTERM, and lose its tasks."""
    for name in (r.name for r in of_kind(graph, "Deployment")):
        if "-worker-" in name or name == "lms-beat":
            assert _command(graph, name)[0] == "celery"


def test_there_is_never_a_second_beat(graph: Graph) -> None:
    spec = graph.object(find(graph, "Deployment", "lms-beat"))["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def _command(graph: Graph, name: str) -> list[str]:
    [container] = graph.object(find(graph, "Deployment", name))["spec"]["template"]["spec"]["containers"]
    return list(container.get("command", []))


def test_jobs_end_and_say_so(graph: Graph) -> None:
    for resource in of_kind(graph, "Job"):
        job = graph.object(resource)
        assert job["metadata"]["annotations"]["pulumi.com/replaceUnready"] == "true"
        assert "ttlSecondsAfterFinished" not in job["spec"]
        assert job["spec"]["backoffLimit"] <= 2
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
        [container] = job["spec"]["template"]["spec"]["containers"]
        folder, _, script = _started(container).rpartition("/")
        assert f"{folder}/".startswith("/openedx/scripts/"), label(resource)
        assert script in _files(graph, job["spec"]["template"]["spec"], container, folder), label(resource)


def _started(container: dict[str, Any]) -> str:
    """The file that a Job's container begins with."""
    command = container["command"]
    if "-m" in command:
        return f"{container['workingDir']}/{command[command.index('-m') + 1]}/__main__.py"
    [script] = [word for word in command if word.startswith("/openedx/scripts/")]
    return str(script)


def _files(graph: Graph, pod: dict[str, Any], container: dict[str, Any], folder: str) -> set[str]:
    """What a container sees in a folder that shows ConfigMaps."""
    [volume] = [mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == folder]
    [projected] = [each["projected"]["sources"] for each in pod["volumes"] if each["name"] == volume]
    kept = {o["metadata"]["name"]: o["data"] for o in map(graph.object, of_kind(graph, "ConfigMap"))}
    return {file for source in projected for file in kept[source["configMap"]["name"]]}


def test_what_has_no_data_and_may_run_twice_leaves_a_lost_node_soon(graph: Graph) -> None:
    """Jobs, servers of data and beat stay: a second one beside the first would do harm."""
    for resource, template in templates(graph):
        found = template["spec"].get("tolerations", [])
        strategy = graph.object(resource)["spec"].get("strategy", {}).get("type")
        moves = strategy == "RollingUpdate"
        assert {each["tolerationSeconds"] for each in found} == ({60} if moves else set()), label(resource)
        assert len(found) == (2 if moves else 0)


NUMBERS = ("runAsUser", "runAsGroup", "fsGroup")


def _numbers(value: Any) -> Iterator[tuple[str, Any]]:
    """Users and groups that an object names, at any depth, as custom resources have them, too."""
    if isinstance(value, dict):
        yield from ((key, inner) for key, inner in value.items() if key in NUMBERS)
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)


@pytest.mark.parametrize("source", ["in-cluster", "operator"])
def test_pods_name_no_user_where_the_cluster_assigns_them(recorded: Record, source: str) -> None:
    """OpenShift refuses numbers outside of the namespace's range, and root all the same."""
    datastores = {name: {"source": source} for name in ("mysql", "mongodb", "broker", "cache")}
    said: dict[str, Any] = {
        "site": {"lms_host": "learn.example.org"},
        "datastores": {**datastores, "storage": {"source": "in-cluster"}},
        "backups": {"destination": {"bucket": "campus-backups"}},
        "monitoring": {"prometheus": True},
    }
    assigned = {**said, "cluster": {"users": "assigned"}}
    fixed, graph = recorded(said), recorded(assigned)
    assert any(list(_numbers(each)) for each in fixed.objects())
    for each in graph.objects():
        assert list(_numbers(each)) == [], each["metadata"]
    for workload, pod in templates(graph):
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, workload.name
    assert check(graph, load("dev", assigned)) == []
