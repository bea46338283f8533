"""The preflight: a Job that checks servers that somebody else runs, before anything is changed.

It runs before all other Jobs. Its inputs are connections and passwords, so that it runs again when one
changes, and only then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pulumi

from openedx_infra import scripts
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Store
from openedx_infra.components.instance import PLATFORM, Instance
from openedx_infra.components.users import IMAGE_GROUPS, USER
from openedx_infra.components.web_proxy import environment
from openedx_infra.config import Stack
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.services.buckets import bucket_name, kind
from openedx_infra.config.services.registry import companions
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.models import Job
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
"""The platform's own passwords."""
ADMINISTRATORS = {
    "mysql": "mysql_root_password",
    "mongodb": "mongodb_root_password",
    "search": "meilisearch_master_key",
    "storage": "s3_root_secret_key",
}
"""Passwords of the administrators, used where the platform's user doesn't exist yet."""


def preflight(instance: Instance, datastores: Datastores, parent: pulumi.Resource) -> Sequence[Job]:
    """The Job, after the servers that it checks; none, where the instance runs all of them itself."""
    external = {name: store for name, store in datastores.named().items() if store.externally_managed}
    if not external and instance.stack.network.proxy is None:
        return []
    scope, opts = instance.scope, pulumi.ResourceOptions(parent=parent)
    script = files.plain(f"{NAME}-script", scope, scripts.package(NAME), opts)
    parameters = files.plain(
        f"{NAME}-parameters", scope, {"preflight.json": _parameters(instance.stack, external)}, opts
    )
    passwords = _passwords(instance, external)
    certificates = instance.certificates
    own_secrets = [files.secret(f"{NAME}-secrets", scope, passwords, opts)] if passwords else []
    secrets = [*own_secrets, *certificates.secrets()]
    container = Container(
        image=instance.image("openedx"),
        size=SIZE,
        command=["python", "-m", NAME],
        working_dir=FOLDER,
        env={
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/tmp",
            **environment(instance.stack),
        },
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
    ready = [resource for store in external.values() for resource in store.ready]
    after = pulumi.ResourceOptions(parent=parent, depends_on=ready)
    return [job(NAME, scope, pod, after, deadline_minutes=MINUTES)]


def about(name: str, stack: Stack, store: Store[Any]) -> dict[str, Any]:
    """Parameters of a store besides its connection."""
    more: dict[str, Any] = {"sender": stack.sender, "greeting": stack.site.lms_host} if name == "mail" else {}
    if name == "storage":
        more["origins"] = [stack.site.lms_url, stack.site.studio_url, stack.site.mfe_url]
    if services := of_services(name, stack, store):
        more["services"] = services
    return {
        **more,
        "key": "openedx:mail.delivery" if name == "mail" else f"openedx:datastores.{name}",
        "external": stack.stores[name].run_by == "external",
        "administrator": store.administrator.user if store.administrator else None,
        "prefix": keys.index_prefix(stack),
        "tested": _tested(stack).get(name, ""),
    }


def of_services(name: str, stack: Stack, store: Store[Any]) -> list[dict[str, Any]]:
    """What companion services have on a server on which nobody makes it for them: databases with their users,
    and buckets."""
    if store.administrator is not None:
        return []
    if name == "mysql":
        return [
            {"key": key_of(each.location), **asdict(database)}
            for each in companions(stack)
            for database in each.service.databases_of(stack, each.section)
        ]
    if name != "storage" or stack.datastores.storage.run_by != "external":
        return []
    return [
        {
            "field": f"service_buckets.{kind(each.name, bucket)}",
            "name": bucket_name(stack, each.name, bucket),
            "purpose": "public" if bucket.public else "private",
        }
        for each in companions(stack)
        for bucket in each.service.buckets
    ]


def _parameters(stack: Stack, external: Mapping[str, Store[Any]]) -> pulumi.Output[str]:
    """The Job's parameters as JSON. Nothing in it is secret."""
    facts = {name: about(name, stack, store) for name, store in external.items()}
    connections = {name: store.connection for name, store in external.items()}
    proxy = {"url": stack.network.proxy.url, "target": _asked_for(stack)} if stack.network.proxy else None
    return pulumi.Output.all(
        facts=facts, connections=connections, authorities=authorities(stack), proxy=proxy
    ).apply(_json)


def _asked_for(stack: Stack) -> str:
    """Whom the proxy is asked for when it is tried: the LMS, which is on the Internet in most cases."""
    return f"{stack.site.lms_host}:443"


def authorities(stack: Stack) -> list[str]:
    """Files of authorities that the whole platform trusts, beside those of its libraries."""
    return [f"{paths.CERTIFICATES_DIR}/{name}" for name in stack.network.authority_files]


def _json(values: Mapping[str, Any]) -> str:
    stores = {
        name: about | {"connection": asdict(values["connections"][name])}
        for name, about in values["facts"].items()
    }
    proxy = {"proxy": values["proxy"]} if values["proxy"] else {}
    return json.dumps(
        {"authorities": values["authorities"], "stores": stores, **proxy}, indent=1, sort_keys=True
    )


def _tested(stack: Stack) -> dict[str, str]:
    """Versions that the release is tested with, such as `8.4`: those of its images."""
    images = stack.pinned_release.images
    tested = {"mysql": images.mysql, "mongodb": images.mongodb, "search": images.meilisearch}
    return {
        name: ".".join(re.findall(r"\d+", image.rpartition(":")[2])[:2]) for name, image in tested.items()
    }


def _passwords(instance: Instance, external: Mapping[str, Store[Any]]) -> dict[str, pulumi.Input[str]]:
    passwords: dict[str, pulumi.Input[str]] = {}
    for name, store in external.items():
        administrator = store.administrator
        if administrator is None:
            keys = (key for key in PASSWORDS[name] if key in instance.secrets)
            passwords |= {key: instance.secrets[key] for key in keys}
            services = of_services(name, instance.stack, store)
            passwords |= {
                each["secret"]: instance.secrets[each["secret"]] for each in services if "secret" in each
            }
            continue
        passwords[ADMINISTRATORS[name]] = administrator.password
        if administrator.previous is not None:
            passwords[f"{ADMINISTRATORS[name]}_previous"] = administrator.previous
    return passwords
