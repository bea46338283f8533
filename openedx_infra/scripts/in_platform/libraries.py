"""Content libraries: makes one of a backup, a .zip as Studio and `lp_dump` write it. Runs in Studio.

Verbs send it with a request (`serve.py`). The platform's command `lp_load` restores the content of a backup
under a temporary key only: as in Studio, the library is made of that afterwards.
"""

import sys
import tempfile
import tomllib
import zipfile
from importlib import import_module

from django.contrib.auth import get_user_model
from django.db import transaction

BACKUP_BYTES = 1536 * 2**20
"""The largest backup: of the 2 GiB that a container may store in /tmp, where others write, too."""
PIECE = 128 * 1024


class Refused(Exception):
    """Nothing was done. The text says why."""


def import_library(team=()):
    """Make a library of the backup that follows the request, with a team whose first member restores it."""
    if not team:
        raise Refused("A library needs an owner: add --team USER.")
    users = [member(name) for name in team]
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        copy(file)
        org, slug, title, description = described(file.name)
        library_api = import_module("openedx.core.djangoapps.content_libraries.api")
        with transaction.atomic():
            package = loaded(file.name, users[0])
            import_module("organizations.api").ensure_organization(org)
            row = import_module("organizations.models").Organization.objects.get(short_name=org)
            try:
                library = library_api.create_library(
                    org=row, slug=slug, title=title, description=description, learning_package=package
                )
            except library_api.LibraryAlreadyExists:
                raise Refused(
                    f"Library lib:{org}:{slug} exists, and a backup replaces none: delete it in Studio first."
                ) from None
            for user in users:
                give(library_api, library.key, user)
    return {"library": str(library.key), "replaced": False}


def member(name):
    """A user who may be on a team. The platform passes over others without a word."""
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        raise Refused(f"There is no active user {name}. `openedx-infra users create` makes one.")
    return user


def give(library_api, key, user):
    """Make a user the library's administrator, as Studio does with who makes one."""
    level = library_api.AccessLevel.ADMIN_LEVEL
    library_api.set_library_user_permissions(key, user, level)
    if hasattr(library_api, "assign_library_role_to_user"):  # by openedx-authz, since Ulmo
        library_api.assign_library_role_to_user(key, user, level)


def copy(file):
    """Copy the rest of standard input to a file, as far as there is room for it."""
    while piece := sys.stdin.buffer.read(PIECE):
        file.write(piece)
        if file.tell() > BACKUP_BYTES:
            raise Refused(f"The backup is larger than {BACKUP_BYTES // 2**20} MiB.")
    file.flush()


def described(path):
    """Organization, slug, title and description of the library in a backup."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = tomllib.loads(archive.read("package.toml").decode())["learning_package"]
        # OEP-68 calls the key package_ref.
        kind, org, slug = (found.get("key") or found["package_ref"]).split(":")
        if kind != "lib":
            raise ValueError(f"{kind} is no library")
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Refused(f"This is no backup of a library, as Studio writes it: {error}") from error
    return org, slug, found.get("title", slug), found.get("description", "")


def loaded(path, owner):
    """The content of a backup, in the database under a temporary key."""
    try:
        content = import_module("openedx_content.api")
    except ModuleNotFoundError:  # Ulmo
        content = import_module("openedx_learning.api.authoring")
    result = content.load_learning_package(path, user=owner)
    if result["status"] == "error":
        raise Refused(f"The platform could not restore the backup:\n{result['log_file_error'].getvalue()}")
    return content.get_learning_package(result["lp_restored_data"]["id"])


ACTIONS = {"import": import_library}
