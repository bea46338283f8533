"""Rules on backups, scheduled commands and monitoring."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.rules.datastores import unproven_host
from openedx_infra.config.sections.backups import Backups
from openedx_infra.config.sections.duties import DUTY_SECRET
from openedx_infra.config.sections.lifecycle import Drift
from openedx_infra.config.sections.parts.retirement import RETIREMENT_DUTY, RetirementBucket
from openedx_infra.config.stack import SCRATCH_END, Stack
from openedx_infra.config.types.secret_references import SecretReference


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    yield from _backups(stack)
    yield from _duties(stack)
    yield from _retirement(stack)
    yield from _monitoring(stack)
    yield from drift(stack.drift)


def drift(section: Drift) -> Iterator[Conflict]:
    """Rules of what others own that would hide everything."""
    for index, rule in enumerate(section.ignore):
        if not (rule.kind or rule.name or rule.field or rule.manager):
            text = "passes over everything: set at least one of kind, name, field and manager"
            yield Conflict(("drift", "ignore", index), text)


def _backups(stack: Stack) -> Iterator[Conflict]:
    yield from _no_scratch(stack)
    backups = stack.backups
    if backups is None:
        return
    yield from _another_bucket(stack, backups)
    to, where = backups.destination, ("backups", "destination")
    keys = ((*where, "addressing"), (*where, "endpoint"))
    yield from unproven_host((*where, "bucket"), to.bucket, to.addressing, (to.url,), keys)
    retention = backups.retention
    if not (retention.daily or retention.weekly or retention.monthly):
        text = "would keep no scheduled backup: set daily, weekly or monthly"
        yield Conflict(("backups", "retention"), text)
    if not (backups.mysql or backups.mongodb or backups.files):
        text = "mysql, mongodb and files are all false, so there is nothing to back up: leave it out"
        yield Conflict(("backups",), text)
    if backups.drill and not (backups.mysql and backups.mongodb):
        text = "needs both databases to start the platform with, and one is not backed up: write null"
        reads = (("backups", "mysql"), ("backups", "mongodb"))
        yield Conflict(("backups", "drill"), text, reads)


def _no_scratch(stack: Stack) -> Iterator[Conflict]:
    """The scratch namespace of another instance would replace an instance of that name, and be deleted."""
    if stack.namespace.endswith(SCRATCH_END):
        text = (
            f"{stack.namespace} may be the scratch namespace in which backups of another instance are "
            f"tested, and be deleted afterwards: choose a name that doesn't end with {SCRATCH_END}"
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
    built_in = {RETIREMENT_DUTY, *(name.replace("_", "-") for name in duties.built_in)}
    for name in sorted(built_in & duties.extra.keys()):
        text = f"{name} is a built-in duty: choose another name"
        yield Conflict(("duties", "extra", name), text)
    yield from _one_file_each(stack)
    search = stack.datastores.search
    engine = "opensearch" if search.source == "opensearch" else getattr(search, "engine", "meilisearch")
    if duties.reindex_studio.enabled and engine != "meilisearch":
        text = f"true needs Meilisearch, where Studio's index is, and this instance has {engine}: write false"
        yield Conflict(("duties", "reindex_studio", "enabled"), text, (("datastores", "search"),))


def _retirement(stack: Stack) -> Iterator[Conflict]:
    """The duty needs the states and the service user that it is made for."""
    enabled: Location = ("retirement", "enabled")
    if not stack.retirement.enabled:
        return
    if not stack.duties.enabled:
        text = "true has no effect while `openedx:duties.enabled` is false: set both alike"
        yield Conflict(enabled, text, (("duties", "enabled"),))
    for section in ("common", "lms"):
        free = getattr(stack.settings, section)
        for name in sorted({"RETIREMENT_STATES", "RETIREMENT_SERVICE_WORKER_USERNAME"} & free.keys()):
            text = (
                "is written by this program while `openedx:retirement.enabled` is true: leave it out, or "
                "retire accounts by a duty of your own"
            )
            yield Conflict(("settings", section, name), text, (enabled,))
    if stack.retirement.archive and stack.retirement.record_days is None:
        text = "has no effect while `record_days` is null, as the LMS keeps all records: set a number there"
        yield Conflict(("retirement", "archive"), text, (("retirement", "record_days"),))
    for name, (bucket, _) in stack.retirement.buckets.items():
        yield from _retired(stack, ("retirement", name), bucket)


def _retired(stack: Stack, place: Location, to: RetirementBucket) -> Iterator[Conflict]:
    """Names and addresses of retired learners must not be where visitors' files are."""
    storage = stack.datastores.storage
    if isinstance(storage, StorageExternal) and to.bucket in storage.buckets.model_dump().values():
        text = f"{to.bucket} has uploaded files: name a bucket that the platform's own key can't read"
        yield Conflict((*place, "bucket"), text, (("datastores", "storage"),))
    yield from unproven_host((*place, "bucket"), to.bucket, to.addressing, (to.url,), (place,))


def _one_file_each(stack: Stack) -> Iterator[Conflict]:
    """All secret files of duties are in one Secret, by their names."""
    for name, duty in stack.duties.extra.items():
        for index, secret in enumerate(duty.secrets):
            if isinstance(secret, SecretReference) and secret.secret in stack.duties.secrets:
                text = (
                    f"{secret} and the stack's `{DUTY_SECRET}{secret.secret}` are both the file "
                    f"{secret.secret}: rename the first"
                )
                reads = (("duties", "extra"),)
                yield Conflict(("duties", "extra", name, "secrets", index), text, reads)


def _monitoring(stack: Stack) -> Iterator[Conflict]:
    monitoring = stack.monitoring
    if monitoring.grafana and not monitoring.prometheus:
        text = "true has no effect without `prometheus: true`: set that, too"
        yield Conflict(("monitoring", "grafana"), text, (("monitoring", "prometheus"),))
    yield from _tracking(stack)


def _tracking(stack: Stack) -> Iterator[Conflict]:
    tracking, storage = stack.monitoring.tracking, ("datastores", "storage")
    if tracking is None:
        return
    if tracking.server is None and stack.sources["storage"] == "volumes":
        text = "missing: uploaded files are on volumes, so set the S3 server that has the bucket"
        yield Conflict(("monitoring", "tracking", "server"), text, (storage,))
    if tracking.server is not None and tracking.bucket is None:
        text = "missing: name the bucket on `server`"
        yield Conflict(("monitoring", "tracking", "bucket"), text, (("monitoring", "tracking", "server"),))
    if tracking.server is not None and tracking.bucket is not None:
        place = ("monitoring", "tracking")
        keys = ((*place, "server"),)
        server = tracking.server
        yield from unproven_host((*place, "bucket"), tracking.bucket, server.addressing, (server.url,), keys)
    if (
        tracking.server is None
        and tracking.bucket is not None
        and stack.sources["storage"] in ("in-cluster", "s3")
    ):
        text = (
            f"{tracking.bucket} is no bucket that pods of this instance may write to: leave it out to use "
            "the private one, or set its `server`"
        )
        yield Conflict(("monitoring", "tracking", "bucket"), text, (storage,))
