"""Rules on backups, scheduled commands and monitoring."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.sections.backups import Backups
from openedx_infra.config.stack import SCRATCH_END, Stack


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    yield from _backups(stack)
    yield from _duties(stack)
    yield from _monitoring(stack)


def _backups(stack: Stack) -> Iterator[Conflict]:
    yield from _no_scratch(stack)
    backups = stack.backups
    if backups is None:
        return
    yield from _another_bucket(stack, backups)
    kept = backups.retention
    if not (kept.daily or kept.weekly or kept.monthly):
        text = "would keep nothing of what the clock makes: say daily, weekly or monthly"
        yield Conflict(("backups", "retention"), text)
    if not (backups.mysql or backups.mongodb or backups.files):
        text = "mysql, mongodb and files are all false, so that there is nothing to keep: leave it out"
        yield Conflict(("backups",), text)
    if backups.drill and not (backups.mysql and backups.mongodb):
        text = "needs both databases to start the platform with, and one is not backed up: write null"
        reads = (("backups", "mysql"), ("backups", "mongodb"))
        yield Conflict(("backups", "drill"), text, reads)


def _no_scratch(stack: Stack) -> Iterator[Conflict]:
    """The scratch namespace of another instance is made over one that is there already, and deleted."""
    if stack.namespace.endswith(SCRATCH_END):
        text = (
            f"{stack.namespace} may be where backups of another instance are tried, and go with that: choose "
            f"a name that doesn't end with {SCRATCH_END}"
        )
        yield Conflict(("cluster", "namespace"), text)


def _another_bucket(stack: Stack, backups: Backups) -> Iterator[Conflict]:
    storage = stack.datastores.storage
    if not isinstance(storage, StorageExternal):
        return
    to = backups.destination
    for purpose, name in storage.buckets:
        if to.bucket == name and to.url.rstrip("/") == storage.endpoint.rstrip("/"):
            text = f"{name} is the bucket of `{purpose}` files: backups in it would be lost with them"
            where = ("datastores", "storage")
            yield Conflict(("backups", "destination", "bucket"), text, (where,))


def _duties(stack: Stack) -> Iterator[Conflict]:
    duties = stack.duties
    known = {name.replace("_", "-") for name in duties.known}
    for name in sorted(known & duties.extra.keys()):
        text = f"{name} is a duty that this program knows: choose another name"
        yield Conflict(("duties", "extra", name), text)
    search = stack.datastores.search
    engine = "opensearch" if search.source == "opensearch" else getattr(search, "engine", "meilisearch")
    if duties.reindex_studio.enabled and engine != "meilisearch":
        text = f"true needs Meilisearch, where Studio's index is, and this instance has {engine}: write false"
        yield Conflict(("duties", "reindex_studio", "enabled"), text, (("datastores", "search"),))


def _monitoring(stack: Stack) -> Iterator[Conflict]:
    said = stack.monitoring
    if said.grafana and not said.prometheus:
        text = "true, and nothing is measured: write `prometheus: true`, too"
        yield Conflict(("monitoring", "grafana"), text, (("monitoring", "prometheus"),))
    yield from _tracking(stack)


def _tracking(stack: Stack) -> Iterator[Conflict]:
    said, storage = stack.monitoring.tracking, ("datastores", "storage")
    if said is None:
        return
    if said.server is None and stack.sources["storage"] == "volumes":
        text = "missing, as uploaded files are on volumes: say the S3 server that has the bucket"
        yield Conflict(("monitoring", "tracking", "server"), text, (storage,))
    if said.server is not None and said.bucket is None:
        text = "missing: name the bucket on `server`"
        yield Conflict(("monitoring", "tracking", "bucket"), text, (("monitoring", "tracking", "server"),))
    if said.server is None and said.bucket is not None and stack.sources["storage"] in ("in-cluster", "s3"):
        text = (
            f"{said.bucket} is no bucket that pods of this instance may write to: leave it out, for the "
            "private one, or say its `server`"
        )
        yield Conflict(("monitoring", "tracking", "bucket"), text, (storage,))
