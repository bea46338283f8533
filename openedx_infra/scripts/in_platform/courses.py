"""Courses: imports, exports, lists and indexes them, by the platform's own means. Runs in Studio.

Verbs send it with a request (`serve.py`).
"""

import os
import sys
import tarfile
import tempfile
from pathlib import Path

from cms.djangoapps.contentstore.courseware_index import CoursewareSearchIndexer
from django.conf import settings
from django.core.management import call_command
from lxml import etree
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey
from xmodule.contentstore.django import contentstore
from xmodule.modulestore.django import modulestore
from xmodule.modulestore.xml_exporter import export_course_to_xml

UNPACKED_BYTES = 1536 * 2**20
"""The largest course, unpacked: of the 2 GiB that a container may store in /tmp, where others write, too."""
PIECE = 128 * 1024


class Refused(Exception):
    """Nothing was done. The text says why."""


def import_course(path=None, replace=False):
    """Import the course in the tar archive that follows the request. `path`: its folder in the archive, where
    there are several. The command of the platform makes the course, publishes it and seeds its forum's roles.
    """
    with tempfile.TemporaryDirectory() as folder:
        unpack(Path(folder))
        root = course_in(Path(folder), path)
        key = key_of(root)
        exists = modulestore().has_course(key)
        if exists and not replace:
            raise Refused(f"Course {key} exists. Add --replace to put the archive's content in its place.")
        call_command("import", str(root.parent), root.name)
    if not modulestore().has_course(key):
        raise Refused(f"The platform imported no course {key}: see what it logged.")
    return {"course": str(key), "replaced": exists}


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


def course_in(folder, path):
    """The folder of the one course: where course.xml is, at the least depth."""
    if path is not None:
        root = folder / path
        if not (root / "course.xml").is_file():
            raise Refused(f"There is no course.xml in {path}.")
        return root
    found = sorted(Path(place) for place, _, names in os.walk(folder) if "course.xml" in names)
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
    """All courses by key."""
    rows = [
        {
            "course": str(each.id),
            "name": each.display_name,
            "start": getattr(each, "start", None),
            "end": getattr(each, "end", None),
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
