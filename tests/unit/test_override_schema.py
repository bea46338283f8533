"""Typos in patches are found offline, against Kubernetes' own schema."""

from __future__ import annotations

from typing import Any

import pytest

from openedx_infra.kubernetes.overrides.schema import faults


def pod(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


@pytest.mark.parametrize(
    ("kind", "patch", "path", "text"),
    [
        ("Deployment", {"spec": {"replica": 2}}, "patch.spec.replica", "did you mean `replicas`?"),
        ("Deployment", {"spec": {"replicas": "2"}}, "patch.spec.replicas", "a whole number belongs here"),
        ("Deployment", {"spec": {"replicas": True}}, "patch.spec.replicas", "a whole number belongs here"),
        (
            "CronJob",
            {"spec": {"jobTemplate": {"spec": {"backofflimit": 1}}}},
            "patch.spec.jobTemplate.spec.backofflimit",
            "did you mean `backoffLimit`?",
        ),
        (
            "StatefulSet",
            pod(containers=[{"name": "mysql", "resorces": {}}]),
            "patch.spec.template.spec.containers[0].resorces",
            "did you mean `resources`?",
        ),
        (
            "Deployment",
            pod(containers=[{"image": "x"}]),
            "patch.spec.template.spec.containers[0]",
            "`name` is missing",
        ),
        (
            "Deployment",
            pod(containers={"name": "x"}),
            "patch.spec.template.spec.containers",
            "a list belongs",
        ),
        ("Deployment", pod(hostNetwork="yes"), "patch.spec.template.spec.hostNetwork", "true or false"),
        (
            "Deployment",
            pod(containers=[{"name": "lms", "env": [{"name": "A", "value": 1}]}]),
            "patch.spec.template.spec.containers[0].env[0].value",
            "put it in quotes",
        ),
        (
            "Ingress",
            {"spec": {"rules": [{"hosts": "x"}]}},
            "patch.spec.rules[0].hosts",
            "did you mean `host`?",
        ),
        ("NetworkPolicy", {"spec": {"egres": []}}, "patch.spec.egres", "did you mean `egress`?"),
    ],
)
def test_a_fault_is_told_by_its_path(kind: str, patch: dict[str, Any], path: str, text: str) -> None:
    ((where, what),) = faults(kind, patch)
    assert where == path
    assert text in what


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("Deployment", {"spec": {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": "25%"}}}}),
        ("Deployment", {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}}),
        ("Deployment", pod(tolerations=[{"key": "a", "operator": "Exists"}], nodeSelector={"a": "b"})),
        ("Deployment", pod(containers=[{"$patch": "replace"}, {"name": "x"}], priorityClassName=None)),
        ("Deployment", pod(containers=[{"name": "x", "$patch": "delete"}])),
        ("Service", {"spec": {"ports": [{"port": 80, "targetPort": "http"}]}}),
        ("ConfigMap", {"data": {"a": "b"}}),
        ("ServiceMonitor", {"spec": {"anything": [1]}}),
    ],
)
def test_what_kubernetes_takes_passes(kind: str, patch: dict[str, Any]) -> None:
    assert list(faults(kind, patch)) == []
