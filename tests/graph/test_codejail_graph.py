"""Codejail in the graph: pods without secrets and rights, which reach nobody, and only the platform them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from flows import Pod, enters, leaves, pods, ports, reaches, talks
from samples import LEAST
from shape import Record, find, names_before, of_kind, template

import policies
from openedx_infra.config import load
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.services.codejail import PORT, SANDBOX, module, sandbox_program
from openedx_infra.services.of_stack import companions

DNS = Pod({"k8s-app": "kube-dns"}, "kube-system")
TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")


def _said(**codejail: Any) -> dict[str, Any]:
    return {**LEAST, "services": {"codejail": codejail}}


def _pod(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = template(graph, find(graph, "Deployment", "codejail"))["spec"]
    return found


def test_no_rule_is_broken_and_none_is_set_aside(recorded: Record) -> None:
    """`restricted` holds for it as for any other pod."""
    graph = recorded(_said())
    assert policies.check(graph, load("dev", _said()), {}) == []
    pod = _pod(graph)
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "annotations" not in template(graph, find(graph, "Deployment", "codejail"))["metadata"]


def test_its_user_is_nobody_elses(recorded: Record) -> None:
    """The kernel counts processes by user, whatever the pod."""
    graph = recorded(_said())
    user = _pod(graph)["securityContext"]["runAsUser"]
    others = {
        template(graph, each)["spec"]["securityContext"]["runAsUser"]
        for each in of_kind(graph, "Deployment", "StatefulSet")
        if each.name != "codejail"
    }
    assert user not in others and user > 2**16


def test_it_has_no_secret(recorded: Record) -> None:
    graph = recorded(_said())
    volumes = _pod(graph)["volumes"]
    sources = [source for each in volumes for source in each.get("projected", {}).get("sources", [])]
    assert sources and all(set(source) == {"configMap"} for source in sources)
    assert not [each for each in of_kind(graph, "Secret") if each.name.startswith("codejail")]
    assert _pod(graph)["automountServiceAccountToken"] is False


def test_it_reaches_nobody_not_even_a_name_server(recorded: Record) -> None:
    graph = recorded(_said())
    own = pods(graph)["codejail"]
    assert not leaves(graph, own, DNS, 53)
    assert not reaches(graph, "codejail", "169.254.20.10", 53, "UDP")
    assert not reaches(graph, "codejail", "192.0.2.1", 443)
    assert not [
        (name, port)
        for name, pod in pods(graph).items()
        for port in (*ports(graph, name), 443)
        if leaves(graph, own, pod, port)
    ]
    # All others ask name servers as before.
    assert all(leaves(graph, pod, DNS, 53) for name, pod in pods(graph).items() if name != "codejail")


def test_the_platform_reaches_it_and_visitors_do_not(recorded: Record) -> None:
    graph = recorded(_said())
    for client in ("lms", "studio", "lms-worker-default"):
        assert talks(graph, client, "codejail", PORT)
    assert not talks(graph, "mfe", "codejail", PORT)
    assert not enters(graph, TRAEFIK, pods(graph)["codejail"], PORT)
    for name, file in (("lms-settings", "lms.yml"), ("studio-settings", "cms.yml")):
        settings = yaml.safe_load(graph.object(find(graph, "ConfigMap", name))["data"][file])
        assert settings["ENABLE_CODEJAIL_REST_SERVICE"] is True
        assert settings["CODE_JAIL_REST_SERVICE_HOST"] == f"http://codejail:{PORT}"
        # What it stops itself is answered before the platform gives up.
        assert settings["CODE_JAIL_REST_SERVICE_READ_TIMEOUT"] > 3


def test_its_sandbox_is_a_program_where_codejail_looks_for_sudo(recorded: Record) -> None:
    graph = recorded(_said())
    [container] = _pod(graph)["containers"]
    [mount] = [each for each in container["volumeMounts"] if each["mountPath"] == SANDBOX]
    [volume] = [each for each in _pod(graph)["volumes"] if each["name"] == mount["name"]]
    [source] = volume["projected"]["sources"]
    [item] = source["configMap"]["items"]
    assert (item["path"], item["mode"]) == ("sudo", 0o555)
    data = graph.object(find(graph, "ConfigMap", "codejail-config"))["data"]
    assert data[item["key"]] == sandbox_program()
    assert mount["readOnly"] is True


def test_it_is_ready_by_its_own_checks(recorded: Record) -> None:
    graph = recorded(_said())
    [container] = _pod(graph)["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/"
    assert "Deployment codejail" not in names_before(graph, find(graph, "Deployment", "lms"))


def test_another_runtime_and_a_profile_of_the_nodes(recorded: Record) -> None:
    said = _said(runtime_class="kata", apparmor_profile="openedx-codejail")
    graph = recorded(said)
    assert policies.check(graph, load("dev", said), {}) == []
    pod = _pod(graph)
    assert pod["runtimeClassName"] == "kata"
    profile = {"type": "Localhost", "localhostProfile": "openedx-codejail"}
    assert pod["securityContext"]["appArmorProfile"] == profile
    for each in of_kind(graph, "Deployment", "StatefulSet"):
        spec = template(graph, each)["spec"]
        named = "runtimeClassName" in spec, "appArmorProfile" in spec["securityContext"]
        assert named == ((each.name == "codejail",) * 2), each.name


@pytest.mark.parametrize("seconds", [1, 3, 20])
def test_limits_are_those_of_the_section(seconds: int) -> None:
    stack = load("dev", _said(execution_seconds=seconds, execution_memory="1Gi"))
    [companion] = companions(stack)
    settings: dict[str, Any] = {}
    text = module(companion.section).replace("from codejail_service.settings.production import *", "")
    text = text.replace("import os", "import types; os = types.SimpleNamespace(defpath='/bin', environ={})")
    exec(compile(text, "openedx_infra_codejail.py", "exec"), settings)
    limits = settings["CODE_JAIL"]["limits"]
    assert (limits["CPU"], limits["REALTIME"], limits["VMEM"]) == (seconds, seconds, 2**30)
    assert settings["CODEJAIL_ENABLED"] is True
    assert settings["os"].defpath == f"{SANDBOX}:/bin"
    assert settings["os"].environ["PATH"].startswith(f"{SANDBOX}:")
