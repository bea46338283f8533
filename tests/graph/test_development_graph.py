"""A development instance: what is mounted where, what runs, who it is, and what it reserves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from samples import LEAST
from shape import Record, find

from openedx_infra.config import load
from openedx_infra.operations.offline.check import complaints
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.operations.offline.requests import reservation
from openedx_infra.operations.secrets.secrets import stand_ins
from policies.objects import pod_spec

PLATFORM_PODS = ("lms", "studio", "lms-worker-default", "studio-worker-default", "lms-beat")
JOBS = ("lms-migrate", "studio-migrate", "lms-setup", "studio-setup")
CODE = "/openedx/edx-platform"


@pytest.fixture
def mounts(tmp_path: Path) -> dict[str, str]:
    """Folders of each kind that pods of the platform have."""
    for name in ("manage.py", "lms/x", "cms/x", "openedx/x"):
        made(tmp_path / "edx", name)
    made(tmp_path / "block", "setup.py")
    made(tmp_path / "themes", "indigo/lms/templates/index.html")
    made(tmp_path / "themes", "campus/lms/static/logo.svg")
    return {
        "edx": str(tmp_path / "edx"),
        "block": str(tmp_path / "block"),
        "themes": str(tmp_path / "themes"),
    }


def made(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()


def values(mounts: Mapping[str, Any], **section: Any) -> dict[str, Any]:
    """A stack file with these mounts."""
    return {
        "site": {"lms_host": "local.openedx.io"},
        "datastores": {"protect": False},
        "sizing": {"profile": "tiny"},
        "development": {"mounts": dict(mounts), **section},
    }


def spec(graph: Graph, name: str) -> dict[str, Any]:
    """The pod of a workload."""
    kind = "Job" if name in JOBS else "CronJob" if name.startswith("duty-") else "Deployment"
    found = pod_spec(graph.object(find(graph, kind, name)))
    assert found is not None
    return dict(found)


def folders(pod: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """Folders of the node in a container: by their paths there, with the path on the node, and whether it is
    read only."""
    volumes = {each["name"]: each["hostPath"]["path"] for each in pod["volumes"] if "hostPath" in each}
    return {
        mount["mountPath"]: (volumes[mount["name"]], mount.get("readOnly", False))
        for mount in container["volumeMounts"]
        if mount["name"] in volumes
    }


def test_all_pods_of_the_platform_see_the_same_folders(recorded: Record, mounts: dict[str, str]) -> None:
    graph = recorded(values(mounts))
    wanted = {
        CODE: (mounts["edx"], True),
        "/openedx/packages/block": (mounts["block"], True),
        "/openedx/themes/campus": (f"{mounts['themes']}/campus", True),
        "/openedx/themes/indigo": (f"{mounts['themes']}/indigo", True),
    }
    for name in (*PLATFORM_PODS, *JOBS, "duty-sessions"):
        pod = spec(graph, name)
        [container] = pod["containers"]
        assert folders(pod, container) == wanted, name
        [first] = [each for each in pod["initContainers"] if each["name"] == "packages"]
        assert folders(pod, first) == {
            "/openedx/sources/edx": (mounts["edx"], True),
            "/openedx/sources/block": (mounts["block"], True),
        }, "the image's own platform is not hidden from the installation"
        assert not [each for each in container["volumeMounts"] if each["mountPath"].startswith(f"{CODE}/")], (
            "nothing makes a folder within the developer's"
        )


def test_another_part_of_the_instance_sees_none(recorded: Record, mounts: dict[str, str]) -> None:
    graph = recorded(values(mounts))
    with_folders = {
        each.name
        for each in graph.resources
        if (pod := pod_spec(graph.object(each)) if each.kind in KINDS else None)
        and any("hostPath" in volume for volume in pod.get("volumes") or ())
    }
    assert {name.partition("-")[0] for name in with_folders} <= {"lms", "studio", "duty", "migration"}
    assert with_folders >= {*PLATFORM_PODS, *JOBS}


KINDS = ("Deployment", "StatefulSet", "Job", "CronJob")


def test_the_namespace_admits_folders_and_gives_the_reason_and_pods_stay_without_rights(
    recorded: Record, mounts: dict[str, str]
) -> None:
    graph = recorded(values(mounts))
    metadata = graph.object(find(graph, "Namespace", "namespace"))["metadata"]
    assert metadata["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert "mounted" in metadata["annotations"]["openedx-infra/exception"]
    [container] = spec(graph, "lms")["containers"]
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False and security["readOnlyRootFilesystem"] is True
    assert (
        security["capabilities"]["drop"] == ["ALL"] and spec(graph, "lms")["securityContext"]["runAsNonRoot"]
    )
    without = recorded(values({}))
    labels = without.object(find(without, "Namespace", "namespace"))["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_user_reads_and_writes_as_the_developer(recorded: Record, mounts: dict[str, str]) -> None:
    said = {**mounts, "edx": {"folder": mounts["edx"], "writable": True}}
    graph = recorded(values(said, user=1234))
    plain = recorded(values(mounts))
    for name in (*PLATFORM_PODS, *JOBS):
        pod = spec(graph, name)
        assert pod["securityContext"]["runAsUser"] == 1234
        groups = [each["securityContext"]["fsGroup"] for each in (pod, spec(plain, name))]
        assert groups[0] == groups[1], "files of volumes and Secrets stay readable by their group"
        assert folders(pod, pod["containers"][0])[CODE] == (mounts["edx"], False)


def command(graph: Graph, name: str) -> list[str]:
    return list(spec(graph, name)["containers"][0]["command"])


def test_servers_and_workers_start_again_on_change(recorded: Record, mounts: dict[str, str]) -> None:
    graph = recorded(values(mounts, one_process=False))
    supervisor = ["python", "/openedx/development/supervise.py", f"{CODE}:/openedx/packages/block"]
    for name in PLATFORM_PODS:
        assert command(graph, name)[:3] == supervisor, name
        container = spec(graph, name)["containers"][0]
        assert "startupProbe" not in container, "a file with an error restarts no container"
    assert command(graph, "lms")[3:7] == ["python", "manage.py", "lms", "runserver"]
    assert command(graph, "studio")[5] == "cms"
    assert command(graph, "lms-migrate")[0] == "sh"
    plain = recorded(values(mounts, reload=False))
    assert command(plain, "lms")[:3] == ["python", "manage.py", "lms"]
    assert command(recorded(values({})), "lms")[:3] == ["python", "manage.py", "lms"], "nothing can change"


def replicas(graph: Graph) -> dict[str, int]:
    return {name: graph.object(find(graph, "Deployment", name))["spec"]["replicas"] for name in PLATFORM_PODS}


def test_one_process_for_all_that_may_share(recorded: Record, mounts: dict[str, str]) -> None:
    pools = {"default": {"queues": ["default", "high"]}, "more": {"queues": ["high_mem"]}}
    said = values(mounts)
    said["sizing"] = {"profile": "tiny", "lms_workers": pools}
    graph = recorded(said)
    assert replicas(graph) == dict(zip(PLATFORM_PODS, (1, 1, 1, 1, 0), strict=True))
    assert graph.object(find(graph, "Deployment", "lms-worker-more"))["spec"]["replicas"] == 0
    worker, studio = command(graph, "lms-worker-default"), command(graph, "studio-worker-default")
    assert "--pool=solo" in worker and "--beat" in worker
    assert "--pool=solo" in studio and "--beat" not in studio, "two clocks would start everything twice"
    queues = next(each for each in worker if each.startswith("--queues="))
    assert queues == "--queues=edx.lms.core.default,edx.lms.core.high,edx.lms.core.high_mem"


def test_eager_tasks_need_no_worker(recorded: Record, mounts: dict[str, str]) -> None:
    graph = recorded(values(mounts, eager_tasks=True))
    assert replicas(graph) == dict(zip(PLATFORM_PODS, (1, 1, 0, 0, 0), strict=True))
    assert all("eager_tasks=True" in text for text in settings_modules(graph))
    assert all("eager_tasks=False" in text for text in settings_modules(recorded(values(mounts))))


def settings_modules(graph: Graph) -> Iterator[str]:
    for name in ("lms-settings", "studio-settings", "lms-job-settings", "studio-job-settings"):
        yield graph.object(find(graph, "ConfigMap", name))["data"]["__init__.py"]


def test_a_debugger_keeps_its_process(recorded: Record, mounts: dict[str, str]) -> None:
    debugger = {"processes": ["lms", "studio-worker"], "port": 5679, "wait": True}
    graph = recorded(values(mounts, debugger=debugger))
    listening = ["-m", "debugpy", "--listen", "0.0.0.0:5679", "--wait-for-client"]
    assert command(graph, "lms")[2:8] == [*listening, "manage.py"]
    assert command(graph, "studio-worker-default")[2:9] == [*listening, "-m", "celery"]
    assert "debugpy" not in [*command(graph, "studio"), *command(graph, "lms-worker-default")]


def test_all_of_it_reserves_less_than_four_gib(recorded: Record, mounts: dict[str, str]) -> None:
    reserved = reservation(recorded(values(mounts)).objects())
    others = reservation(recorded({**LEAST, "sizing": {"profile": "tiny"}}).objects())
    gib = Decimal(2**30)
    assert Decimal("1.5") < reserved.running.memory / gib < reserved.peak.memory / gib < 4
    assert others.running.memory - reserved.running.memory >= 256 * 2**20, "beat is within a worker"


def test_policies_accept_it(recorded: Record, mounts: dict[str, str]) -> None:
    stack = load("campus", values(mounts))
    secrets = stand_ins(stack)
    assert complaints(stack, record(stack, secrets), secrets) == []


def test_a_stack_without_the_section_has_nothing_of_it(recorded: Record) -> None:
    text = json.dumps(list(recorded(LEAST).objects()))
    assert "hostPath" not in text and "/openedx/development" not in text and "supervise" not in text


def test_what_always_runs_has_a_terminal_for_a_debugger(recorded: Record, mounts: dict[str, str]) -> None:
    graph = recorded(values(mounts, toolbar=True, one_process=False))
    for name in (*PLATFORM_PODS, "lms-setup"):
        [container] = spec(graph, name)["containers"]
        wanted = None if name == "lms-setup" else True
        assert container.get("stdin") is container.get("tty") is wanted, name
    texts = json.dumps([graph.object(find(graph, "ConfigMap", name)) for name in ("lms-settings",)])
    assert "develop(globals(), eager_tasks=False, toolbar=True)" in texts
