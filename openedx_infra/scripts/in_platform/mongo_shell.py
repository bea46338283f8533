"""Gives Python's shell `client` and `db`, connected as the platform is.

Runs in a pod of the LMS, by `python -i`. Arguments: the file of the plain settings, and of the secret ones.
"""

import os
import sys
from pathlib import Path

import pymongo
import yaml

LEFT_OUT = (
    "collection",
    "db",
    "user",
    "password",
    "authsource",
    "read_preference",
    "connect",
    "socketTimeoutMS",
)


def settings(path):
    """How the platform reaches MongoDB, by a file of settings."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8")).get("DOC_STORE_CONFIG", {})


def one_file(paths):
    """A file in memory with a certificate and its key, as pymongo wants them."""
    descriptor = os.memfd_create("client", 0)
    for path in paths:
        os.write(descriptor, Path(path).read_bytes().rstrip() + b"\n")
    return f"/proc/self/fd/{descriptor}"


def connected(said):
    """A client of pymongo."""
    options = {name: value for name, value in said.items() if name not in LEFT_OUT}
    if isinstance(options.get("tlsCertificateKeyFile"), list):
        options["tlsCertificateKeyFile"] = one_file(options["tlsCertificateKeyFile"])
    # Without a user, the client's certificate is the login.
    login = {"username": said["user"], "password": said["password"]} if "user" in said else {}
    return pymongo.MongoClient(authSource=said["authsource"], **login, **options)


said = {**settings(sys.argv[1]), **settings(sys.argv[2])}
client = connected(said)
db = client[said["db"]]
del said
print(f"db is the database {db.name} by pymongo, as in db.modulestore.active_versions.find_one()")
