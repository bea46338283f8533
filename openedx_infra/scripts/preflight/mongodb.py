"""Checks of a MongoDB server or replica set, and of the user's rights."""

import os
import re
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from . import network
from .report import Fault, Findings, has_secret, is_older, read_file, secret

LEAST = (4, 4)
"""The oldest MongoDB that PyMongo 4 still speaks to without warning."""
NEEDED = frozenset({"find", "insert", "update", "remove", "createCollection", "createIndex"})
"""What the platform does in its database: the role readWrite has it all."""
REFUSED, UNKNOWN_USER, NO_SUCH_MECHANISM = 18, 8000, 334
"""AuthenticationFailed, what Atlas says instead, and MechanismUnavailable."""
X509 = "MONGODB-X509"
"""The mechanism by which a client's certificate is its login."""


def check(store: dict[str, Any], findings: Findings) -> None:
    """Look at every member, then at the whole as the platform's driver sees it."""
    config = store["connection"]
    for member in config["members"]:
        network.probe(member["host"], member["port"], config["tls"], findings, "members")
    client = _login(config, store["administrator"])
    try:
        _look(client, store, findings)
        if not store["administrator"]:
            _look_at_database(client, config, findings)
    finally:
        client.close()


def _look(client: Any, store: dict[str, Any], findings: Findings) -> None:
    before = time.time()
    hello = client.admin.command("isMaster")
    if "localTime" in hello:
        # PyMongo gives UTC without saying so.
        local = hello["localTime"]
        utc = import_module("datetime").timezone.utc
        findings.clock(local.replace(tzinfo=utc).timestamp(), before, time.time())
    _judge_set(hello, store["connection"], findings)
    judge_version(str(client.admin.command("buildInfo")["version"]), store["tested"], findings)


def _judge_set(hello: dict[str, Any], config: dict[str, Any], findings: Findings) -> None:
    if not hello.get("ismaster"):
        findings.fault(
            "it only reads: name all members of the replica set, and set `replica_set`, so that the "
            "primary is found",
            "members",
        )
    name = hello.get("setName")
    if config["replica_set"] and name != config["replica_set"]:
        findings.fault(
            f"its replica set is called {name}, not {config['replica_set']}: write the right name"
            if name
            else "it is no replica set: leave `replica_set` out",
            "replica_set",
        )
    elif name and not config["replica_set"] and not config["srv"]:
        findings.warn(
            f"it is a member of the replica set {name}: set `replica_set`, so that the others are found when "
            "it fails",
            "replica_set",
        )


def judge_version(version: str, tested: str, findings: Findings) -> None:
    """Say whether a server is too old, or another than the release is tested with."""
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if is_older(numbers, LEAST):
        findings.fault(f"MongoDB {version} is too old: this release is tested with {tested}")
    elif numbers[:1] != tuple(map(int, tested.split(".")[:1])):
        findings.warn(f"MongoDB {version} is another than {tested}, which this release is tested with")


def _look_at_database(client: Any, config: dict[str, Any], findings: Findings) -> None:
    errors = import_module("pymongo.errors")
    database = client[config["database"]]
    try:
        list(database["fs.files"].find({}, {"_id": 1}).limit(1))
    except errors.OperationFailure as error:
        raise Fault(
            f"{config['user']} may not read database {config['database']} ({_words(error)}): grant it the "
            f"role readWrite on {config['database']}",
            "user",
        ) from error
    _try_again(database, config, findings)
    try:
        order = database["fs.files"].find().sort("displayname").collation({"locale": "en", "strength": 2})
        list(order.limit(1))
    except errors.OperationFailure as error:
        findings.warn(
            f"it knows no collations ({_words(error)}), as DocumentDB before 8.0: Studio can't sort a "
            "course's files by name"
        )
    _demand_rights(client, config, findings)


def _try_again(database: Any, config: dict[str, Any], findings: Findings) -> None:
    """Delete a file that nobody has, by a write that may be repeated: not every server knows such writes."""
    errors, nobody = import_module("pymongo.errors"), import_module("bson").ObjectId()
    try:
        database["fs.files"].delete_one({"_id": nobody})
    except errors.OperationFailure as error:
        if config["retry_writes"] and "retryable" in str(error).lower():
            findings.fault(
                f"it refuses writes that may be repeated ({_words(error)}): set `retry_writes: false`",
                "retry_writes",
            )


def _demand_rights(client: Any, config: dict[str, Any], findings: Findings) -> None:
    errors = import_module("pymongo.errors")
    try:
        status = client.admin.command("connectionStatus", showPrivileges=True)["authInfo"]
    except errors.OperationFailure:
        return
    privileges = status.get("authenticatedUserPrivileges")
    if privileges is None:
        return
    if absent := ", ".join(sorted(NEEDED - rights(privileges, config["database"]))):
        findings.fault(
            f"{config['user']} lacks {absent} on database {config['database']}: grant it the role readWrite",
            "user",
        )


def rights(privileges: list[dict[str, Any]], database: str) -> set[str]:
    """What a user may do in all collections of a database."""
    return {
        action
        for one in privileges
        if one["resource"].get("anyResource")
        or (one["resource"].get("db") in ("", database) and one["resource"].get("collection") == "")
        for action in one["actions"]
    }


def _login(config: dict[str, Any], administrator: str | None) -> Any:
    name = "mongodb_root_password" if administrator else "mongodb_password"
    try:
        return _client(config, administrator, name)
    except Fault:
        if not has_secret(f"{name}_previous"):
            raise
        return _client(config, administrator, f"{name}_previous")


def _client(config: dict[str, Any], administrator: str | None, name: str) -> Any:
    errors = import_module("pymongo.errors")
    user = administrator or config["user"]
    holder = "admin" if administrator else config["auth_database"]
    mechanism = config["auth_mechanism"]
    by_certificate = mechanism == X509
    options = {
        **({} if by_certificate else {"username": user, "password": secret(name)}),
        **({"authMechanism": mechanism} if mechanism else {}),
        "authSource": holder,
        "serverSelectionTimeoutMS": 10_000,
        "retryWrites": config["retry_writes"],
        **({"replicaSet": config["replica_set"]} if config["replica_set"] else {}),
        **_encryption(config["tls"]),
    }
    try:
        client = import_module("pymongo").MongoClient(_address(config), **options)
        client.admin.command("ping")
        client[config["database"]].command("connectionStatus")
    except errors.OperationFailure as error:
        if error.code == NO_SUCH_MECHANISM or (mechanism and "mechanism" in str(error).lower()):
            rule = f"it does not let {user} in by {mechanism or 'a password'} ({_words(error)})"
            raise Fault(f"{rule}: set another `auth_mechanism`", "auth_mechanism") from error
        if by_certificate and error.code in (REFUSED, UNKNOWN_USER):
            raise Fault(
                f"it knows no user who is the subject of `tls.client_certificate` ({_words(error)}): make "
                f"one in its database {holder}, with the role readWrite on {config['database']}",
                "tls.client_certificate",
            ) from error
        if error.code in (REFUSED, UNKNOWN_USER):
            raise Fault(
                f"the password of {user} is refused, or {user} is no user of database {holder}: put the "
                f"right one into openedx:secrets.{name}, or set `auth_database`",
                "user",
            ) from error
        raise Fault(f"{user} can't log in ({_words(error)})", "user") from error
    except errors.ConfigurationError as error:
        raise Fault(f"{config['srv'] or 'its address'} can't be resolved ({_words(error)})", "srv") from error
    except errors.ServerSelectionTimeoutError as error:
        wanted = f" of the replica set {config['replica_set']}" if config["replica_set"] else ""
        raise Fault(
            f"no member{wanted} can be used ({_words(error)[:300]}): compare names, and open the way to "
            "all members",
            "replica_set" if wanted else "members",
        ) from error
    return client


def _address(config: dict[str, Any]) -> str:
    if config["srv"]:
        return f"mongodb+srv://{config['srv']}"
    return "mongodb://" + ",".join(f"{member['host']}:{member['port']}" for member in config["members"])


def _encryption(tls: dict[str, Any] | None) -> dict[str, Any]:
    if not tls:
        return {}
    options = {
        "tls": True,
        "tlsAllowInvalidHostnames": tls["verify"] == "ca",
        "tlsAllowInvalidCertificates": tls["verify"] == "none",
        "tlsCAFile": tls["ca"],
        "tlsCertificateKeyFile": _together(tls) if tls["certificate"] else None,
    }
    return {name: value for name, value in options.items() if value}


def _together(tls: dict[str, Any]) -> str:
    """A file that only we can read, of key and certificate: PyMongo wants both in one."""
    descriptor, path = tempfile.mkstemp(suffix=".pem")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join([read_file(Path(tls["key"])), read_file(Path(tls["certificate"])), ""]))
    return path


def _words(error: Exception) -> str:
    return " ".join(str(error).split(", full error:")[0].split())
