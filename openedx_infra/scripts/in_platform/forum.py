"""Discussions: compares what MongoDB has of them with what MySQL has, moves it, and deletes what was moved.

Runs in the LMS of a release whose forum can read both. Verbs send it with a request (`serve.py`).
"""

from django.contrib.auth import get_user_model
from django.core.management import call_command
from forum import toggles
from forum.models import Comment, CommentThread, MongoContent
from forum.mongo import get_database
from opaque_keys.edx.keys import CourseKey
from openedx.core.djangoapps.waffle_utils.models import WaffleFlagCourseOverrideModel
from pymongo.errors import PyMongoError

PIECE = 1000
"""Ids that one query of MySQL asks for: a guess."""
FIELDS = {"_type": 1, "author_id": 1, "comment_thread_id": 1, "parent_id": 1}


class Refused(Exception):
    """Nothing was done, or not all of it. The text says why."""


def status():
    """Each course that has discussions in MongoDB: how many, and how many of them are in MySQL."""
    return {"courses": [compared(course) for course in known([])]}


def migrate(courses):
    """Copy discussions to MySQL, and let the courses read them there once none is missing.

    What people write meanwhile is copied by a second pass, after the course reads MySQL.
    """
    done = []
    for course in known(courses):
        copy(course)
        found = compared(course)
        if not found["missing"] and found["backend"] == "mongodb":
            override = {"course_id": CourseKey.from_string(course), "waffle_flag": flag().name}
            WaffleFlagCourseOverrideModel.objects.create(**override, enabled=True)
            copy(course)
            found = compared(course)
        posts = found["threads"] + found["comments"]
        print(f"{course}: {found['moved']} of {posts} posts are in MySQL", flush=True)
        done.append(found)
    if done:
        call_command("rebuild_forum_indices")
    return {"courses": done}


def delete(courses, unmoved):
    """Delete discussions from MongoDB that MySQL has whole; with `unmoved`, those of other courses, too."""
    found = [compared(course) for course in known(courses)]
    if not unmoved:
        wrong = [each["course"] for each in found if each["missing"] or each["backend"] == "mongodb"]
        if wrong:
            raise Refused(
                f"MySQL lacks posts of {', '.join(wrong)}, or they still read MongoDB. Nothing was deleted."
            )
    for each in found:
        call_command("forum_delete_course_from_mongodb", each["course"])
    return {"courses": found}


def copy(course):
    """The platform's own command. It may run twice: what was copied is found by its old id."""
    asked(lambda: call_command("forum_migrate_course_from_mongodb_to_mysql", "--no-toggle", course))


def flag():
    """The waffle flag by which a course reads MySQL."""
    if not hasattr(toggles, "ENABLE_MYSQL_BACKEND"):
        raise Refused("The forum of this release reads MySQL only, and moves nothing.")
    return toggles.ENABLE_MYSQL_BACKEND


def known(courses):
    """These courses, or all that have discussions in MongoDB."""
    flag()
    there = asked(lambda: get_database().contents.distinct("course_id"))
    if unknown := sorted(set(courses) - set(there)):
        raise Refused(f"MongoDB has no discussions of {', '.join(unknown)}.")
    return list(courses) or sorted(there)


def asked(question):
    """What MongoDB answers."""
    try:
        return question()
    except PyMongoError as error:
        raise Refused(f"MongoDB could not be asked: {error}") from error


def compared(course):
    """What MongoDB has of a course, post by post, and what became of it.

    The platform's command leaves out posts of users that are gone, and what hangs on them.
    """
    found = asked(lambda: list(get_database().contents.find({"course_id": course}, FIELDS)))
    posts = {str(post["_id"]): post for post in found}
    moved = set(present(MongoContent, "mongo_id", posts, content_object_id__isnull=False))
    rest = posts.keys() - moved
    authors = {str(posts[post]["author_id"]) for post in rest}
    users = present(get_user_model(), "id", [each for each in authors if each.isdigit()])
    there = {str(user) for user in users}
    left_out = {post for post in rest if str(posts[post]["author_id"]) not in there}
    while below := {post for post in rest - left_out if hangs_on(posts[post]) & left_out}:
        left_out |= below
    threads = sum(post["_type"] == "CommentThread" for post in posts.values())
    return {
        "course": course,
        "threads": threads,
        "comments": len(posts) - threads,
        "moved": len(moved),
        "left_out": len(left_out),
        "missing": len(rest) - len(left_out),
        "in_mysql": sum(model.objects.filter(course_id=course).count() for model in (CommentThread, Comment)),
        "backend": "mysql" if flag().is_enabled(CourseKey.from_string(course)) else "mongodb",
    }


def hangs_on(post):
    """Ids of the posts without which one can't be."""
    return {str(post[name]) for name in ("comment_thread_id", "parent_id") if post.get(name)}


def present(model, field, values, **more):
    """Those of these values that rows of a table have."""
    values = list(values)
    for begin in range(0, len(values), PIECE):
        wanted = {f"{field}__in": values[begin : begin + PIECE], **more}
        yield from model.objects.filter(**wanted).values_list(field, flat=True)


ACTIONS = {"status": status, "migrate": migrate, "delete": delete}
