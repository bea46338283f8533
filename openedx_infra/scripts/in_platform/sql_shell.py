"""Becomes MySQL's client, connected as the platform is.

Runs in a pod of the LMS. Arguments: the file of the plain settings, and that of the secret ones. The password
is handed over in a file in memory, which only this process and the client can open.
"""

import os
import shutil
import sys
from pathlib import Path

import yaml

CLIENTS = ("mysql", "mariadb")


def settings(path):
    """The default database in a file of settings."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))["DATABASES"]["default"]


def options(database, mariadb):
    """What goes into the client's option file, by name."""
    ssl = database["OPTIONS"].get("ssl", {})
    mode = database["OPTIONS"].get("ssl_mode")
    said = {
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "default-character-set": "utf8mb4",
        **{f"ssl-{name}": path for name, path in ssl.items()},
    }
    if mode and mariadb:
        said["ssl-verify-server-cert"] = "1" if mode == "VERIFY_IDENTITY" else "0"
    elif mode:
        # REQUIRED with authorities checks these, and no name: the client's own word for that is another.
        said["ssl-mode"] = "VERIFY_CA" if mode == "REQUIRED" and "ca" in ssl else mode
    return said


def quoted(value):
    """A value as an option file has it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def main(plain, secret):
    """Write the option file, and become the client."""
    client = next((path for name in CLIENTS if (path := shutil.which(name))), None)
    if client is None:
        sys.exit(
            "The platform's image has no MySQL client.\n"
            "  what to do: an image of your own gets one by `apt_packages: [default-mysql-client]` in "
            "openedx:images.openedx; or connect from another machine that has one and reaches the server"
        )
    database = {**settings(plain), **settings(secret)}
    said = options(database, "mariadb" in os.path.realpath(client))
    text = "[client]\n" + "".join(f"{name}={quoted(str(value))}\n" for name, value in said.items())
    descriptor = os.memfd_create("client", 0)
    os.fchmod(descriptor, 0o600)  # clients ignore a file that others may write
    os.write(descriptor, text.encode())
    file = f"/proc/self/fd/{descriptor}"
    os.execv(client, [client, f"--defaults-extra-file={file}", database["NAME"]])


main(*sys.argv[1:])
