"""The bucket of backups as restic and rclone are configured for it, and rclone's login at uploaded files."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.backups import Backups, Destination
from openedx_infra.settings.connections import Buckets, Volumes


def folder(to: Destination, stack: Stack) -> str:
    """Folder of the instance's backups in the bucket."""
    return to.folder or stack.name


def repository(to: Destination, stack: Stack) -> str:
    """The repository, as restic names it."""
    return f"s3:{to.url.rstrip('/')}/{to.bucket}/{folder(to, stack)}"


def logins(
    instance: Instance, config: Backups, storage: pulumi.Input[Volumes | Buckets]
) -> dict[str, pulumi.Output[str]]:
    """Files by which restic and rclone log in at the destination, and rclone where uploaded files are."""
    secrets, to = instance.secrets, config.destination
    pair = pulumi.Output.all(secrets["backup_access_key"], secrets["backup_secret_key"])
    files_pair = pulumi.Output.all(secrets.get("s3_access_key", ""), secrets.get("s3_secret_key", ""))
    return {
        "backup_credentials": pair.apply(credentials),
        "rclone.conf": pulumi.Output.all(pair, files_pair, storage).apply(
            lambda values: remotes(to, values[0], values[1], values[2])
        ),
    }


def credentials(keys: Sequence[str]) -> str:
    """The credentials file of AWS' libraries for the destination."""
    return f"[default]\naws_access_key_id = {keys[0]}\naws_secret_access_key = {keys[1]}\n"


def remotes(
    to: Destination, keys: Sequence[str], files_keys: Sequence[str], storage: Volumes | Buckets
) -> str:
    """rclone's configuration: the destination, and the server of uploaded files where there is one."""
    text = _remote("backups", to.url, to.region, to.addressing, keys)
    if isinstance(storage, Buckets):
        text += _remote("files", storage.endpoint, storage.region, storage.addressing, files_keys)
    return text


def _remote(name: str, endpoint: str | None, region: str, addressing: str, keys: Sequence[str]) -> str:
    login = {"access_key_id": keys[0], "secret_access_key": keys[1]} if keys[0] else {"env_auth": "true"}
    lines = {
        "type": "s3",
        "provider": "Other" if endpoint else "AWS",
        "region": region,
        **({"endpoint": endpoint} if endpoint else {}),
        "force_path_style": str(addressing == "path").lower(),
        **login,
    }
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in lines.items()), "", ""])
