"""Stand-ins for what the script about courses asks of Studio: courses in a file, by their keys.

From the facts of xmodule/modulestore and cms/djangoapps/contentstore: an import takes the key from
course.xml, an export writes a folder with course.xml, a course's index is made by an indexer. An import of
the organization Half fails midway; one of Torn goes on without a chapter that can't be read, which the
platform logs and else keeps to itself. Libraries are in libraries_standin.py.
"""

import json
import logging
import re
import shutil
import sys
import types
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from facts import fault

HERE = Path(__file__).parent
KEPT = HERE / "courses"
INDEXED = HERE / "indexed"
TEAMS = HERE / "teams"
ACTIVE = {"anna": 1, "bert": 2}


class InvalidKeyError(Exception):
    pass


class CourseKey(str):
    @classmethod
    def from_string(cls, text):
        if not re.fullmatch(r"course-v1:[^+]+\+[^+]+\+[^+]+", text):
            raise InvalidKeyError(text)
        return cls(text)


class Store:
    def make_course_key(self, org, course, run):
        return CourseKey(f"course-v1:{org}+{course}+{run}")

    def has_course(self, key):
        return key if (KEPT / key).is_dir() else None

    def get_library(self, key):
        return key if (KEPT / key).is_dir() else None

    def create_library(self, org, library, user_id, fields):
        assert fields == {"display_name": "Old problems"} and user_id == ACTIVE["anna"]
        (KEPT / f"library-v1:{org}+{library}").mkdir(parents=True)

    def get_course_summaries(self):
        places = sorted(KEPT.iterdir()) if KEPT.is_dir() else []
        return [
            types.SimpleNamespace(id=CourseKey(place.name), display_name="A course", end=None)
            for place in places
        ]


class Overviews:
    """What the platform keeps of courses for the LMS, their start among it, which summaries lack."""

    @staticmethod
    def values_list(*fields):
        assert fields == ("id", "start")
        return [(each.id, datetime(2026, 1, 1, tzinfo=UTC)) for each in Store().get_course_summaries()]


class Users:
    """Of whom two are active."""

    def filter(self, username, is_active):
        assert is_active
        self.found = username
        return self

    def first(self):
        if self.found not in ACTIVE:
            return None
        return types.SimpleNamespace(username=self.found, id=ACTIVE[self.found])


def note_team(role):
    """What writes down that somebody got a role."""

    def note(key, *users):
        with TEAMS.open("a") as file:
            file.write(f"{users[-1].username} {role} {key}\n")

    return note


def delete_course(key, user_id):
    assert user_id == -1
    shutil.rmtree(KEPT / key)


class Indexer:
    @staticmethod
    def do_course_reindex(store, key):
        if "Broken" in key:
            raise RuntimeError("no index for it")
        with INDEXED.open("a") as file:
            file.write(f"{key}\n")


def export(store, content, key, folder, name):
    shutil.copytree(KEPT / key, Path(folder, name))


def import_command(data, course):
    print("Importing...", data, course)
    root = Path(data, course)
    found = ElementTree.parse(root / "course.xml").getroot().attrib
    key = Store().make_course_key(found["org"], found["course"], found["url_name"])
    shutil.rmtree(KEPT / key, ignore_errors=True)
    shutil.copytree(root, KEPT / key)
    if found["org"] == "Torn":
        for _ in range(2):
            try:
                raise ValueError("Unable to load file contents at path chapter/c1.xml [line 2]")
            except ValueError:
                logging.getLogger("xmodule.seq_block").exception("Unable to load child. Continuing...")
    if found["org"] == "Half":
        raise ValueError("a block that nobody knows")


def install(more):
    """Make them importable by the names of the real ones."""
    parts = {
        "cms.djangoapps.contentstore.utils": {
            "add_instructor": note_team("instructor"),
            "delete_course": delete_course,
            "initialize_permissions": note_team("learner"),
        },
        "cms.djangoapps.contentstore.courseware_index": {"CoursewareSearchIndexer": Indexer},
        "openedx.core.djangoapps.content.course_overviews.models": {
            "CourseOverview": types.SimpleNamespace(objects=Overviews)
        },
        "opaque_keys": {"InvalidKeyError": InvalidKeyError},
        "opaque_keys.edx.keys": {"CourseKey": CourseKey},
        "xmodule.contentstore.django": {"contentstore": object},
        "xmodule.modulestore": {
            "ModuleStoreEnum": types.SimpleNamespace(UserID=types.SimpleNamespace(mgmt_command=-1))
        },
        "xmodule.modulestore.django": {"modulestore": Store},
        "xmodule.modulestore.xml_exporter": {"export_course_to_xml": export},
        "lxml.etree": {"parse": ElementTree.parse, "XMLSyntaxError": ElementTree.ParseError},
    }
    for name, contents in {**parts, **more}.items():
        steps = name.split(".")
        for depth in range(1, len(steps) + 1):
            path = ".".join(steps[:depth])
            module = sys.modules.setdefault(path, types.ModuleType(path))
            if depth > 1:
                setattr(sys.modules[".".join(steps[: depth - 1])], steps[depth - 1], module)
        vars(module).update(contents)


def call_command(name, *arguments):
    wrong = fault("verawood", "cms", name, list(map(str, arguments)))
    assert wrong is None, wrong
    with Path(HERE, "called").open("a") as file:
        file.write(json.dumps([name, *map(str, arguments)]) + "\n")
    if name == "import":
        import_command(*arguments)
