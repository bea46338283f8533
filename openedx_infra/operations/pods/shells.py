"""Commands for an instance's containers: management commands, and shells of Django and the databases.

Passwords are read in the container, from the files that are mounted there, and reach the client by a pipe
or a file in memory: they are in no argument, no environment variable and no list of processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openedx_infra import scripts
from openedx_infra.config import Stack
from openedx_infra.config.datastores.mongodb import MongodbInCluster
from openedx_infra.config.datastores.mysql import MysqlInCluster
from openedx_infra.config.versions import live_version
from openedx_infra.operations.errors import OperationError
from openedx_infra.services.database import secrets_folder
from openedx_infra.settings.paths import LMS_CFG, SECRETS_DIR

SITES = {"lms": "lms", "studio": "cms", "cms": "cms"}
"""Names of the two sites that an operator types, and edx-platform's own for each."""

Place = tuple[str, list[str]]
"""A component, and a command for its container."""


def manage(stack: Stack, site: str, arguments: Sequence[str]) -> Place:
    """`manage.py` of a site, in a web pod of the version that serves.

    Raises OperationError for what is no site.
    """
    if site not in SITES:
        raise OperationError(f"There is no site {site}.", remedy="name lms or studio")
    variant = SITES[site]
    name = "lms" if variant == "lms" else "studio"
    return f"{name}{live_version(stack).suffix}", ["./manage.py", variant, *arguments]


def sql(stack: Stack) -> Place:
    """MySQL's client on the platform's database.

    In the server's own pod, as root, where the instance runs the server; else in a pod of the LMS, as the
    platform's user, by the client of the image.
    """
    mysql = stack.datastores.mysql
    if isinstance(mysql, MysqlInCluster):
        script = _SQL.replace("FILE", f"{secrets_folder('mysql')}/password")
        return "mysql", ["bash", "-c", script, "sql", mysql.database]
    return _in_the_lms(stack, "sql_shell.py")


def mongo(stack: Stack) -> Place:
    """A shell on the platform's MongoDB database.

    `mongosh` in the server's own pod, as root, where the instance runs the server; else Python's shell with
    pymongo in a pod of the LMS, as its image has no mongosh.
    """
    mongodb = stack.datastores.mongodb
    if isinstance(mongodb, MongodbInCluster):
        script = _MONGO.replace("FILE", f"{secrets_folder('mongodb')}/password")
        script = script.replace("DATABASE", mongodb.database)
        return "mongodb", ["mongosh", "--nodb", "--quiet", "--shell", "--eval", script]
    return _in_the_lms(stack, "mongo_shell.py", "-i")


def _in_the_lms(stack: Stack, script: str, *options: str) -> Place:
    text = (Path(scripts.__file__).parent / "in_platform" / script).read_text(encoding="utf-8")
    command = ["python", *options, "-c", text, LMS_CFG, f"{SECRETS_DIR}/lms.yml"]
    return f"lms{live_version(stack).suffix}", command


# The official image's client says `--defaults-extra-file` must be its first option.
_SQL = """\
quoted() { local v=${1//\\\\/\\\\\\\\}; printf '"%s"' "${v//\\"/\\\\\\"}"; }
exec mysql --defaults-extra-file=<(printf '[client]\\nuser=root\\npassword=%s\\n' "$(quoted "$(<FILE)")") "$1"
"""

_MONGO = (
    'var password = require("fs").readFileSync("FILE", "utf8").trim(); '
    'db = new Mongo("mongodb://root:" + encodeURIComponent(password) + "@127.0.0.1/?authSource=admin")'
    '.getDB("DATABASE"); password = undefined;'
)
