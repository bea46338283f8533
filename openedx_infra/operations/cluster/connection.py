"""The connection to the cluster of a stack, and its errors: unknown context, no answer, unknown user."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config import BaseStack
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import yaml_reader
from openedx_infra.operations.stack_files.checkout import CHECKOUT
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.operations.stack_files.yaml_reader import YamlProblem
from tools.control_plane import CONTEXT

if TYPE_CHECKING:
    import httpx2
    from lightkube import Client
    from lightkube.config.kubeconfig import SingleConfig

    from tools.cluster import EmbeddedCluster

ANSWER_SECONDS = 5.0
"""How long a cluster may take to answer before it counts as unreachable. A guess: VPNs answer within one."""


def embedded(console: Console | None = None) -> EmbeddedCluster:
    """The embedded cluster of this checkout, running or not."""
    from tools.cluster import EmbeddedCluster, cluster_dir
    from tools.recipes import CLUSTER
    from tools.toolchain import ensure

    return EmbeddedCluster(cluster_dir(CHECKOUT), ensure(CLUSTER, console=console))


def start_embedded(console: Console) -> Address:
    """Start the embedded cluster, or reuse it, and return its address."""
    cluster = embedded(console)
    cluster.start(console)
    return Address(context=CONTEXT, kubeconfig=cluster.kubeconfig)


def embedded_address() -> Address:
    """The address of the embedded cluster; raises OperationError when it was never started."""
    from tools.cluster import cluster_dir

    kubeconfig = cluster_dir(CHECKOUT) / "kubeconfig"
    if not kubeconfig.exists():
        raise OperationError("The embedded cluster was never started.", remedy="run `openedx-infra up`")
    return Address(context=CONTEXT, kubeconfig=kubeconfig)


def stop_embedded(console: Console) -> None:
    """Stop the embedded cluster; what is in it stays."""
    from tools.cluster import cluster_dir

    if cluster_dir(CHECKOUT).is_dir():
        embedded(console).stop()
    console.print("The embedded cluster is stopped. Its data stays; `openedx-infra up` goes on with it.")


def address_of(stack: BaseStack, *, local: bool) -> Address:
    """The address of a stack's cluster, whether or not it answers."""
    return embedded_address() if local else named(stack)


def named(stack: BaseStack) -> Address:
    """The address of the cluster that a stack names."""
    cluster = stack.cluster
    assert cluster.context is not None
    kubeconfig = CHECKOUT / Path(cluster.kubeconfig).expanduser() if cluster.kubeconfig else None
    return Address(context=cluster.context, kubeconfig=kubeconfig)


def connect(address: Address, namespace: str) -> Client:
    """A client for the cluster; raises OperationError when the context is unknown. Nothing is sent yet."""
    import httpx2
    from lightkube import Client

    timeout = httpx2.Timeout(ANSWER_SECONDS)
    with _usable(address):
        return Client(config=_config(address), namespace=namespace, timeout=timeout, trust_env=False)


def http_client(address: Address) -> httpx2.Client:
    """The same for requests by path, which threads may share."""
    with _usable(address):
        return _http(_config(address))


def http_client_of(client: Client) -> httpx2.Client:
    """One for requests by path to the cluster of a client."""
    return _http(client.config)


def _http(config: SingleConfig) -> httpx2.Client:
    import httpx2
    from lightkube.config import client_adapter

    parameters = client_adapter.ConnectionParams(timeout=httpx2.Timeout(ANSWER_SECONDS), trust_env=False)
    return client_adapter.Client(config, parameters)


@contextmanager
def _usable(address: Address) -> Iterator[None]:
    """Raises what is wrong with the context as OperationError."""
    from lightkube.core.exceptions import ConfigError

    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, OSError, ConfigError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise OperationError(
            f"The context {address.context} in {_kubeconfigs(address)[0]} can't be used: {reason}. "
            "Nothing was changed.",
            remedy=_GET_ONE,
        ) from error


def _config(address: Address) -> SingleConfig:
    from lightkube import KubeConfig

    paths = _kubeconfigs(address)
    merged = _merged(paths)
    names = [str(context.get("name")) for context in merged["contexts"]]
    if address.context not in names:
        raise OperationError(
            f"There is no context {address.context} in {' or '.join(str(path) for path in paths)}. "
            "Nothing was changed.",
            remedy=f"set openedx:cluster.context to one that exists: {', '.join(names) or 'there is none'}",
        )
    config = KubeConfig.from_dict(merged, fname=paths[0]).get(address.context)
    if config is None:
        raise LookupError("it names no cluster")
    return config


def require_reachable(address: Address, namespace: str) -> None:
    """Raise OperationError unless the cluster answers and knows the user."""
    from lightkube import ApiError
    from lightkube.resources.core_v1 import Namespace

    client = connect(address, namespace)
    try:
        client.get(Namespace, namespace)
    except ApiError as error:
        if error.status.code == 401:
            raise OperationError(
                f"The cluster of context {address.context} does not know this user (401). "
                "Nothing was changed.",
                remedy="log in to the cluster again, as its operator tells you",
            ) from error
        # Anything else, such as 404 before the first `up`, is the answer of a living API server.
    except no_answer() as error:
        raise OperationError(
            f"The cluster of context {address.context} can't be reached: {error or type(error).__name__}. "
            "Nothing was changed.",
            remedy=f"{_remedy(str(error))} `kubectl --context {address.context} get nodes` must answer from "
            "here",
        ) from error
    finally:
        client.close()


def _remedy(error: str) -> str:
    """What to do about a cluster that can't be reached."""
    if "CERTIFICATE_VERIFY_FAILED" not in error:
        return "see that it is running, and that its address in the kubeconfig is right."
    if "mismatch" in error or "not valid for" in error:
        return "in the kubeconfig, use an address of the cluster that its certificate names."
    if "expired" in error:
        return "renew the certificate of the cluster's API server: k3s does so when it is restarted."
    return (
        "its certificate is signed by an authority that the kubeconfig does not name: use the kubeconfig "
        "that the cluster wrote itself (k3s: /etc/rancher/k3s/k3s.yaml), whose `certificate-authority-data` "
        "names it."
    )


def no_answer() -> tuple[type[Exception], ...]:
    """What a client raises when the cluster refuses, or does not answer."""
    import httpx2
    from lightkube import ApiError

    return OSError, httpx2.HTTPError, ApiError


@contextmanager
def answering(*, remedy: str | None = None) -> Iterator[None]:
    """Raises what the cluster refuses within the block, or that it does not answer, as OperationError."""
    try:
        yield
    except no_answer() as error:
        raise OperationError(
            f"The cluster refused or did not answer: {error or type(error).__name__}", remedy=remedy
        ) from error


_GET_ONE = "set openedx:cluster.kubeconfig to the file that your cluster's operator gave you"


def _kubeconfigs(address: Address) -> list[Path]:
    """The files that may hold the context, in kubectl's order."""
    if address.kubeconfig:
        return [address.kubeconfig]
    listed = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return listed or [Path.home() / ".kube" / "config"]


def _merged(paths: list[Path]) -> dict[str, Any]:
    """One kubeconfig out of several, as kubectl reads them: of two things with one name the first counts."""
    parts = [part for path in paths for part in _read(path)]
    if not parts:
        raise OperationError(
            f"There is no kubeconfig at {' or '.join(str(path) for path in paths)}. Nothing was changed.",
            remedy=_GET_ONE,
        )
    merged: dict[str, Any] = {}
    for section in ("clusters", "contexts", "users"):
        named = [entry for part in parts for entry in part.get(section) or () if "name" in entry]
        merged[section] = list({entry["name"]: entry for entry in reversed(named)}.values())[::-1]
    return merged


def _read(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        content = yaml_reader.load(path)
    except FileNotFoundError:
        return
    except (OSError, YamlProblem) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OperationError(
            f"The kubeconfig {path} can't be read: {reason}. Nothing was changed.", remedy=_GET_ONE
        ) from error
    if not _is_kubeconfig(content):
        raise OperationError(f"{path} is no kubeconfig. Nothing was changed.", remedy=_GET_ONE)
    yield content


def _is_kubeconfig(content: Any) -> bool:
    """Whether a file lists clusters, contexts and users, as far as it names any."""
    if not isinstance(content, Mapping):
        return False
    sections = [content.get(section) or [] for section in ("clusters", "contexts", "users")]
    return all(
        isinstance(section, list) and all(isinstance(entry, Mapping) for entry in section)
        for section in sections
    )
