"""Certificates, kubeconfigs and command lines of the embedded cluster's processes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.certificates import CLIENT, SERVER, Authority, Pair, signing_pair, write_private
from tools.paths import private_dir

HOST = "127.0.0.1"
"""All servers listen here and nowhere else."""

CONTEXT = "openedx-embedded"
"""The kubeconfig's one context; a stack file that names another cluster can never mean this one."""

SERVICES = "10.96.0.0/16"
PODS = "10.244.0.0/16"

PORTS = ("etcd", "etcd-peer", "kube-apiserver")

ORDER = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
"""The processes, in the order in which they start; they stop in the opposite one."""

MANIFESTS = Path(__file__).parent / "manifests"

_SERVER_NAMES = (
    "localhost", HOST, "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)  # fmt: skip


@dataclass(frozen=True)
class Identities:
    """Every certificate of a cluster; etcd has an authority of its own, as only the API server may ask it."""

    authority: Pair
    api_server: Pair
    service_accounts: Pair
    etcd_authority: Pair
    etcd: Pair
    etcd_client: Pair
    clients: Mapping[str, Pair]
    kubelet_client: Pair
    """Who the API server is to a real node, for logs and commands in containers."""


def identities(folder: Path) -> Identities:
    """Return a cluster's certificates, made in a private folder on first use."""
    private_dir(folder)
    authority = Authority(folder, "ca")
    etcd_authority = Authority(folder, "etcd-ca")
    users = {
        "admin": ("openedx-embedded-admin", ("system:masters",)),
        "kube-controller-manager": ("system:kube-controller-manager", ()),
        "kube-scheduler": ("system:kube-scheduler", ()),
        # It plays the nodes, and writes what their kubelets would.
        "kwok": ("kwok", ("system:masters",)),
    }
    return Identities(
        authority=authority.pair,
        api_server=authority.issue("apiserver", user="kube-apiserver", purposes=SERVER, hosts=_SERVER_NAMES),
        service_accounts=signing_pair(folder, "service-accounts"),
        etcd_authority=etcd_authority.pair,
        etcd=etcd_authority.issue("etcd", user="etcd", purposes=SERVER + CLIENT, hosts=("localhost", HOST)),
        kubelet_client=authority.issue("kubelet-client", user="kube-apiserver", purposes=CLIENT),
        etcd_client=etcd_authority.issue("etcd-client", user="kube-apiserver", purposes=CLIENT),
        clients={
            name: authority.issue(f"client-{name}", user=user, groups=groups, purposes=CLIENT)
            for name, (user, groups) in users.items()
        },
    )


def write_kubeconfig(path: Path, port: int, authority: Pair, client: Pair) -> None:
    """Write a kubeconfig that holds all it needs, readable by its owner alone."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CONTEXT,
                "cluster": {
                    "server": f"https://{HOST}:{port}",
                    "certificate-authority-data": _encoded(authority.certificate),
                },
            }
        ],
        "users": [
            {
                "name": CONTEXT,
                "user": {
                    "client-certificate-data": _encoded(client.certificate),
                    "client-key-data": _encoded(client.key),
                },
            }
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "current-context": CONTEXT,
    }
    # JSON is YAML, and an unchanged cluster has an unchanged file.
    write_private(path, (json.dumps(config, indent=2) + "\n").encode())


def commands(
    paths: Mapping[str, Path],
    folder: Path,
    ports: Mapping[str, int],
    pki: Identities,
    configs: Mapping[str, Path],
) -> dict[str, list[str]]:
    """Return the command line of each process in `ORDER`.

    `paths` leads to the binaries, `folder` is where data goes, `configs` holds each client's kubeconfig.
    """
    options = {
        "etcd": _etcd(folder, ports, pki),
        "kube-apiserver": _api_server(folder, ports, pki),
        "kube-controller-manager": _controller_manager(configs, pki),
        "kube-scheduler": {"kubeconfig": configs["kube-scheduler"], "leader-elect": "false"}
        | {"bind-address": HOST, "secure-port": 0},
        "kwok": {
            "kubeconfig": configs["kwok"],
            "config": MANIFESTS / "stages.yaml",
            # A real node may join: it is not to be played.
            "manage-all-nodes": "false",
            "manage-nodes-with-annotation-selector": "kwok.x-k8s.io/node=fake",
            # With leases a restarted kwok waits until its predecessor's run out; a heartbeat stage does it.
            "node-lease-duration-seconds": 0,
            "v": "WARN",
        },
    }
    return {
        name: [str(paths[name]), *(f"--{option}={value}" for option, value in options[name].items())]
        for name in ORDER
    }


def _etcd(folder: Path, ports: Mapping[str, int], pki: Identities) -> dict[str, object]:
    client, peer = (f"https://{HOST}:{ports[name]}" for name in ("etcd", "etcd-peer"))
    return {
        "name": "embedded",
        "data-dir": folder / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"embedded={peer}",
        "client-cert-auth": "true",
        "trusted-ca-file": pki.etcd_authority.certificate,
        "cert-file": pki.etcd.certificate,
        "key-file": pki.etcd.key,
        "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": pki.etcd_authority.certificate,
        "peer-cert-file": pki.etcd.certificate,
        "peer-key-file": pki.etcd.key,
        # Nothing in it has to survive a power cut, and waiting for the disk is most of a start's time.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }


def _api_server(folder: Path, ports: Mapping[str, int], pki: Identities) -> dict[str, object]:
    return {
        "bind-address": HOST,
        "advertise-address": HOST,
        "secure-port": ports["kube-apiserver"],
        # The loopback address is no endpoint that pods could use: the Service `kubernetes` has none.
        "endpoint-reconciler-type": "none",
        "etcd-servers": f"https://{HOST}:{ports['etcd']}",
        "etcd-cafile": pki.etcd_authority.certificate,
        "etcd-certfile": pki.etcd_client.certificate,
        "etcd-keyfile": pki.etcd_client.key,
        "tls-cert-file": pki.api_server.certificate,
        "tls-private-key-file": pki.api_server.key,
        "cert-dir": folder / "pki",
        "client-ca-file": pki.authority.certificate,
        "kubelet-client-certificate": pki.kubelet_client.certificate,
        "kubelet-client-key": pki.kubelet_client.key,
        "kubelet-preferred-address-types": "InternalIP",
        "anonymous-auth": "false",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki.service_accounts.certificate,
        "service-account-signing-key-file": pki.service_accounts.key,
        "service-cluster-ip-range": SERVICES,
        "profiling": "false",
    }


def _controller_manager(configs: Mapping[str, Path], pki: Identities) -> dict[str, object]:
    return {
        "kubeconfig": configs["kube-controller-manager"],
        "bind-address": HOST,
        "secure-port": 0,
        "leader-elect": "false",
        "use-service-account-credentials": "true",
        "service-account-private-key-file": pki.service_accounts.key,
        "root-ca-file": pki.authority.certificate,
        "cluster-signing-cert-file": pki.authority.certificate,
        "cluster-signing-key-file": pki.authority.key,
        "allocate-node-cidrs": "true",
        "cluster-cidr": PODS,
        "service-cluster-ip-range": SERVICES,
        "enable-hostpath-provisioner": "true",
        # Its usual limits are for a server that many share: with them it takes 5 s to begin.
        "kube-api-qps": 200,
        "kube-api-burst": 400,
        "profiling": "false",
    }


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
