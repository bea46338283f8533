"""Who looks at servers that somebody else runs, before anything is changed?

One Job, before all others. Its inputs are connections and passwords, so that it runs again when one changes,
and only then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pulumi
from pulumi_kubernetes.batch.v1 import Job

from openedx_infra import scripts
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Store
from openedx_infra.components.instance import PLATFORM, Instance
from openedx_infra.components.users import IMAGE_GROUPS, USER
from openedx_infra.config import Stack
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.pod import Container, FixedSize, Pod
from openedx_infra.settings import keys, paths

NAME = "preflight"
FOLDER = "/openedx/scripts"
MINUTES = 10
"""Patience with a Job that takes seconds once its image is there, and some minutes when nobody answers."""
SIZE = FixedSize(cpu="50m", memory="256Mi", memory_limit="512Mi")
"""Python with the client libraries of all stores: boto3, the largest, takes some 100 MB (a guess)."""

PASSWORDS: Mapping[str, Sequence[str]] = {
    "mysql": ("mysql_password",),
    "mongodb": ("mongodb_password",),
    "broker": ("broker_password",),
    "cache": ("cache_password",),
    "search": ("search_api_key", "search_password"),
    "storage": ("s3_access_key", "s3_secret_key"),
    "mail": ("mail_password",),
}
"""What the platform logs in with."""
ADMINISTRATORS = {
    "mysql": "mysql_root_password",
    "mongodb": "mongodb_root_password",
    "search": "meilisearch_master_key",
    "storage": "s3_root_secret_key",
}
"""What logs in instead, where the platform's user is yet to be made."""


def preflight(instance: Instance, datastores: Datastores, parent: pulumi.Resource) -> Sequence[Job]:
    """The Job, after everything that it looks at; nothing, where the instance runs all stores itself."""
    foreign = {name: store for name, store in datastores.named().items() if store.foreign}
    if not foreign:
        return []
    scope, own = instance.scope, pulumi.ResourceOptions(parent=parent)
    script = files.plain(f"{NAME}-script", scope, scripts.package(NAME), own)
    parameters = files.plain(
        f"{NAME}-parameters", scope, {"preflight.json": _parameters(instance.stack, foreign)}, own
    )
    passwords = _passwords(instance, foreign)
    certificates = instance.certificates
    hidden = [files.secret(f"{NAME}-secrets", scope, passwords, own)] if passwords else []
    secrets = [*hidden, *certificates.secrets()]
    container = Container(
        image=instance.image("openedx"),
        size=SIZE,
        command=["python", "-m", NAME],
        working_dir=FOLDER,
        env={"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp"},
        mounts=[
            volumes.mounted("scripts", f"{FOLDER}/{NAME}", [script]),
            volumes.mounted("parameters", paths.PARAMETERS_DIR, [parameters]),
            *([volumes.mounted("secrets", paths.SECRETS_DIR, secrets)] if secrets else []),
            *certificates.mounts(),
            volumes.scratch("tmp", "/tmp", "64Mi"),
        ],
    )
    # It reaches what the platform reaches: network policies know it by the platform's label.
    pod = Pod(
        component=NAME,
        software=PLATFORM,
        service_account=instance.service_account,
        container=container,
        user=USER,
        groups=IMAGE_GROUPS,
        restart="Never",
    )
    ready = [resource for store in foreign.values() for resource in store.ready]
    opts = pulumi.ResourceOptions(parent=parent, depends_on=ready)
    return [job(NAME, scope, pod, opts, deadline_minutes=MINUTES)]


def about(name: str, stack: Stack, store: Store[Any]) -> dict[str, Any]:
    """What the Job is told of a store besides its connection."""
    return {
        "key": "openedx:mail.delivery" if name == "mail" else f"openedx:datastores.{name}",
        "external": stack.stores[name].run_by == "external",
        "administrator": store.administrator.user if store.administrator else None,
        "prefix": keys.index_prefix(stack),
        "tested": _tested(stack).get(name, ""),
    }


def _parameters(stack: Stack, foreign: Mapping[str, Store[Any]]) -> pulumi.Output[str]:
    """What the Job is told. Nothing in it is secret."""
    known = {name: about(name, stack, store) for name, store in foreign.items()}
    connections = {name: store.connection for name, store in foreign.items()}
    return pulumi.Output.all(known=known, connections=connections).apply(_written)


def _written(found: Mapping[str, Any]) -> str:
    stores = {
        name: about | {"connection": asdict(found["connections"][name])}
        for name, about in found["known"].items()
    }
    return json.dumps({"stores": stores}, indent=1, sort_keys=True)


def _tested(stack: Stack) -> dict[str, str]:
    """Versions that the release is tested with, such as `8.4`: those of its images."""
    images = stack.pinned_release.images
    named = {"mysql": images.mysql, "mongodb": images.mongodb, "search": images.meilisearch}
    return {name: ".".join(re.findall(r"\d+", image.rpartition(":")[2])[:2]) for name, image in named.items()}


def _passwords(instance: Instance, foreign: Mapping[str, Store[Any]]) -> dict[str, pulumi.Input[str]]:
    found: dict[str, pulumi.Input[str]] = {}
    for name, store in foreign.items():
        administrator = store.administrator
        if administrator is None:
            found |= {each: instance.secrets[each] for each in PASSWORDS[name] if each in instance.secrets}
            continue
        found[ADMINISTRATORS[name]] = administrator.password
        if administrator.previous is not None:
            found[f"{ADMINISTRATORS[name]}_previous"] = administrator.previous
    return found
