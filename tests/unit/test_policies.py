"""Each rule lets pass what is right, and refuses what a reviewer would."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lawful import CONTAINER, LABELS, container, context, ingress, labels, pod, right

import policies
from openedx_infra.config import Stack, load
from policies import rules
from policies.secrecy import MARK, looks_random

Change = Callable[[dict[str, Any]], Any]


def refused(change: Change) -> list[tuple[str, str, str]]:
    """Where, rule and text of all complaints after a change to the right instance."""
    objects = right()
    change(objects)
    return [(found.where, found.rule, found.text) for found in rules.judge_objects(list(objects.values()))]


def test_the_right_instance_is_let_pass() -> None:
    assert refused(lambda objects: None) == []


@pytest.mark.parametrize(
    "allow",
    [
        lambda o: o["Deployment"]["spec"]["template"]["metadata"].update(
            annotations={"openedx-infra/exception": "its program insists"}
        ),
        lambda o: pod(o)["volumes"].append({"name": "x", "persistentVolumeClaim": {"claimName": "x"}}),
    ],
)
def test_a_lower_user_is_let_pass_with_a_reason_or_with_files_of_its_own(allow: Change) -> None:
    def change(objects: dict[str, Any]) -> None:
        pod(objects)["securityContext"].update(runAsUser=999)
        allow(objects)

    assert refused(change) == []


WRONG: list[tuple[str, str, Change]] = [
    ("sized", "no cpu in its requests", lambda o: container(o)["resources"]["requests"].pop("cpu")),
    ("sized", "no memory in its limits", lambda o: container(o)["resources"]["limits"].pop("memory")),
    ("sized", "no ephemeral-storage in its limits", lambda o: container(o, "Job")["resources"].pop("limits")),
    (
        "sized",
        "container first has no cpu",
        lambda o: pod(o).update(initContainers=[{**CONTAINER, "name": "first", "resources": {}}]),
    ),
    ("probed", "without readinessProbe", lambda o: container(o).pop("readinessProbe")),
    ("probed", "without livenessProbe", lambda o: container(o).pop("livenessProbe")),
    (
        "probed",
        "one probe for two questions",
        lambda o: container(o).update(livenessProbe=CONTAINER["readinessProbe"]),
    ),
    (
        "proven_servers",
        "has PYTHONHTTPSVERIFY, which takes any server for the right one",
        lambda o: container(o)["env"].append({"name": "PYTHONHTTPSVERIFY", "value": "0"}),
    ),
    (
        "proven_servers",
        "is run with --insecure-tls",
        lambda o: container(o, "Job").update(command=["sh", "-c", "restic --insecure-tls check"]),
    ),
    ("storable", "holds 1,100,0", lambda o: o["ConfigMap"]["data"].update(b="x" * 1_100_000)),
    ("nobody_of_the_node", "above 10000", lambda o: pod(o)["securityContext"].update(runAsUser=1000)),
    ("nobody_of_the_node", "container web runs", lambda o: context(o).update(runAsUser=10_000)),
    ("nobody_of_the_node", "a node may have", lambda o: pod(o, "Job")["securityContext"].pop("runAsUser")),
    ("gentle", "before the next is ready", lambda o: o["Deployment"]["spec"].pop("strategy")),
    (
        "gentle",
        "maxUnavailable to 0",
        lambda o: o["Deployment"]["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable="25%"),
    ),
    (
        "gentle",
        "maxUnavailable to 0",
        lambda o: o["Deployment"]["spec"].update(strategy={"type": "Recreate"}),
    ),
    ("gentle", "while visitors come", lambda o: container(o).pop("lifecycle")),
    (
        "gentle",
        "while visitors come",
        lambda o: container(o)["lifecycle"].update(preStop={"exec": {"command": ["touch", "/tmp/leaving"]}}),
    ),
    (
        "gentle",
        "no time left",
        lambda o: container(o)["lifecycle"].update(
            preStop={"exec": {"command": ["sh", "-c", "exec sleep 30"]}}
        ),
    ),
    ("gentle", "no time left", lambda o: pod(o).update(terminationGracePeriodSeconds=15)),
    ("unprivileged", "hostNetwork", lambda o: pod(o).update(hostNetwork=True)),
    ("unprivileged", "path of the node", lambda o: pod(o)["volumes"].append({"name": "x", "hostPath": {}})),
    ("unprivileged", "may run as root", lambda o: context(o).update(runAsNonRoot=False)),
    ("unprivileged", "user 0", lambda o: context(o).update(runAsUser=0)),
    ("unprivileged", "no seccomp profile", lambda o: pod(o)["securityContext"].pop("seccompProfile")),
    ("unprivileged", "seccomp", lambda o: context(o).update(seccompProfile={"type": "Unconfined"})),
    ("unprivileged", "gain privileges", lambda o: context(o).pop("allowPrivilegeEscalation")),
    ("unprivileged", "is privileged", lambda o: context(o).update(privileged=True)),
    ("unprivileged", "drop ALL", lambda o: context(o).update(capabilities={"drop": ["CHOWN"]})),
    (
        "unprivileged",
        "SYS_ADMIN",
        lambda o: context(o)["capabilities"].update(add=["SYS_ADMIN", "NET_BIND_SERVICE"]),
    ),
    ("unprivileged", "write to its image", lambda o: context(o).pop("readOnlyRootFilesystem")),
    ("unprivileged", "port of the node", lambda o: container(o)["ports"][0].update(hostPort=80)),
    ("tokenless", "get a token", lambda o: pod(o, "Job").pop("automountServiceAccountToken")),
    ("pinned_images", "no registry", lambda o: container(o).update(image="library/web:1")),
    ("pinned_images", "no registry", lambda o: container(o).update(image="web:1")),
    ("pinned_images", "no registry", lambda o: container(o).pop("image")),
    ("pinned_images", "no version", lambda o: container(o).update(image="docker.io/library/web")),
    ("pinned_images", "no version", lambda o: container(o).update(image="registry:5000/web:latest")),
    ("ending_jobs", "restartPolicy", lambda o: pod(o, "Job").update(restartPolicy="OnFailure")),
    ("ending_jobs", "backoffLimit", lambda o: o["Job"]["spec"].pop("backoffLimit")),
    ("ending_jobs", "activeDeadlineSeconds", lambda o: o["Job"]["spec"].pop("activeDeadlineSeconds")),
    ("ending_jobs", "ttlSeconds", lambda o: o["Job"]["spec"].update(ttlSecondsAfterFinished=0)),
    (
        "plain_environment",
        "KEY from a Secret",
        lambda o: container(o)["env"].append(
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "web-2"}}}
        ),
    ),
    (
        "plain_environment",
        "DB_PASSWORD in plain",
        lambda o: container(o)["env"].append({"name": "DB_PASSWORD", "value": "hunter2"}),
    ),
    (
        "plain_environment",
        "whole Secret",
        lambda o: container(o).update(envFrom=[{"secretRef": {"name": "web-2"}}]),
    ),
    ("nothing_secret", "marked as secret", lambda o: o["ConfigMap"]["data"].update(b="password: [secret]")),
    ("nothing_secret", "marked as secret", lambda o: container(o).update(args=["--password=[secret]"])),
    (
        "nothing_secret",
        "private key",
        lambda o: o["ConfigMap"]["data"].update(b="-----BEGIN RSA PRIVATE KEY-----"),
    ),
    ("immutable_configuration", "which nobody makes", lambda o: o.pop("ConfigMap")),
    ("immutable_configuration", "Secret web-2, which can change", lambda o: o["Secret"].pop("immutable")),
    (
        "immutable_configuration",
        "job-settings, which can change",
        lambda o: pod(o)["volumes"].append({"configMap": {"name": "job-settings"}}),
    ),
    ("jobs_left_alone", "pods of Job migrate", lambda o: labels(o, "Job").update(LABELS)),
    (
        "jobs_left_alone",
        "pods of Job migrate",
        lambda o: o["PodDisruptionBudget"]["spec"].update(
            selector={"matchExpressions": [{"key": "app.kubernetes.io/component", "operator": "Exists"}]}
        ),
    ),
    (
        "one_owner",
        "pods of StatefulSet other",
        lambda o: o.update(
            Other={
                **copy.deepcopy(o["Deployment"]),
                "kind": "StatefulSet",
                "metadata": {"name": "other", "namespace": "campus"},
            }
        ),
    ),
    ("one_owner", "its own pods", lambda o: labels(o, "Deployment").clear()),
    ("served", "no pods behind it", lambda o: o["Service"]["spec"].update(selector={"app": "gone"})),
    (
        "served",
        "port 8001, where no container",
        lambda o: o["Service"]["spec"]["ports"].append({"port": 8001.0}),
    ),
    ("evictable", "2 pods and no PodDisruptionBudget", lambda o: o.pop("PodDisruptionBudget")),
    (
        "one_scaler",
        "leave `replicas` out",
        lambda o: o.update(
            Scaler={**o["Deployment"], "kind": "ScaledObject", "spec": {"scaleTargetRef": {"name": "web"}}}
        ),
    ),
    ("evictable", "lets no pod", lambda o: o["PodDisruptionBudget"]["spec"].update(maxUnavailable=0)),
    (
        "evictable",
        "lets no pod",
        lambda o: o["PodDisruptionBudget"].update(
            spec={"selector": {"matchLabels": LABELS}, "minAvailable": 2}
        ),
    ),
    ("closed_by_default", "denies all", lambda o: o.pop("NetworkPolicy")),
    ("closed_by_default", "denies all", lambda o: o["NetworkPolicy"]["spec"].update(policyTypes=["Ingress"])),
    ("closed_by_default", "denies all", lambda o: o["NetworkPolicy"]["spec"].update(egress=[{}])),
    ("closed_by_default", "denies all", lambda o: o["Job"]["metadata"].update(namespace="elsewhere")),
    ("restricted_namespaces", "label it restricted", lambda o: o["Namespace"]["metadata"].pop("labels")),
    (
        "restricted_namespaces",
        "label it restricted",
        lambda o: o["Namespace"]["metadata"].update(
            labels={"pod-security.kubernetes.io/enforce": "privileged"},
            annotations={"openedx-infra/exception": "It wants to."},
        ),
    ),
    (
        "metadata_closed",
        "reach 169.254.169.254",
        lambda o: o["Outside"]["spec"]["egress"][0]["to"][0]["ipBlock"].pop("except"),
    ),
    (
        "metadata_closed",
        "reach 169.254.169.254",
        lambda o: o["Outside"]["spec"]["egress"].append(
            {
                "to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}],
                "ports": [{"port": 53}, {"port": 53, "endPort": 80}],
            }
        ),
    ),
    (
        "named_peers",
        "pods of any namespace",
        lambda o: o["Outside"]["spec"]["egress"][0]["to"][1].update(namespaceSelector={}, podSelector=LABELS),
    ),
    (
        "private_closed",
        "private networks in it (10.0.0.0/8)",
        lambda o: o["Outside"]["spec"]["egress"][0]["to"][0]["ipBlock"]["except"].remove("10.0.0.0/8"),
    ),
    ("metadata_closed", "reach everything", lambda o: o["Outside"]["spec"]["egress"][0].pop("to")),
    ("encrypted_entrance", "without TLS", lambda o: o["Ingress"]["spec"].pop("tls")),
    ("encrypted_entrance", "without TLS", lambda o: o["Ingress"]["spec"]["rules"][0].update(host="other")),
    (
        "encrypted_entrance",
        "Gateway entrance without TLS",
        lambda o: o["HTTPRoute"]["spec"]["parentRefs"][0].update(sectionName="http"),
    ),
    ("guarded_paths", "/admin/login to all", lambda o: o.update(Login=ingress("login", "/admin/login"))),
    ("guarded_paths", "/admin to all", lambda o: o.update(Again=ingress("again", "/admin"))),
]


@pytest.mark.parametrize(("rule", "words", "change"), WRONG)
def test_what_is_wrong_is_refused_by_its_rule(rule: str, words: str, change: Change) -> None:
    found = refused(change)
    assert any(name == rule and words in text for _, name, text in found), found


def test_every_rule_has_a_wrong_example() -> None:
    names = {rule.__name__ for rule in (*rules.OBJECT_RULES, *rules.RELATION_RULES)}
    assert names == {rule for rule, _, _ in WRONG}


def test_only_the_rule_that_is_broken_complains() -> None:
    found = refused(lambda o: container(o)["resources"]["requests"].pop("cpu"))
    assert found == [("Deployment web", "sized", "container web has no cpu in its requests: set it")]


@pytest.mark.parametrize(
    "change",
    [
        lambda o: container(o).update(image="localhost/web@sha256:" + "0" * 64),
        lambda o: context(o)["capabilities"].update(add=["NET_BIND_SERVICE"]),
        lambda o: o["Deployment"]["spec"].update(replicas=1) or o.pop("PodDisruptionBudget"),
        lambda o: container(o).pop("ports") and (container(o).pop("readinessProbe"), o.pop("Service")),
        lambda o: o["Service"]["spec"].update(selector=None, type="ExternalName"),
        lambda o: o["Outside"]["spec"]["egress"].append(
            {
                "to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}],
                "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
            }
        ),
        lambda o: (
            o["Outside"]["metadata"].update(
                annotations={"openedx-infra/exception": "nobody knows where it is"}
            )
            or o["Outside"]["spec"]["egress"][0]["to"][0]["ipBlock"].update(**{"except": ["169.254.0.0/16"]})
        ),
    ],
    ids=[
        "digest",
        "low port",
        "one pod needs no budget",
        "who serves nothing needs no probe",
        "external name",
        "names",
        "private networks with a reason",
    ],
)
def test_what_is_right_in_another_way_is_let_pass(change: Change) -> None:
    assert refused(change) == []


@dataclass(frozen=True)
class Made:
    """A resource as the recording monitor keeps it."""

    type: str
    name: str
    props: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = True
    provider: str = "cluster"


MARKED = {MARK: "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
SECRET, CONFIG_MAP = "kubernetes:core/v1:Secret", "kubernetes:core/v1:ConfigMap"
CLAIM, NAMESPACE = "kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:core/v1:Namespace"


@pytest.mark.parametrize(
    ("rule", "resource"),
    [
        ("marked", Made(SECRET, "web", {"stringData": {"password": "plain", "other": MARKED}})),
        ("marked", Made(SECRET, "web", {"data": {"password": "cGxhaW4="}})),
        ("renewable", Made(CONFIG_MAP, "web", {"immutable": True, "metadata": {"name": "web"}})),
        ("protected", Made(CLAIM, "mysql", protect=False)),
        ("protected", Made(NAMESPACE, "campus", protect=False)),
        ("addressed", Made("kubernetes:apps/v1:Deployment", "web", provider="")),
    ],
)
def test_wrong_resources_are_refused_by_their_rule(rule: str, resource: Made) -> None:
    assert [found.rule for found in rules.judge_resources([resource], protect=True)] == [rule]


def test_right_resources_are_let_pass() -> None:
    resources = [
        Made(SECRET, "all", {"stringData": MARKED, "immutable": True, "metadata": {"labels": {}}}),
        Made(SECRET, "each", {"stringData": {"password": MARKED}}),
        Made(CONFIG_MAP, "job-settings", {"metadata": {"name": "job-settings"}}),
        Made(CLAIM, "mysql"),
        Made("openedx:index:Lms", "lms", provider="", protect=False),
    ]
    assert rules.judge_resources(resources, protect=True) == []
    assert rules.judge_resources([Made(CLAIM, "mysql", protect=False)], protect=False) == []


@dataclass(frozen=True)
class Graph:
    """A graph of given objects."""

    made: list[dict[str, Any]]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    resources: tuple[Made, ...] = ()

    def objects(self, *, reveal_secrets: bool = False) -> list[dict[str, Any]]:
        return self.made


@pytest.fixture
def stack() -> Stack:
    return load(
        "campus", {"site": {"lms_host": "learn.example.org"}, "settings": {"lms": {"SITE_KEY": PUBLIC}}}
    )


PUBLIC = "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"


def test_known_secrets_may_stand_in_secrets_alone(stack: Stack) -> None:
    known = {
        "mysql_password": "correct-horse-battery",
        "short": "abc",
        "fernet_keys": "first-line\nsecond-line",
    }
    objects = right()
    objects["Secret"]["stringData"] = dict(known)
    assert policies.check(Graph(list(objects.values())), stack, known) == []
    objects["ConfigMap"]["data"]["url"] = "mysql://web:correct-horse-battery@mysql/web"
    container(objects, "Job")["args"] = ["--key=second-line", "abc"]
    found = policies.check(Graph(list(objects.values()), {"note": "first-line"}), stack, known)
    assert [(complaint.where, complaint.text.split(":")[0]) for complaint in found] == [
        ("ConfigMap web-1", "discloses the secret mysql_password"),
        ("Job migrate", "discloses the secret fernet_keys"),
        ("Outputs of the stack", "discloses the secret fernet_keys"),
    ]
    assert "correct-horse" not in "".join(map(str, found))


def test_what_looks_like_a_key_is_refused_unless_the_operator_says_it(stack: Stack) -> None:
    objects = right()
    objects["ConfigMap"]["data"]["public"] = f"SITE_KEY: {PUBLIC}"
    assert policies.check(Graph(list(objects.values())), stack) == []
    objects["ConfigMap"]["data"]["key"] = "x: 9fKc2LqVw8Zr4TnYb7Xh1MsPd6Gj3EuAoRiB5QtW"
    found = policies.check(Graph(list(objects.values())), stack)
    assert [(complaint.where, complaint.rule) for complaint in found] == [("ConfigMap web-1", "unexplained")]
    assert "9fKc2LqVw8" not in str(found[0])


def test_certificates_are_public_and_what_stands_beside_them_is_not(stack: Stack) -> None:
    objects = right()
    certificate = (Path(__file__).parents[1] / "data" / "certificates" / "ca.pem").read_text()
    objects["ConfigMap"]["data"]["ca.pem"] = certificate * 2
    assert policies.check(Graph(list(objects.values())), stack) == []
    objects["ConfigMap"]["data"]["ca.pem"] += "9fKc2LqVw8Zr4TnYb7Xh1MsPd6Gj3EuAoRiB5QtW\n"
    assert len(policies.check(Graph(list(objects.values())), stack)) == 1


def test_generated_passwords_look_random_and_names_do_not() -> None:
    assert looks_random("9fKc2LqVw8Zr4TnYb7Xh1MsPd6Gj3EuAoRiB5QtW")
    for text in (
        "COURSE_ABOUT_VISIBILITY_PERMISSION_2",
        "org.openedx.frontend.role.instructorDashboard",
        secrets.token_hex(32),
        "/openedx/edx-platform/lms/envs/openedx_infra",
    ):
        assert not looks_random(text), text
