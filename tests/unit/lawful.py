"""A small instance that no rule refuses, and the ways to its parts."""

from __future__ import annotations

import json
from typing import Any

LABELS = {"app.kubernetes.io/component": "web"}
CONTAINER: dict[str, Any] = {
    "name": "web",
    "image": "docker.io/library/web:1.2",
    "ports": [{"containerPort": 8000.0}],
    "env": [{"name": "DATABASE", "value": "web"}, {"name": "MYSQL_ROOT_PASSWORD_FILE", "value": "/run/x"}],
    "readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 10},
    "livenessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 20},
    "lifecycle": {"preStop": {"sleep": {"seconds": 15}}},
    "resources": {
        "requests": {"cpu": "100m", "memory": "1Gi", "ephemeral-storage": "64Mi"},
        "limits": {"memory": "2Gi", "ephemeral-storage": "1Gi"},
    },
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    },
}
POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 10_001,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "containers": [CONTAINER],
    "volumes": [
        {"name": "config", "configMap": {"name": "web-1"}},
        {"name": "all", "projected": {"sources": [{"secret": {"name": "web-2"}}]}},
        {"name": "tmp", "emptyDir": {}},
    ],
}


def made(kind: str, name: str, spec: Any = None, **more: Any) -> dict[str, Any]:
    """An object in the namespace of the tests."""
    obj = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "campus"}, **more}
    return obj if spec is None else {**obj, "spec": spec}


def right() -> dict[str, dict[str, Any]]:
    """A small instance that no rule refuses, by kind."""
    template = {"metadata": {"labels": LABELS}, "spec": POD}
    job_pod = {
        **POD,
        "restartPolicy": "Never",
        "volumes": [{"name": "c", "configMap": {"name": "job-settings"}}],
    }
    job = {
        "backoffLimit": 1.0,
        "activeDeadlineSeconds": 600,
        "template": {"metadata": {"labels": {"app.kubernetes.io/component": "migrate"}}, "spec": job_pod},
    }
    objects = {
        "Namespace": made("Namespace", "campus"),
        "Deployment": made(
            "Deployment",
            "web",
            {
                "replicas": 2.0,
                "selector": {"matchLabels": LABELS},
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0.0},
                },
                "template": template,
            },
        ),
        "Job": made("Job", "migrate", job),
        "ConfigMap": made("ConfigMap", "web-1", data={"a.yml": "HOST: mysql"}, immutable=True),
        "Secret": made("Secret", "web-2", stringData={"password": "[secret]"}, immutable=True),
        "JobSettings": made("ConfigMap", "job-settings", data={}),
        "Service": made("Service", "web", {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8000}]}),
        "PodDisruptionBudget": made(
            "PodDisruptionBudget", "web", {"selector": {"matchLabels": LABELS}, "maxUnavailable": 1}
        ),
        "NetworkPolicy": made(
            "NetworkPolicy", "deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        ),
    }
    private = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"]
    outside = [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16", *private]}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "lti"}}},
    ]
    egress = [{"to": outside, "ports": [{"port": 443}]}]
    objects["Outside"] = made("NetworkPolicy", "outside", {"podSelector": LABELS, "egress": egress})
    objects |= entrance()
    objects["Namespace"]["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}
    # Apart: what is shared here would be changed twice by one change.
    return {key: json.loads(json.dumps(obj)) for key, obj in objects.items()}


def entrance() -> dict[str, dict[str, Any]]:
    """How visitors get to it, and administrators from some networks alone: by Ingresses, and by a Gateway."""
    listeners = [{"name": "http", "protocol": "HTTP"}, {"name": "web", "protocol": "HTTPS"}]
    backend = {"backendRefs": [{"name": "web", "port": 80}]}
    objects = {
        "Middleware": made("Middleware", "admin", {"ipAllowList": {"sourceRange": ["192.0.2.0/24"]}}),
        "Ingress": ingress("web", "/"),
        "IngressOfAdmin": ingress("web-admin", "/admin"),
        "Gateway": made("Gateway", "entrance", {"listeners": listeners}),
        "HTTPRoute": made(
            "HTTPRoute",
            "web",
            {"parentRefs": [{"name": "entrance", "sectionName": "web"}], "rules": [backend]},
        ),
        "Redirect": made(
            "HTTPRoute",
            "redirect",
            {"parentRefs": [{"name": "entrance", "sectionName": "http"}], "rules": [{"filters": [{}]}]},
        ),
    }
    namespace = objects["Middleware"]["metadata"]["namespace"]
    objects["IngressOfAdmin"]["metadata"]["annotations"] = {
        "traefik.ingress.kubernetes.io/router.middlewares": f"other,{namespace}-admin@kubernetescrd"
    }
    return objects


def ingress(name: str, path: str) -> dict[str, Any]:
    """An Ingress with TLS."""
    host = "learn.example.org"
    http = {"paths": [{"path": path, "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}
    tls = [{"hosts": [host], "secretName": "web-tls"}]
    return made("Ingress", name, {"rules": [{"host": host, "http": http}], "tls": tls})


def container(objects: dict[str, Any], kind: str = "Deployment") -> dict[str, Any]:
    """The container of an object's pods."""
    found: dict[str, Any] = pod(objects, kind)["containers"][0]
    return found


def pod(objects: dict[str, Any], kind: str = "Deployment") -> dict[str, Any]:
    """The spec of an object's pods."""
    found: dict[str, Any] = objects[kind]["spec"]["template"]["spec"]
    return found


def context(objects: dict[str, Any]) -> dict[str, Any]:
    """The security context of the Deployment's container."""
    found: dict[str, Any] = container(objects)["securityContext"]
    return found


def labels(objects: dict[str, Any], kind: str) -> dict[str, Any]:
    """Labels of an object's pods."""
    found: dict[str, Any] = objects[kind]["spec"]["template"]["metadata"]["labels"]
    return found
