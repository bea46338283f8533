"""Usual users of a development instance, with a password that everybody knows. Runs in the LMS.

Verbs send it with a request (`serve.py`).
"""

from common.djangoapps.student.models import CourseEnrollment, Registration, UserProfile
from common.djangoapps.student.roles import CourseInstructorRole, CourseStaffRole
from django.contrib.auth import get_user_model
from django.db import transaction
from opaque_keys.edx.keys import CourseKey


class Refused(Exception):
    """Nothing was done. The text says why."""


def seed(users, password, course=None):
    """Make the users, or bring them back to how they are described: rights and password. With a course, each
    is enrolled in its mode, and who is on its team gets that role."""
    key = CourseKey.from_string(course) if course else None
    made = []
    with transaction.atomic():
        for each in users:
            user, new = account(each, password)
            if new:
                made.append(each["name"])
            if key is not None:
                join(user, key, each)
    return {"made": made, "all": [each["name"] for each in users]}


def account(wanted, password):
    """A user with a profile, active, with these rights and this password, which no rule is applied to."""
    users = get_user_model().objects
    user = users.filter(username=wanted["name"]).first()
    new = user is None
    if new:
        if users.filter(email__iexact=wanted["email"]).exists():
            raise Refused(f"Another user has the e-mail address {wanted['email']}.")
        user = get_user_model()(username=wanted["name"], email=wanted["email"])
    user.is_active = True
    user.is_staff, user.is_superuser = wanted["staff"], wanted["superuser"]
    user.set_password(password)
    user.save()
    if new:
        UserProfile.objects.create(user=user, name=wanted["name"])
        registration = Registration()
        registration.register(user)
        registration.activate()
    return user, new


def join(user, key, wanted):
    """Enroll a user, and put it on the course's team."""
    if wanted["mode"]:
        CourseEnrollment.enroll(user, key, mode=wanted["mode"])
    if wanted["team"]:
        for role in (CourseStaffRole, CourseInstructorRole):
            role(key).add_users(user)


ACTIONS = {"seed": seed}
