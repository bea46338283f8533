"""Parameters of the scripts of backups in Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from openedx_infra.components.backups.service_databases import ServiceDatabase
from openedx_infra.components.backups.service_databases import aliases as service_aliases
from openedx_infra.config import Stack
from openedx_infra.config.sections.backups import Backups
from openedx_infra.config.versions import newest_version
from openedx_infra.settings.connections import Mongodb, Mysql
from openedx_infra.settings.datastores.mongodb import mongodb as mongodb_settings
from openedx_infra.settings.datastores.mysql import mysql as mysql_settings


def parameters(
    stack: Stack,
    config: Backups,
    mysql: Mysql,
    mongodb: Mongodb,
    services: Sequence[ServiceDatabase] = (),
) -> str:
    """Parameters of `scripts/backup/` in Python, as JSON. Nothing in it is secret."""
    databases = mysql_settings(mysql)["DATABASES"]
    aliases = {"main": databases["default"]}
    if "student_module_history" in databases:
        aliases["history"] = databases["student_module_history"]
    parameters: dict[str, Any] = {"instance": stack.name, "release": newest_version(stack).release}
    if config.mysql:
        parameters["mysql"] = aliases | service_aliases(services, mysql)
    if config.mongodb:
        parameters["mongodb"] = mongodb_settings(mongodb)["DOC_STORE_CONFIG"]
    return json.dumps(parameters, indent=1, sort_keys=True)
