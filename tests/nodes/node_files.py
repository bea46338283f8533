"""Configuration files of a real node's programs: containerd, kubelet, kube-proxy and CoreDNS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DNS = "169.254.20.10"
"""Where pods ask for names: an address of no network, which this machine takes while nodes run. The one that
Kubernetes' documentation chooses for a DNS server on each node."""

DOMAIN = "cluster.local"

PAUSE = "registry.k8s.io/pause:3.10"
"""Image that holds a pod's network. Like every other, it is fetched from the mirror."""

PLUGINS = Path("/usr/lib/cni")
"""Where Debian has the CNI plugins."""

_CONTAINERD = """\
version = 2
root = "{folder}/images"
state = "{folder}/run"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs",
    "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing"]

[grpc]
address = "{folder}/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
# Without CAP_SYS_RESOURCE, as in many containers and virtual machines, nobody may lower a score.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
stream_server_address = "127.0.0.1"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{folder}/cni"
conf_template = "{folder}/cni.template"

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{folder}/registries"
"""

# Every registry's images come from the mirror. Without the rest of the path, a namespace of the mirror
# can stand for all of them.
_MIRROR = """\
server = "{mirror}"

[host."{mirror}"]
capabilities = ["pull", "resolve"]
override_path = true
"""

_COREFILE = """\
.:53 {{
    bind {address}
    errors
    kubernetes {domain} in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 5
    }}
    forward . /etc/resolv.conf
    cache 5
}}
"""


def containerd(folder: Path, mirror: str) -> Mapping[Path, str]:
    """Files of a containerd of one's own, by their paths; `mirror` is where it gets all images from."""
    return {
        folder / "containerd.toml": _CONTAINERD.format(folder=folder, pause=PAUSE, plugins=PLUGINS),
        folder / "cni.template": json.dumps(_network(folder), indent=2).replace('"PODS"', '"{{.PodCIDR}}"'),
        folder / "registries" / "_default" / "hosts.toml": _MIRROR.format(mirror=mirror),
    }


def _network(folder: Path) -> dict[str, Any]:
    """A link from each pod to the machine, which routes: so no packet goes past the rules of kube-proxy."""
    addresses = {
        "type": "host-local",
        "dataDir": str(folder / "addresses"),
        "ranges": [[{"subnet": "PODS"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {
        "cniVersion": "0.4.0",
        "name": folder.name,
        "plugins": [{"type": "ptp", "ipMasq": False, "mtu": 1400, "ipam": addresses}],
    }


def kubelet(folder: Path, authority: Path, port: int) -> str:
    """Configuration of a kubelet. Whoever has a certificate of the cluster may ask it; nobody else."""
    return yaml.safe_dump(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "port": port,
            "healthzPort": 0,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": False},
                "x509": {"clientCAFile": str(authority)},
            },
            "authorization": {"mode": "AlwaysAllow"},
            "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
            "clusterDNS": [DNS],
            "clusterDomain": DOMAIN,
            "podLogsDir": str(folder / "logs"),
            # Several kubelets share the machine: each would end the processes of the others' control groups.
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "cgroupDriver": "cgroupfs",
            "failCgroupV1": False,
            "failSwapOn": False,
            # The disk is the machine's own, and may well be nearly full.
            "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1Gi"},
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "serializeImagePulls": False,
            "maxPods": 60,
            "registryPullQPS": 0,
            "kubeAPIQPS": 100,
            "kubeAPIBurst": 200,
            # A Secret that is mounted is seen to change in seconds rather than a minute.
            "syncFrequency": "10s",
        }
    )


def proxy(kubeconfig: Path, pods: str, *, health: int, metrics: int) -> str:
    """Configuration of kube-proxy: Services as rules of iptables."""
    return yaml.safe_dump(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "clusterCIDR": pods,
            "healthzBindAddress": f"127.0.0.1:{health}",
            "metricsBindAddress": f"127.0.0.1:{metrics}",
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
        }
    )


def corefile(kubeconfig: Path) -> str:
    """Configuration of CoreDNS: names of Services, and for all others the machine's own servers."""
    return _COREFILE.format(address=DNS, domain=DOMAIN, kubeconfig=kubeconfig)
