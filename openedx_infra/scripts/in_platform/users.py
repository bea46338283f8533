"""Users: makes, lists and invites them, by the platform's own models and rules. Runs in the LMS.

Verbs send it with a request (`serve.py`), and `lms_setup.py` imports it.
"""

from secrets import token_urlsafe

from common.djangoapps.student.models import (
    Registration,
    UserProfile,
    email_exists_or_retired,
    username_exists_or_retired,
)
from common.djangoapps.util.password_policy_validators import normalize_password, validate_password
from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import transaction
from openedx.core.djangoapps.oauth_dispatch.api import destroy_oauth_tokens
from openedx.core.djangoapps.theming.helpers import get_current_request
from openedx.core.djangoapps.user_authn.views import password_reset
from openedx.core.djangoapps.user_authn.views.registration_form import UsernameField, validate_name
from openedx.core.lib.celery.task_utils import emulate_http_request


class Refused(Exception):
    """Nothing was done. The text says why."""


def create(name, email, full_name="", password=None, staff=False, superuser=False, invite=None):
    """Make an active user. One that is there gets the rights that it lacks, and keeps its password.

    Without a password it has one that nobody knows, as the platform lets only users with a password set
    another one. `invite`: None, `mail` or `link`.
    """
    users = get_user_model().objects
    user = users.filter(username=name).first()
    rights = {"is_staff": staff, "is_superuser": superuser}
    if user is not None:
        if user.email.lower() != email.lower():
            raise Refused(f"User {name} exists, with another e-mail address ({user.email}).")
        given = [right for right, wanted in rights.items() if wanted and not getattr(user, right)]
        for right in given:
            setattr(user, right, True)
        if given:
            user.save(update_fields=given)
        return {"made": False, "given": given}
    check(name, email, full_name, password)
    with transaction.atomic():
        user = get_user_model()(username=name, email=email, **rights)
        user.set_password(normalize_password(password) if password else token_urlsafe(32))
        user.save()
        UserProfile.objects.create(user=user, name=full_name or name)
        registration = Registration()
        registration.register(user)
        registration.activate()
    return {
        "made": True,
        "given": [right for right, wanted in rights.items() if wanted],
        **invited(user, invite),
    }


def check(name, email, full_name, password):
    """Refuse what the platform's own form refuses, all at once. The site's limits on who may register
    (ALLOW_PUBLIC_ACCOUNT_CREATION, REGISTRATION_EMAIL_PATTERNS_ALLOWED) don't bind its operator."""
    problems = [
        *found("user name", lambda: UsernameField().clean(name)),
        *found("e-mail address", lambda: forms.EmailField(max_length=254).clean(email)),
        *found("full name", lambda: validate_name(full_name)),
    ]
    if username_exists_or_retired(name):
        problems.append("user name: it was a retired account's")
    if owner := get_user_model().objects.filter(email__iexact=email).first():
        problems.append(f"e-mail address: it is user {owner.username}'s")
    elif email_exists_or_retired(email):
        problems.append("e-mail address: it was a retired account's")
    if password is not None:
        user = get_user_model()(username=name, email=email)
        problems += found("password", lambda: validate_password(password, user))
    if problems:
        raise Refused("; ".join(problems))


def found(what, validate):
    """The objections of a validator."""
    try:
        validate()
    except ValidationError as error:
        return [f"{what}: {message}" for message in error.messages]
    return []


def password(name, password=None, invite=None):
    """Set a user's password, or invite it to set one. Its sessions and tokens end with the old one."""
    user = named(name)
    if password is not None:
        if problems := found("password", lambda: validate_password(password, user)):
            raise Refused("; ".join(problems))
        user.set_password(normalize_password(password))
        user.save()
        destroy_oauth_tokens(user)
    elif not user.has_usable_password():
        # The platform sends no link to a user without a password.
        user.set_password(token_urlsafe(32))
        user.save()
    return {"user": user.username, "active": user.is_active, **invited(user, invite)}


def named(name):
    """A user by its name or e-mail address."""
    users = get_user_model().objects
    user = users.filter(username=name).first() or users.filter(email__iexact=name).first()
    if user is None:
        raise Refused(f"There is no user {name}.")
    return user


def invited(user, invite):
    """Send the platform's own mail with a link to set a password, or return that link."""
    if invite is None:
        return {}
    messages = []
    try:
        reset(user, messages.append if invite == "link" else None)
    except Exception as error:  # Whatever mail servers and their clients raise.
        return {"not_mailed": f"{type(error).__name__}: {error}"}
    seconds = settings.PASSWORD_RESET_TIMEOUT
    if invite == "link":
        return {"link": messages[0].context["reset_link"], "seconds": seconds}
    return {"mailed": user.email, "seconds": seconds}


def reset(user, send):
    """The platform's password reset for a user, as if it had asked for it on the site. `send` takes the
    message instead of the mail server."""
    with emulate_http_request(Site.objects.get_current(), user):
        request = get_current_request()
        request.is_secure = lambda: settings.LMS_ROOT_URL.startswith("https:")
        ace = password_reset.ace
        if send is not None:
            password_reset.ace = type("Recorder", (), {"send": staticmethod(send)})
        try:
            password_reset.send_password_reset_email_for_user(user, request)
        finally:
            password_reset.ace = ace


def listed(search="", staff=False, limit=1000):
    """Users by name, and how many there are."""
    users = get_user_model().objects.order_by("username")
    if search:
        users = users.filter(username__icontains=search) | users.filter(email__icontains=search)
    if staff:
        users = users.filter(is_staff=True) | users.filter(is_superuser=True)
    columns = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login", "date_joined")
    return {"users": list(users.values(*columns)[:limit]), "count": users.count()}


def administrators(wanted):
    """Make the administrators whom the stack file names, and invite each by mail when it is made.

    Nothing here fails a set-up: who can't be made or invited is named in the log.
    """
    for each in wanted:
        try:
            done = create(each["name"], each["email"], staff=True, superuser=True, invite="mail")
        except Refused as refusal:
            print(f"lms_setup: warning: administrator {each['name']} was not made: {refusal}", flush=True)
            continue
        if "not_mailed" in done:
            remedy = f"`openedx-infra users password {each['name']} --link` prints a link instead"
            print(
                f"lms_setup: warning: administrator {each['name']} was made, but no mail could be sent "
                f"({done['not_mailed']}): {remedy}",
                flush=True,
            )
        elif done["made"]:
            print(f"lms_setup: administrator {each['name']} was made and invited by mail", flush=True)


ACTIONS = {"create": create, "password": password, "list": listed}
