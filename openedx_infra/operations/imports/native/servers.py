"""Databases and files of an installation by Ansible: their names here, and what `import data` copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.native.installation import Installation, SettingsFile

History = Literal["keep", "fold"]
"""What becomes of the second database, with the history of learners' answers."""
HISTORY_DATABASE = "openedx_history"
"""Name of that database here."""
_HISTORY = "student_module_history"
_COPIED = "`import data` copies what is there: see docs/move-from-native.md"
_FOLDERS: Mapping[str, str] = {
    "MEDIA_ROOT": "media, with profile images and video transcripts",
    "ORA2_FILEUPLOAD_ROOT": "files of open assessments",
    "GIT_REPO_EXPORT_DIR": "courses exported to Git, which can be exported again",
}
"""Settings that are folders with uploaded files."""


def translate(old: Installation, history: History, draft: Draft) -> None:
    """Name databases as this program does, and list what is to be copied."""
    lms = old.lms
    _mysql(old, history, draft)
    mongodb = lms.part("DOC_STORE_CONFIG")
    for name in ("CONTENTSTORE", "MODULESTORE"):
        lms.part(name)
    if database := mongodb.get("db"):
        draft.needless[f"{lms.where('DOC_STORE_CONFIG')}.db"] = (
            f"{database} is called openedx here: `import data` renames it"
        )
    for name, what in _FOLDERS.items():
        for file in (lms, old.studio):
            if folder := file.text(name):
                draft.leave(file.where(name), f"{folder}: {what}. {_COPIED}")
                break
        old.studio.text(name)
    _files(lms, draft)


def _mysql(old: Installation, history: History, draft: Draft) -> None:
    lms = old.lms
    databases = lms.part("DATABASES")
    old.studio.part("DATABASES")
    where = lms.where("DATABASES")
    main = _alias(databases, "default")
    if name := main.get("NAME"):
        draft.needless[f"{where}.default.NAME"] = f"{name} is called openedx here: `import data` renames it"
    if (host := main.get("HOST")) and host not in ("localhost", "127.0.0.1"):
        draft.leave(
            f"{where}.default.HOST",
            f"the site uses MySQL at {host}. The new instance gets one of its own, as two sites must not "
            "write to one: set openedx:datastores.mysql to another one outside if you like",
        )
    replica = _alias(databases, "read_replica")
    if replica.get("HOST") and replica.get("HOST") != host:
        draft.leave(
            f"{where}.read_replica",
            "reports read from a copy: openedx:datastores.mysql.replica, of a server outside",
        )
    if second := _alias(databases, _HISTORY).get("NAME"):
        _history(f"{where}.{_HISTORY}", str(second), history, draft)
    for alias in sorted(set(databases) - {"default", "read_replica", _HISTORY}):
        draft.leave(f"{where}.{alias}", "a database that edx-platform itself doesn't have: nothing copies it")


def _history(where: str, name: str, history: History, draft: Draft) -> None:
    if history == "keep":
        draft.set(("datastores", "mysql", "history_database"), HISTORY_DATABASE, where)
    else:
        draft.leave(
            where,
            f"{name} is folded in: `import data --fold-history` adds the rows of its table to those "
            "of the main database",
        )


def _alias(databases: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    alias = databases.get(name)
    return alias if isinstance(alias, Mapping) else {}


def _files(lms: SettingsFile, draft: Draft) -> None:
    storage = lms.text("DEFAULT_FILE_STORAGE")
    if "s3" in storage.lower() or "swift" in storage.lower() or "gcloud" in storage.lower():
        bucket = lms.text("AWS_STORAGE_BUCKET_NAME")
        draft.leave(
            lms.where("DEFAULT_FILE_STORAGE"),
            f"files are in bucket {bucket or 'of another provider'}, which stays the old site's: set "
            f"openedx:datastores.storage to buckets of the new instance. {_COPIED}",
        )
    if (bucket := lms.text("FILE_UPLOAD_STORAGE_BUCKET_NAME")) and not bucket.startswith("SET-ME"):
        draft.leave(
            lms.where("FILE_UPLOAD_STORAGE_BUCKET_NAME"), f"files of open assessments: {bucket}. {_COPIED}"
        )
    if (folder := lms.part("GRADES_DOWNLOAD").get("ROOT_PATH")) not in (None, ""):
        draft.leave(f"{lms.where('GRADES_DOWNLOAD')}.ROOT_PATH", f"{folder}: grade reports. {_COPIED}")
