"""Users' tables by the names that the platform has for them, and what it asks about users.

From the facts in common/djangoapps/student/models/user.py. Retired users have names that nothing is made of.
"""

from django.contrib.auth import get_user_model
from openedx.standin.models import Registration, UserProfile

__all__ = ["Registration", "UserProfile", "email_exists_or_retired", "username_exists_or_retired"]


def username_exists_or_retired(name):
    """Whether somebody has, or had, a name."""
    return get_user_model().objects.filter(username=name).exists()


def email_exists_or_retired(email):
    """Whether somebody has, or had, an address."""
    return get_user_model().objects.filter(email=email).exists()
