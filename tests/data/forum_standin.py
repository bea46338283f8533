"""Stand-ins for openedx-forum, its two databases, and the platform's flags of courses, over plain lists.

Made from openedx-forum 0.3.6: its command copies a post by its old id once, and leaves out posts of users
that are gone, and those whose thread or parent it left out.
"""

import sys
import types

posts, rows, users, overrides, calls = {}, {}, set(), [], []
broken = set()
"""Ids of posts that the command fails to copy."""
reachable = True


class PyMongoError(Exception):
    pass


class Contents:
    def distinct(self, name):
        if not reachable:
            raise PyMongoError("no primary")
        return sorted({post[name] for post in posts.values()})

    def find(self, wanted, fields):
        return [post for post in posts.values() if post["course_id"] == wanted["course_id"]]


class Rows(list):
    def values_list(self, name, flat):
        return [getattr(row, name) for row in self]

    def count(self):
        return len(self)


class Table:
    def __init__(self, rows):
        self.objects, self.rows = self, rows

    def filter(self, content_object_id__isnull=None, **wanted):
        def matches(row, name, value):
            field, _, how = name.partition("__")
            found = getattr(row, field)
            return str(found) in [str(each) for each in value] if how else found == value

        return Rows(row for row in self.rows() if all(matches(row, *item) for item in wanted.items()))


def copied(kind):
    found = [posts_seen[key] for key in rows if posts_seen[key]["_type"] == kind]
    return [types.SimpleNamespace(course_id=each["course_id"]) for each in found]


posts_seen = {}


def post(number, kind, author, course="course-v1:a+b+c", **more):
    posts[number] = posts_seen[number] = {
        "_id": number, "_type": kind, "author_id": str(author), "course_id": course, **more,
    }  # fmt: skip


def call_command(name, *words):
    calls.append([name, *words])
    if name == "forum_migrate_course_from_mongodb_to_mysql":
        for key, each in sorted(posts.items()):
            above = [other for other in (each.get("comment_thread_id"), each.get("parent_id")) if other]
            whole = int(each["author_id"]) in users and all(other in rows for other in above)
            if each["course_id"] == words[-1] and whole and key not in broken:
                rows[key] = True
    if name == "forum_delete_course_from_mongodb":
        for key in [key for key, each in posts.items() if each["course_id"] == words[-1]]:
            del posts[key]


class Overrides:
    @staticmethod
    def create(**fields):
        overrides.append(fields)


class Flag:
    name = "forum_v2.enable_mysql_backend"

    @staticmethod
    def is_enabled(course):
        return any(each["course_id"] == course and each["enabled"] for each in overrides)


def user_rows():
    return [types.SimpleNamespace(id=each) for each in users]


def mapping():
    return [types.SimpleNamespace(mongo_id=str(key), content_object_id=1) for key in rows]


def install(release="ulmo"):
    toggles = {"ENABLE_MYSQL_BACKEND": Flag} if release == "ulmo" else {}
    parts = {
        "django.contrib.auth": {"get_user_model": lambda: Table(user_rows)},
        "django.core.management": {"call_command": call_command},
        "forum": {"toggles": types.SimpleNamespace(**toggles)},
        "forum.models": {
            "Comment": Table(lambda: copied("Comment")),
            "CommentThread": Table(lambda: copied("CommentThread")),
            "MongoContent": Table(mapping),
        },
        "forum.mongo": {"get_database": lambda: types.SimpleNamespace(contents=Contents())},
        "opaque_keys.edx.keys": {"CourseKey": types.SimpleNamespace(from_string=str)},
        "openedx.core.djangoapps.waffle_utils.models": {
            "WaffleFlagCourseOverrideModel": types.SimpleNamespace(objects=Overrides)
        },
        "pymongo.errors": {"PyMongoError": PyMongoError},
    }
    for name, contents in parts.items():
        steps = name.split(".")
        for depth in range(1, len(steps) + 1):
            path = ".".join(steps[:depth])
            sys.modules.setdefault(path, types.ModuleType(path)).__path__ = []
        vars(sys.modules[name]).update(contents)
