"""Where a release's forum finds discussions in MongoDB, which later ones have in MySQL alone."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.settings.connections import Mongodb
from openedx_infra.settings.datastores.mongodb import client_options
from openedx_infra.settings.merging import Settings


def forum(stack: Stack, server: Mongodb) -> Settings:
    """Settings of the LMS, the password aside: by default, they are in the database of the courses."""
    if not stack.pinned_release.forum_in_mongodb:
        return {}
    return {
        "FORUM_MONGODB_DATABASE": server.database,
        "FORUM_MONGODB_CLIENT_PARAMETERS": client_options(server),
    }


def forum_secrets(stack: Stack, server: Mongodb, secrets: Mapping[str, str]) -> Settings:
    """The password, where there is one."""
    if not (stack.pinned_release.forum_in_mongodb and server.has_password):
        return {}
    return {"FORUM_MONGODB_CLIENT_PARAMETERS": {"password": secrets["mongodb_password"]}}
