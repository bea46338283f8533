"""What pods of a companion service mount: its configuration files, certificates, and scratch folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import pulumi

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.services import tokens
from openedx_infra.services.companion import ConfigFile, Store, Values
from openedx_infra.services.of_stack import Companion
from openedx_infra.settings import paths
from openedx_infra.settings.keys import jwk_set_public

PASSWORDS: Mapping[Store, Sequence[str]] = {
    "mysql": (),  # each service has users of its own there
    "mongodb": ("mongodb_password",),
    "broker": ("broker_password",),
    "cache": ("cache_password",),
    "search": ("meilisearch_master_key", "search_api_key", "search_password"),
    "storage": ("s3_access_key", "s3_secret_key"),
    "mail": ("mail_password",),
}
"""By which the platform logs in to its datastores, as far as a stack has them."""
EXECUTABLE = 0o555
"""Mode of a file that is a program."""


def mounts(
    companion: Companion,
    instance: Instance,
    datastores: Datastores,
    buckets: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    *,
    fixed: bool = False,
) -> list[Mount]:
    """The folders that all pods of a service mount. `buckets`: names of its own by what they are for;
    `fixed`: their objects have fixed names, and change in place."""
    parts, certificates = companion.parts, instance.certificates
    sources = _sources(companion, instance, datastores, buckets, opts, fixed=fixed)
    if keys := certificates.secrets(*parts.stores) if parts.stores else []:
        sources.setdefault(paths.SECRETS_DIR, []).extend(keys)
    return [
        *(volumes.mounted(_volume(folder), folder, shown) for folder, shown in sorted(sources.items())),
        *(certificates.mounts(*parts.stores) if parts.stores else []),
        *scratch(parts.scratch),
    ]


def scratch(folders: Mapping[str, str]) -> list[Mount]:
    """Folders to write to, with their sizes: empty at start, and gone with the pod."""
    return [volumes.scratch(_volume(path), path, size) for path, size in folders.items()]


def _sources(
    companion: Companion,
    instance: Instance,
    datastores: Datastores,
    buckets: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    *,
    fixed: bool,
) -> dict[str, list[Files]]:
    """The files by their folders: all plain ones are in one object, all secret ones in another."""
    name = f"{companion.name}-duties" if fixed else companion.name
    plain, secret = (files.current_plain, files.current_secret) if fixed else (files.plain, files.secret)
    sources: dict[str, list[Files]] = {}
    for is_secret, make, kind in ((False, plain, "config"), (True, secret, "secrets")):
        own = [file for file in companion.parts.files if file.secret is is_secret]
        if own:
            texts = {_key(file): _text(file, companion, instance, datastores, buckets) for file in own}
            made = make(f"{name}-{kind}", instance.scope, texts, opts)
            for file in own:
                shown = Files(
                    source=made.source,
                    keys={_key(file): PurePosixPath(file.path).name},
                    mode=EXECUTABLE if file.executable else None,
                )
                sources.setdefault(str(PurePosixPath(file.path).parent), []).append(shown)
    return sources


def _text(
    file: ConfigFile,
    companion: Companion,
    instance: Instance,
    datastores: Datastores,
    buckets: Mapping[str, pulumi.Input[str]],
) -> pulumi.Input[str]:
    """The text of a file. A plain one is made without any secret."""
    text = file.text
    if isinstance(text, str):
        return text
    secrets = _secrets(companion, instance) if file.secret else {}

    def made(resolved: Sequence[Any]) -> str:
        connections, values, names = resolved
        return text(
            Values(
                stack=instance.stack,
                service=companion.name,
                connections=connections,
                secrets=values or {},
                buckets=names or {},
            )
        )

    return pulumi.Output.all(
        datastores.connections, pulumi.Output.all(**secrets), pulumi.Output.all(**buckets)
    ).apply(made)


def _secrets(companion: Companion, instance: Instance) -> dict[str, pulumi.Input[str]]:
    """The secrets that a service may read: its own, and logins at the datastores that it uses."""
    own = [secret.name for secret in companion.service.secrets(instance.stack, companion.section)]
    of_stores = [name for store in companion.parts.stores for name in PASSWORDS[store]]
    values = {name: instance.secrets[name] for name in (*own, *of_stores) if name in instance.secrets}
    return {**values, **(_token_keys(instance) if companion.parts.checks_tokens else {})}


def _token_keys(instance: Instance) -> dict[str, pulumi.Input[str]]:
    """By what a service checks tokens. It can't sign any that visitors have."""
    private = pulumi.Output.from_input(instance.secrets[tokens.PRIVATE_KEY])
    return {
        tokens.SECRET: instance.secrets[tokens.SECRET],
        tokens.PUBLIC_KEYS: private.apply(jwk_set_public),
    }


def _key(file: ConfigFile) -> str:
    """Key of a file in its object: files of two folders may have one name."""
    return file.path.strip("/").replace("/", "-")


def _volume(path: str) -> str:
    """Name of the volume that shows a folder."""
    return "-".join(part for part in path.lower().replace(".", "-").replace("_", "-").split("/") if part)
