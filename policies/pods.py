"""Rules for every pod: size, probes, privileges, images, and how Jobs end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.objects import EXCEPTION, PASSING, SERVING, Object, at, containers, pod_spec, pod_template

_SIZES = (
    ("requests", "cpu"),
    ("requests", "memory"),
    ("requests", "ephemeral-storage"),
    ("limits", "memory"),
    ("limits", "ephemeral-storage"),
)
_IMAGE = re.compile(r"(?P<registry>[^/]+)/.+?(?::(?P<tag>[\w.-]+))?(?P<digest>@sha256:[0-9a-f]{64})?")
_HARMLESS = {"NET_BIND_SERVICE"}
_RETRIES = 3
_NODES_USERS = 10_000
"""Numbers up to this may be users of a node."""


def sized(obj: Object) -> Iterator[str]:
    """Every container says what it needs and what it may use, or a neighbour pays for it."""
    for container in containers(pod_spec(obj) or {}):
        for part, what in _SIZES:
            if not at(container, "resources", part, what):
                yield f"container {container.get('name')} has no {what} in its {part}: set it"


def probed(obj: Object) -> Iterator[str]:
    """Whoever serves a port says when it is ready, and, by another test, when it must be restarted.

    With the same test for both, a pod that is merely busy would be killed rather than left alone for a while.
    """
    if obj.get("kind") not in SERVING:
        return
    for container in containers(pod_spec(obj) or {}, init=False):
        if not container.get("ports"):
            continue
        readiness, liveness = container.get("readinessProbe"), container.get("livenessProbe")
        for name, probe in (("readinessProbe", readiness), ("livenessProbe", liveness)):
            if not probe:
                yield f"container {container.get('name')} serves a port without {name}: give it one"
        if readiness and readiness == liveness:
            yield f"container {container.get('name')} has one probe for two questions: make liveness patient"


def unprivileged(obj: Object) -> Iterator[str]:
    """What the Pod Security Standard `restricted` demands, and a root file system that can't be written."""
    spec = pod_spec(obj)
    if spec is None:
        return
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"pods use {key}: leave it out"
    reason = at(pod_template(obj), "metadata", "annotations", EXCEPTION)
    for volume in spec.get("volumes") or ():
        if "hostPath" in volume and not reason:
            yield (
                f"volume {volume.get('name')} is a path of the node: use a claim or an emptyDir, or give the "
                f"reason by the annotation {EXCEPTION} of its pods"
            )
    for container in containers(spec):
        for problem in _privileges(spec, container):
            yield f"container {container.get('name')} {problem}"


def _privileges(spec: Object, container: Object) -> Iterator[str]:
    pod, security = spec.get("securityContext") or {}, container.get("securityContext") or {}
    if not security.get("runAsNonRoot", pod.get("runAsNonRoot")):
        yield "may run as root: set runAsNonRoot"
    if security.get("runAsUser", pod.get("runAsUser")) == 0:
        yield "runs as user 0: choose another"
    if at({**pod, **security}, "seccompProfile", "type") not in ("RuntimeDefault", "Localhost"):
        yield "has no seccomp profile: set RuntimeDefault"
    if security.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges: set allowPrivilegeEscalation to false"
    if security.get("privileged"):
        yield "is privileged: leave it out"
    if "ALL" not in (at(security, "capabilities", "drop") or ()):
        yield "keeps capabilities: drop ALL"
    if extra := set(at(security, "capabilities", "add") or ()) - _HARMLESS:
        yield f"adds capabilities ({', '.join(sorted(extra))}): leave them out"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "may write to its image: set readOnlyRootFilesystem, and mount an emptyDir where it must write"
    if any(port.get("hostPort") for port in container.get("ports") or ()):
        yield "takes a port of the node: use a Service"


def nobody_of_the_node(obj: Object) -> Iterator[str]:
    """Who keeps no file of its own on a volume runs as a user that no node has."""
    spec = pod_spec(obj)
    if spec is None or at(pod_template(obj), "metadata", "annotations", EXCEPTION):
        return
    if any("persistentVolumeClaim" in volume for volume in spec.get("volumes") or ()):
        return
    pod = spec.get("securityContext") or {}
    for container in containers(spec):
        user = (container.get("securityContext") or {}).get("runAsUser", pod.get("runAsUser"))
        if user is None or user <= _NODES_USERS:
            yield (
                f"container {container.get('name')} runs as a user that a node may have: set runAsUser above "
                f"{_NODES_USERS}, or say why not by the annotation {EXCEPTION} of its pods"
            )


def tokenless(obj: Object) -> Iterator[str]:
    """Nobody here talks to the API server, so nobody gets a token for it."""
    spec = pod_spec(obj)
    if spec is not None and spec.get("automountServiceAccountToken") is not False:
        yield "pods get a token for the API server: set automountServiceAccountToken to false"


def pinned_images(obj: Object) -> Iterator[str]:
    """An image's registry and version are spelled out, or tomorrow's pod differs from today's."""
    for container in containers(pod_spec(obj) or {}):
        image = str(container.get("image") or "")
        match = _IMAGE.fullmatch(image)
        if not match or not re.search(r"[.:]|^localhost$", match["registry"]):
            yield f"image {image or '(none)'} has no registry: write it as registry/name:tag"
        elif not match["digest"] and match["tag"] in (None, "latest"):
            yield f"image {image} has no version: name a tag other than latest, or a digest"


def digested_images(obj: Object) -> Iterator[str]:
    """An image is named by its content, where the stack file demands it: a moved tag then changes nothing."""
    for container in containers(pod_spec(obj) or {}):
        match = _IMAGE.fullmatch(str(container.get("image") or ""))
        if not match or not match["digest"]:
            yield f"image {container.get('image')} has no digest, which images.require_digest demands: add it"


def ending_jobs(obj: Object) -> Iterator[str]:
    """A Job ends soon, for better or worse, and stays to be seen: an up waits for it."""
    spec = obj.get("spec") or {}
    if obj.get("kind") not in PASSING:
        return
    if obj.get("kind") == "CronJob":
        spec = at(spec, "jobTemplate", "spec") or {}
    if at(spec, "template", "spec", "restartPolicy") != "Never":
        yield "restarts its container in place, which loses its log: set restartPolicy to Never"
    if not 0 <= spec.get("backoffLimit", 6) <= _RETRIES:
        yield f"tries again too often before it fails: set backoffLimit to {_RETRIES} or less"
    if not spec.get("activeDeadlineSeconds"):
        yield "may hang for ever: set activeDeadlineSeconds"
    if obj.get("kind") == "Job" and spec.get("ttlSecondsAfterFinished") is not None:
        yield "vanishes, so that the next refresh runs it again: leave out ttlSecondsAfterFinished"
