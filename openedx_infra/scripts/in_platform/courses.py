"""Courses: imports, exports, lists and indexes them, by the platform's own means. Runs in Studio.

Verbs send it with a request (`serve.py`).
"""

import logging
import os
import sys
import tarfile
import tempfile
import traceback
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from cms.djangoapps.contentstore.courseware_index import CoursewareSearchIndexer
from cms.djangoapps.contentstore.utils import add_instructor, delete_course, initialize_permissions
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from lxml import etree
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey
from openedx.core.djangoapps.content.course_overviews.models import CourseOverview
from xmodule.contentstore.django import contentstore
from xmodule.modulestore import ModuleStoreEnum
from xmodule.modulestore.django import modulestore
from xmodule.modulestore.xml_exporter import export_course_to_xml

UNPACKED_BYTES = 1536 * 2**20
"""The largest course, unpacked: of the 2 GiB that a container may store in /tmp, where others write, too."""
PIECE = 128 * 1024


class Refused(Exception):
    """Nothing was done. The text says why."""


def import_course(path=None, replace=False, team=()):
    """Import the course in the tar archive that follows the request, and put users on its team. `path`: its
    folder in the archive, where there are several. The command of the platform makes the course, publishes it
    and seeds its forum's roles. A legacy library is imported, too: the platform exports it in the same way.
    """
    users = [member(name) for name in team]
    with tempfile.TemporaryDirectory() as folder:
        unpack(Path(folder))
        root = content_in(Path(folder), path)
        if (root / "library.xml").is_file():
            return import_legacy_library(root, replace, users)
        key = key_of(root)
        # The platform answers with the key, or with None.
        exists = bool(modulestore().has_course(key))
        refuse_existing(f"Course {key}", exists and not replace)
        with all_or_nothing(key, exists), noting_what_is_left_out() as left_out:
            call_command("import", str(root.parent), root.name)
    if not modulestore().has_course(key):
        raise Refused(f"The platform imported no course {key}: see what it logged.")
    for user in users:
        add_instructor(key, user, user)
        initialize_permissions(key, user)
    return {"course": str(key), "replaced": exists, "left_out": left_out}


def member(name):
    """A user who may be on a team. The platform passes over others without a word."""
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        raise Refused(f"There is no active user {name}. `openedx-infra users create` makes one.")
    return user


def refuse_existing(what, exists):
    """Refuse to write over what is there."""
    if exists:
        raise Refused(
            f"{what} exists. Add --replace to put the archive's content in its place, "
            "also where an earlier import was cut short."
        )


@contextmanager
def noting_what_is_left_out():
    """Parts of a course that the platform can't read: it logs each as an error, and goes on without it."""
    parts = []

    class Notes(logging.Handler):
        def emit(self, record):
            cause = record.exc_info and record.exc_info[1]
            text = str(cause or record.getMessage())
            if text not in parts:
                parts.append(text)

    notes, logger = Notes(logging.ERROR), logging.getLogger("xmodule")
    logger.addHandler(notes)
    try:
        yield parts
    finally:
        logger.removeHandler(notes)


@contextmanager
def all_or_nothing(key, exists):
    """What was begun by an import that failed is deleted; what was there before can be imported anew."""
    try:
        yield
    except Exception as error:
        traceback.print_exc()
        if not exists:
            delete_course(key, ModuleStoreEnum.UserID.mgmt_command)
        left = (
            "It may have a part of the new content: import it again." if exists else "Nothing of it is left."
        )
        raise Refused(
            f"The platform could not import {key}: {type(error).__name__}: {error}. {left}"
        ) from error


def import_legacy_library(root, replace, users):
    """Import a legacy library, as the platform's command import_content_library does, which would ask a
    terminal and unpack into a folder that pods share.
    """
    locator = import_module("opaque_keys.edx.locator").LibraryLocator
    importer = import_module("xmodule.modulestore.xml_importer")
    if not hasattr(importer, "import_library_from_xml"):
        raise Refused("This release has no legacy libraries any more.")
    try:
        found = etree.parse(str(root / "library.xml")).getroot().attrib
        key, name = locator(org=found["org"], library=found["library"]), found.get("display_name", "")
    except (etree.XMLSyntaxError, KeyError) as error:
        raise Refused(f"library.xml is not that of a library: {error}") from error
    if not users:
        raise Refused("A library needs an owner: add --team USER.")
    exists = modulestore().get_library(key) is not None
    refuse_existing(f"Library {key}", exists and not replace)
    with all_or_nothing(key, exists), noting_what_is_left_out() as left_out:
        if not exists:
            modulestore().create_library(key.org, key.library, users[0].id, {"display_name": name})
        importer.import_library_from_xml(
            modulestore(),
            users[0].id,
            str(root.parent),
            [root.name],
            load_error_blocks=False,
            static_content_store=contentstore(),
            target_id=key,
        )
    for user in users:
        add_instructor(key, user, user)
    return {"library": str(key), "replaced": exists, "left_out": left_out}


def unpack(folder):
    """Unpack the archive, with nothing outside of the folder, and no more than there is room for."""
    size = 0
    try:
        with tarfile.open(fileobj=sys.stdin.buffer, mode="r|*") as archive:
            for member in archive:
                size += member.size
                if size > UNPACKED_BYTES:
                    raise Refused(f"The course is larger than {UNPACKED_BYTES // 2**20} MiB when unpacked.")
                archive.extract(member, folder, filter="data")
    except tarfile.FilterError as error:
        raise Refused(f"The archive is not safe to unpack: {error}") from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused(f"This is no whole tar archive: {error}") from error


def content_in(folder, path):
    """The folder of the one course or legacy library: where its first file is, at the least depth."""
    first = {"course.xml", "library.xml"}
    if path is not None:
        root = folder / path
        if not any((root / name).is_file() for name in first):
            raise Refused(f"There is no course.xml in {path}.")
        return root
    found = sorted(Path(place) for place, _, names in os.walk(folder) if first & set(names))
    found = [root for root in found if not any(other in root.parents for other in found)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused("There is no course.xml: this is no course in OLX, as Studio exports it.")
    paths = ", ".join(str(root.relative_to(folder)) for root in found)
    raise Refused(f"There are several courses: {paths}. Choose one by --path.")


def key_of(root):
    """The key of the course, from its course.xml."""
    try:
        course = etree.parse(str(root / "course.xml")).getroot()
        return modulestore().make_course_key(
            course.attrib["org"], course.attrib["course"], course.attrib["url_name"]
        )
    except (etree.XMLSyntaxError, KeyError) as error:
        raise Refused(f"course.xml is not that of a course: {error}") from error


def export_course(course):
    """The course as Studio exports it, with its files: a tar.gz whose one folder is `course`."""
    key = existing(course)
    with tempfile.TemporaryDirectory() as folder:
        export_course_to_xml(modulestore(), contentstore(), key, folder, "course")
        path = Path(folder, "course.tar.gz")
        with tarfile.open(path, "w:gz") as archive:
            archive.add(Path(folder, "course"), arcname="course")
        yield {"course": str(key), "size": path.stat().st_size}
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def existing(course):
    """The key of a course that there is."""
    try:
        key = CourseKey.from_string(course)
    except InvalidKeyError as error:
        raise Refused(
            f"{course} is no key of a course, such as course-v1:OpenedX+DemoX+DemoCourse."
        ) from error
    if not modulestore().has_course(key):
        raise Refused(f"There is no course {course}.")
    return key


def listed():
    """All courses by key. The platform's summaries have no start: it stands in what it keeps for the LMS."""
    starts = {str(key): start for key, start in CourseOverview.objects.values_list("id", "start")}
    rows = [
        {
            "course": str(each.id),
            "name": each.display_name,
            "start": starts.get(str(each.id)),
            "end": each.end,
        }
        for each in modulestore().get_course_summaries()
    ]
    return {"courses": sorted(rows, key=lambda row: row["course"])}


def reindex(courses=(), studio_index=((),)):
    """Fill the search index of courses anew: of some, or of all, and then of Studio, too. `studio_index`:
    arguments of each run of `reindex_studio`."""
    keys = [existing(course) for course in courses]
    keys = keys or [each.id for each in modulestore().get_course_summaries()]
    failed = {}
    for key in keys:
        try:
            CoursewareSearchIndexer.do_course_reindex(modulestore(), key)
        except Exception as error:  # One course's trouble is not the others'.
            failed[str(key)] = f"{type(error).__name__}: {error}"
    studio = not courses and getattr(settings, "MEILISEARCH_ENABLED", False)
    if studio:
        for arguments in studio_index:
            call_command("reindex_studio", *arguments)
    return {"indexed": len(keys) - len(failed), "failed": failed, "studio": studio}


ACTIONS = {"import": import_course, "export": export_course, "list": listed, "reindex": reindex}
