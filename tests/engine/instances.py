"""An instance, seen from outside: its stack file, commands on it, its objects in the cluster."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from checkouts import Checkout, Said
from lightkube import ApiError, Client, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import ConfigMap, Namespace, PersistentVolumeClaim, Pod, Secret, Service
from lightkube.resources.networking_v1 import Ingress, NetworkPolicy
from lightkube.resources.policy_v1 import PodDisruptionBudget

from openedx_infra.config.secrets.catalogue import BY_NAME
from openedx_infra.operations.secrets.secrets import stand_in

COMPONENT = "app.kubernetes.io/component"
Middleware = create_namespaced_resource("traefik.io", "v1alpha1", "Middleware", "middlewares")
TraefikService = create_namespaced_resource("traefik.io", "v1alpha1", "TraefikService", "traefikservices")
Issuer = create_namespaced_resource("cert-manager.io", "v1", "Issuer", "issuers")
Certificate = create_namespaced_resource("cert-manager.io", "v1", "Certificate", "certificates")
Gateway = create_namespaced_resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways")
HTTPRoute = create_namespaced_resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
ServiceMonitor = create_namespaced_resource(
    "monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"
)
PrometheusRule = create_namespaced_resource(
    "monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"
)
KINDS: dict[str, type[Any]] = {
    "ConfigMap": ConfigMap,
    "Secret": Secret,
    "Service": Service,
    "PersistentVolumeClaim": PersistentVolumeClaim,
    "Deployment": Deployment,
    "StatefulSet": StatefulSet,
    "Job": Job,
    "CronJob": CronJob,
    "ServiceMonitor": ServiceMonitor,
    "PrometheusRule": PrometheusRule,
    "Ingress": Ingress,
    "NetworkPolicy": NetworkPolicy,
    "PodDisruptionBudget": PodDisruptionBudget,
    "Middleware": Middleware,
    "TraefikService": TraefikService,
    "Issuer": Issuer,
    "Certificate": Certificate,
    "Gateway": Gateway,
    "HTTPRoute": HTTPRoute,
}
"""All kinds of objects that an instance has in its namespace."""

TOO_MANY_REQUESTS = 429
"""What the API answers to what it can't do at this moment, such as to evict a pod that a budget holds, or to
list objects of a kind whose storage is being opened."""
OPENING_SECONDS = 10.0
"""How long the storage of a kind may take to be opened. It takes less than one."""

_OF_THE_CLUSTER = ("ConfigMap/kube-root-ca.crt",)
"""What the cluster itself puts into every namespace."""


@dataclass
class Instance:
    """One stack of a checkout, in a namespace of a cluster."""

    checkout: Checkout
    name: str
    file: Path
    kubeconfig: Path
    environment: dict[str, str] = field(default_factory=dict)
    """What the user of this stack has in the environment besides."""

    @property
    def namespace(self) -> str:
        return f"openedx-{self.name}"

    # --- What its user does

    def say(self, **sections: Any) -> None:
        """Write these sections into the stack file; the others stay. None takes a section out."""
        content = yaml.safe_load(self.file.read_text()) if self.file.exists() else {"config": {}}
        for section, value in sections.items():
            content["config"].pop(f"openedx:{section}", None)
            if value is not None:
                content["config"][f"openedx:{section}"] = value
        self.file.write_text(yaml.safe_dump(content))

    def run(self, *words: str, **environment: str) -> Said:
        """Run `openedx-infra` on this stack."""
        return self.checkout.run("openedx-infra", *words, *self._which, **(self.environment | environment))

    def pulumi(self, *words: str, **environment: str) -> Said:
        """Run `pulumi` on this stack, as it is without our commands."""
        return self.checkout.run("pulumi", *words, "--stack", self.name, **(self.environment | environment))

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `openedx-infra` on this stack, to be interrupted."""
        return self.checkout.start("openedx-infra", *words, *self._which, **self.environment)

    def tell(self, *names: str) -> None:
        """Put secrets into the stack file that only the operator knows."""
        for name in names:
            words = ("config", "set", "--secret", *self._which, "--path", "--", f"openedx:secrets.{name}")
            said = self.checkout.run("pulumi", *words, stand_in(BY_NAME[name]), **self.environment)
            assert said.code == 0, said.text

    def up(self) -> Said:
        said = self.run("up", "--yes")
        assert said.code == 0, said.text
        return said

    def throw_away(self, *namespaces: str) -> None:
        """Delete its namespace, and others, with all in them; Pulumi's state goes with the machine.

        For a test that asks nothing of `destroy`, which takes as much CPU as an `up`.
        """
        for name in (self.namespace, *namespaces):
            self.client.delete(Namespace, name)

    def demand_unchanged(self) -> None:
        """A preview finds nothing to do."""
        said = self.run("preview", "--expect-no-changes")
        assert said.code == 0, said.text

    @property
    def _which(self) -> tuple[str, ...]:
        return ("--stack", self.name, "--config-file", str(self.file))

    # --- What the cluster shows

    @property
    def client(self) -> Client:
        config = KubeConfig.from_file(self.kubeconfig)
        return Client(config=config, namespace=self.namespace, trust_env=False)

    def list(self, kind: str) -> list[Any]:
        """All objects of a kind in the namespace, but runs of CronJobs, which come and go by the clock."""
        return [item for item in _listed(self.client, KINDS[kind]) if not is_by_clock(item)]

    def uids(self, kind: str) -> dict[str, str]:
        """What tells one object from a later one of the same name."""
        return {item.metadata.name: item.metadata.uid for item in self.list(kind)}

    def jobs(self) -> dict[str, str]:
        """The Jobs by component. There is never more than one of each when all is done."""
        jobs = self.list("Job")
        found = {item.metadata.labels[COMPONENT]: item.metadata.uid for item in jobs}
        assert len(found) == len(jobs), [item.metadata.name for item in jobs]
        return found

    def pods(self) -> dict[str, frozenset[str]]:
        """The pods that serve, by component; pods of Jobs and pods that are going left out."""
        found: dict[str, frozenset[str]] = {}
        for pod in self.client.list(Pod):
            meta = pod.metadata
            assert meta and meta.labels and meta.uid
            if not is_of_job(pod) and not meta.deletionTimestamp:
                component = meta.labels[COMPONENT]
                found[component] = found.get(component, frozenset()) | {meta.uid}
        return found

    def unready(self) -> list[str]:
        """Deployments, StatefulSets and Jobs that are not what they should be, by Kubernetes' own fields."""
        waiting = []
        for kind in ("Deployment", "StatefulSet"):
            for item in self.list(kind):
                status = item.status
                # A number that is 0 is not said.
                counts = {n or 0 for n in (status.replicas, status.readyReplicas, status.updatedReplicas)}
                if counts != {item.spec.replicas} or status.observedGeneration != item.metadata.generation:
                    waiting.append(f"{kind}/{item.metadata.name}")
        for job in self.list("Job"):
            if not is_complete(job):
                waiting.append(f"Job/{job.metadata.name}")
        return waiting

    def objects(self) -> set[str]:
        """Everything in the namespace that somebody put there, as `Kind/name`."""
        found = {f"{kind}/{item.metadata.name}" for kind in KINDS for item in self.list(kind)}
        return found - set(_OF_THE_CLUSTER)

    def exists(self) -> bool:
        """Whether there is a namespace of it."""
        try:
            self.client.get(Namespace, self.namespace)
        except ApiError as error:
            assert error.status.code == 404
            return False
        return True

    # --- What Pulumi believes

    def state(self) -> dict[str, Any]:
        said = self.pulumi("stack", "export")
        assert said.code == 0, said.text
        deployment: dict[str, Any] = json.loads(said.out)["deployment"]
        return deployment

    def believed(self) -> set[str]:
        """The objects of the namespace in Pulumi's state, as `Kind/name`; a patch is no object of its own."""
        found = (resource.get("id", "") for resource in self._kubernetes())
        kinds = (resource["type"].rpartition(":")[2] for resource in self._kubernetes())
        return {
            f"{kind}/{name.removeprefix(self.namespace + '/')}"
            for kind, name in zip(kinds, found, strict=True)
            if kind != "Namespace" and not kind.endswith("Patch")
        }

    def _kubernetes(self) -> list[Mapping[str, Any]]:
        return [
            resource
            for resource in self.state().get("resources", ())
            if resource["type"].startswith("kubernetes:")
        ]


@dataclass
class FirstUp:
    """An instance, and what was said when it was brought up from nothing."""

    instance: Instance
    said: Said


def _listed(client: Client, kind: type[Any]) -> list[Any]:
    """What the API server has. A kind of a CRD that nobody asked for before it opens first, and says so."""
    end = time.monotonic() + OPENING_SECONDS
    while True:
        try:
            return list(client.list(kind))
        except ApiError as error:
            if error.status.code != TOO_MANY_REQUESTS or time.monotonic() > end:
                raise
            time.sleep(0.2)


def is_by_clock(item: Any) -> bool:
    """Whether a CronJob made it."""
    return any(owner.kind == "CronJob" for owner in item.metadata.ownerReferences or ())


def is_of_job(pod: Pod) -> bool:
    owners = (pod.metadata and pod.metadata.ownerReferences) or []
    return any(owner.kind == "Job" for owner in owners)


def is_complete(job: Job) -> bool:
    conditions = (job.status and job.status.conditions) or []
    return any(condition.type == "Complete" and condition.status == "True" for condition in conditions)
