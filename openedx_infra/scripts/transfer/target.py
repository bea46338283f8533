"""The target: its databases and storages, as the settings files of its LMS name them."""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

STAGING = "_import"
"""End of the names of databases, and beginning of those of collections, that hold what is not yet in use."""
WAIT_MS = 10_000
"""Patience with a server of MongoDB that does not answer."""
NOT_THE_DRIVER_S = ("collection", "db", "user", "password", "authsource", "read_preference", "connect")
"""Keys of DOC_STORE_CONFIG that are no options of the driver."""


UNTOUCHED = "Nothing that is in use was changed."
"""What every refusal of a stream tells."""


class Refused(Exception):
    """Nothing that is in use was changed. The text says why, and what to do."""


def step(text: str) -> None:
    """Tell what is done."""
    print(f"import: {text}", flush=True)


def settings() -> dict[str, Any]:
    """Settings of the LMS with its secrets, as the pod has them."""
    plain, secret = os.environ["LMS_CFG"], os.environ.get("LMS_SECRETS", "/openedx/secrets/lms.yml")
    read = import_module("yaml").safe_load
    texts = (Path(path).read_text(encoding="utf-8") for path in (plain, secret))
    first, second = (read(text) or {} for text in texts)
    return _over(first, second)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for name, value in above.items():
        both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = _over(result[name], value) if both else value
    return result


def aliases() -> dict[str, Mapping[str, Any]]:
    """Databases of MySQL: `main`, and `history` where the instance has a second one."""
    databases = settings()["DATABASES"]
    names = {"main": "default", "history": "student_module_history"}
    return {name: databases[alias] for name, alias in names.items() if alias in databases}


def mysql(alias: Mapping[str, Any]) -> Any:
    """A connection as the platform's user, which speaks utf8mb4 and checks no foreign keys."""
    driver = import_module("MySQLdb")
    options = alias.get("OPTIONS", {})
    connection = driver.connect(
        host=alias["HOST"],
        port=int(alias["PORT"]),
        user=alias["USER"],
        password=alias["PASSWORD"],
        charset="utf8mb4",
        **{name: options[name] for name in ("ssl", "ssl_mode") if name in options},
    )
    cursor = connection.cursor()
    # Unique indexes are checked: without that, InnoDB would keep duplicates unseen.
    cursor.execute("SET SESSION foreign_key_checks=0, unique_checks=1, time_zone='+00:00'")
    cursor.execute("SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO'")
    return connection


def staging(alias: Mapping[str, Any]) -> str:
    """Name of the database beside one that is loaded."""
    return f"{alias['NAME']}{STAGING}"


def quoted(name: str) -> str:
    """A name as MySQL reads it."""
    return "`" + name.replace("`", "``") + "`"


def mongodb() -> Any:
    """The target's database in MongoDB, as the platform's user."""
    config = settings()["DOC_STORE_CONFIG"]
    options = {name: value for name, value in config.items() if name not in NOT_THE_DRIVER_S}
    options.pop("socketTimeoutMS", None)  # building an index may take longer
    if isinstance(pair := options.get("tlsCertificateKeyFile"), list):
        options["tlsCertificateKeyFile"] = pair[1]  # the file of the key holds the certificate as well
    login = {"username": config["user"], "password": config["password"]} if "user" in config else {}
    client = import_module("pymongo").MongoClient(
        serverSelectionTimeoutMS=WAIT_MS, authSource=config["authsource"], **login, **options
    )
    return client[config["db"]]
