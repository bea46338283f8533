"""Stand-ins for what imports of libraries ask of Studio.

From the facts of openedx_learning 0.30.2, which Ulmo pins (apps/authoring/backup_restore), and of
content_libraries/api/libraries.py: a backup is restored under a temporary key, and the library that is made
takes it over. Rows are in a database, so that what is rolled back is gone.
"""

import io
import types
import zipfile
from pathlib import Path

from courses_standin import KEPT, note_team
from django.db import connection

BROKEN = "broken.toml"


class LibraryLocator(str):
    def __new__(cls, org, library):
        self = super().__new__(cls, f"library-v1:{org}+{library}")
        self.org, self.library = org, library
        return self


def import_library_from_xml(
    store, user_id, data, folders, load_error_blocks, static_content_store, target_id
):
    (folder,) = folders
    problem = Path(data, folder, "problem.xml").read_text()
    (KEPT / target_id / "problem.xml").write_text(problem)
    if "unknown" in problem:
        raise ValueError("a block that nobody knows")


class LibraryAlreadyExists(Exception):
    pass


def execute(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS packages (id INTEGER PRIMARY KEY, name TEXT, problem TEXT)"
        )
        cursor.execute("CREATE TABLE IF NOT EXISTS libraries (name TEXT, package INTEGER)")
        return cursor.execute(statement, values).fetchall()


def load_learning_package(path, user):
    with zipfile.ZipFile(path) as archive:
        if BROKEN in archive.namelist():
            return {
                "status": "error",
                "log_file_error": io.StringIO(f"Errors in {BROKEN}"),
                "lp_restored_data": None,
            }
        problem = archive.read("problem.xml").decode()
    execute("INSERT INTO packages (name, problem) VALUES (%s, %s)", f"lp-restore:{user.username}", problem)
    ((identity,),) = execute("SELECT MAX(id) FROM packages")
    return {"status": "success", "lp_restored_data": {"id": identity}}


def get_learning_package(identity):
    return types.SimpleNamespace(id=identity)


def create_library(org, slug, title, description, learning_package):
    key = f"lib:{org.short_name}:{slug}"
    if execute("SELECT name FROM libraries WHERE name = %s", key):
        raise LibraryAlreadyExists(slug)
    execute("INSERT INTO libraries VALUES (%s, %s)", key, learning_package.id)
    execute("UPDATE packages SET name = %s WHERE id = %s", key, learning_package.id)
    return types.SimpleNamespace(key=key)


class Organizations:
    def get(self, short_name):
        return types.SimpleNamespace(short_name=short_name)


def give(role):
    note = note_team(role)
    return lambda key, user, level: note(key, user)


PARTS = {
    "opaque_keys.edx.locator": {"LibraryLocator": LibraryLocator},
    "xmodule.modulestore.xml_importer": {"import_library_from_xml": import_library_from_xml},
    "openedx_learning.api.authoring": {
        "load_learning_package": load_learning_package,
        "get_learning_package": get_learning_package,
    },
    "organizations.api": {"ensure_organization": lambda name: None},
    "organizations.models": {"Organization": types.SimpleNamespace(objects=Organizations())},
    "openedx.core.djangoapps.content_libraries.api": {
        "AccessLevel": types.SimpleNamespace(ADMIN_LEVEL="admin"),
        "LibraryAlreadyExists": LibraryAlreadyExists,
        "assign_library_role_to_user": give("library_admin"),
        "create_library": create_library,
        "set_library_user_permissions": give("admin"),
    },
}
"""By the modules that have them."""
