"""What `init` asks, the answers that it takes, and which of them are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from openedx_infra.config.datastores.search import ServerUrl
from openedx_infra.config.datastores.storage import BucketName
from openedx_infra.config.errors.messages import written
from openedx_infra.config.load import PLACEHOLDER
from openedx_infra.config.types.base import KubernetesName
from openedx_infra.config.types.hosts import Email, Hostname, ServerName

SITUATIONS: Mapping[str, str] = {
    "evaluation": "try it on one machine with k3s, 4 GB of memory",
    "server": "a small site on one server with k3s, 4 cores and 8 GB of memory",
    "nodes": "a site on several nodes of your own",
    "aws": "a site on AWS: EKS, RDS, ElastiCache, S3, SES",
}
"""Where an instance can run, each with its template."""
TLS: Mapping[str, str] = {
    "cert-manager": "certificates of Let's Encrypt; cert-manager must run in the cluster",
    "upstream": "a load balancer or proxy in front of the cluster terminates TLS",
    "none": "plain HTTP, to try things out",
}
"""Sources of TLS that `init` offers; the reference has more."""
K3S_KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
"""Where k3s writes its kubeconfig."""
LOCAL_HOST = "local.openedx.io"
"""A host whose domain's owner points it, and all names under it, to 127.0.0.1."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Everything that differs between the stack files of one situation."""

    situation: str
    """One of SITUATIONS."""
    stack: str
    """Name of the stack."""
    name: str
    """Name of the platform."""
    lms_host: str
    studio_host: str
    mfe_host: str
    search_host: str
    email: str
    """Contact address, which is also that of the account at Let's Encrypt."""
    tls: str
    """One of TLS."""
    context: str
    """Context of the kubeconfig."""
    kubeconfig: str | None = None
    """Path of the kubeconfig. None: the one that kubectl would use."""
    storage_class: str = PLACEHOLDER
    """StorageClass with ReadWriteMany, for several nodes."""
    smtp_host: str | None = None
    """Server of a mail provider. None: the instance delivers mail itself."""
    smtp_user: str | None = None
    """User name there. None: no login."""
    backup_bucket: str | None = None
    """Bucket of backups. None: there are no backups yet."""
    backup_endpoint: str | None = None
    """Address of the server of that bucket. None: Amazon's own for the region."""
    backup_region: str = "us-east-1"
    """Region of that bucket."""


def hosts_under(lms_host: str) -> dict[str, str]:
    """The other three hosts, as the program's own defaults name them: labels under the LMS' host."""
    labels = {"studio_host": "studio", "mfe_host": "apps", "search_host": "meilisearch"}
    return {name: f"{label}.{lms_host}" for name, label in labels.items()}


_TYPES: Mapping[str, Any] = {
    "stack": KubernetesName,
    "lms_host": Hostname,
    "studio_host": Hostname,
    "mfe_host": Hostname,
    "search_host": Hostname,
    "email": Email,
    "storage_class": KubernetesName,
    "smtp_host": ServerName,
    "backup_bucket": BucketName,
    "backup_endpoint": ServerUrl,
}
"""Types of the answers that not every text is right for."""
_CHOICES = {"situation": SITUATIONS, "tls": TLS}


def fault(name: str, value: str) -> str | None:
    """What is wrong with one answer; None when nothing is. CHANGEME leaves it to the file's reader."""
    if name in _CHOICES and value not in _CHOICES[name]:
        return f"{written(value)} is not known here: write one of {', '.join(_CHOICES[name])}"
    if name not in _TYPES or PLACEHOLDER in value:
        return None
    try:
        TypeAdapter(_TYPES[name]).validate_python(value)
    except ValidationError as error:
        return f"{written(value)} {error.errors()[0]['ctx']['error']}"
    return None


def faults(answers: Answers) -> Iterator[tuple[str, str]]:
    """Every wrong answer: its name, and what is wrong with it."""
    for field in fields(answers):
        value = getattr(answers, field.name)
        text = fault(field.name, value) if isinstance(value, str) else None
        if text:
            yield field.name, text


def option(name: str) -> str:
    """The option by which an answer is given on the command line."""
    return f"--{name.replace('_', '-')}"
