"""Hosts, names, TLS, mail and the secrets that data depends on."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.tutor.root import TutorRoot
from openedx_infra.operations.imports.tutor.values import TutorValues

_ANSWERS: Mapping[str, tuple[str, str]] = {
    "PLATFORM_NAME": ("name", "site.name"),
    "LMS_HOST": ("lms_host", "site.lms_host"),
    "CMS_HOST": ("studio_host", "site.studio_host"),
    "MFE_HOST": ("mfe_host", "site.mfe_host"),
    "MEILISEARCH_HOST": ("search_host", "site.search_host"),
    "CONTACT_EMAIL": ("email", "site.contact_email"),
}
"""Settings that are answers to `init`, and their keys in the stack file."""
_MAIL = ("SMTP_HOST", "SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_USE_TLS", "SMTP_USE_SSL")

_SECRETS: Mapping[str, str] = {
    "OPENEDX_SECRET_KEY": "django_secret_key",
    "JWT_COMMON_SECRET_KEY": "jwt_secret_key",
    "JWT_RSA_PRIVATE_KEY": "jwt_private_key",
    "CMS_OAUTH2_SECRET": "studio_oauth2_secret",
}
"""Settings that are secrets of the platform. SECRET_KEY is in anonymous ids of learners, which graders and
certificates of LTI know."""

PLATFORM_DEFAULTS: Mapping[str, str] = {
    "profile_image_hash_seed": "placeholder_secret_key",
    "retired_user_salts": "123\nabc",
}
"""Values that edx-platform has of its own, as Tutor sets none: names of files of profile images and names of
retired users are made of them (lms/envs/common.py, openedx/envs/common.py). Newest salt first."""
PLATFORM_FERNET_KEY = "DUMMY KEY CHANGE BEFORE GOING TO PRODUCTION"
"""Key by which edx-platform encrypts model fields where no other is set (lms/envs/common.py)."""


def translate(root: TutorRoot, values: TutorValues, draft: Draft) -> None:
    """Put what people see of the site, and what data depends on, into the draft."""
    for name, (answer, key) in _ANSWERS.items():
        with draft.attempt(name, key):
            draft.answer(answer, values.text(name), name, key)
    with draft.attempt("LANGUAGE_CODE", "site.language"):
        language = values.text("LANGUAGE_CODE").lower().replace("_", "-")
        draft.set(("site", "language"), language, "LANGUAGE_CODE")
    _tls(values, draft)
    _mail(values, draft)
    _release(root, values, draft)
    _secrets(values, draft)


def _tls(values: TutorValues, draft: Draft) -> None:
    https, proxy = values.flag("ENABLE_HTTPS"), values.flag("ENABLE_WEB_PROXY")
    tls = ("cert-manager" if proxy else "upstream") if https else "none"
    draft.answer("tls", tls, "ENABLE_HTTPS", "site.tls")


def _mail(values: TutorValues, draft: Draft) -> None:
    with draft.attempt("CONTACT_EMAIL", "mail.sender"):
        draft.set(("mail", "sender"), values.text("CONTACT_EMAIL"), "CONTACT_EMAIL (sender of mail)")
    if values.flag("RUN_SMTP"):
        values.ignore(*_MAIL)
        return
    with draft.attempt("SMTP_HOST", "mail.delivery"):
        draft.answer("smtp_host", values.text("SMTP_HOST"), "SMTP_HOST", "mail.delivery.host")
    with draft.attempt("SMTP_USERNAME", "mail.delivery.username"):
        if user := values.text("SMTP_USERNAME"):
            draft.answer("smtp_user", user, "SMTP_USERNAME", "mail.delivery.username")
    with draft.attempt("SMTP_PASSWORD", "secrets.mail_password"):
        if (password := values.text("SMTP_PASSWORD")) and "smtp_user" in draft.answers:
            draft.secret("mail_password", password, "SMTP_PASSWORD")
    with draft.attempt("SMTP_PORT", "mail.delivery.port"):
        draft.set(("mail", "delivery", "port"), values.number("SMTP_PORT"), "SMTP_PORT")
    tls, ssl = values.flag("SMTP_USE_TLS"), values.flag("SMTP_USE_SSL")
    security = "tls" if ssl else "starttls" if tls else "none"
    draft.set(("mail", "delivery", "security"), security, "SMTP_USE_SSL" if ssl else "SMTP_USE_TLS")


def _release(root: TutorRoot, values: TutorValues, draft: Draft) -> None:
    version = ""
    with draft.attempt("OPENEDX_COMMON_VERSION", "release"):
        version = values.text("OPENEDX_COMMON_VERSION")
    if version in ("master", "main"):
        draft.set(("release",), "master", "OPENEDX_COMMON_VERSION")
    elif root.release in ("sumac", "teak"):
        draft.set(("release",), "ulmo", "Tutor's version")
        draft.leave(
            f"Tutor {root.version}",
            f"its databases are of {root.release.capitalize()}, and this program begins at Ulmo: upgrade the "
            "site with Tutor 21 before its data comes here",
        )
    else:
        draft.set(("release",), root.release, "Tutor's version")
        if version and root.release not in version:
            draft.leave(
                "OPENEDX_COMMON_VERSION",
                f"{version} is another version than {root.release}, which the stack file names: check which "
                "release the databases are of",
            )


def _secrets(values: TutorValues, draft: Draft) -> None:
    for name, secret in _SECRETS.items():
        with draft.attempt(name, f"secrets.{secret}"):
            if value := values.text(name):
                draft.secret(secret, value, name)
            else:
                draft.leave(name, f"config.yml has none, so a new {secret} is made: everybody is signed out")
    for secret, value in PLATFORM_DEFAULTS.items():
        draft.secret(secret, value, f"edx-platform's own {secret.upper()}")
    # What is encrypted stays readable, and new data gets a key that not everybody knows.
    fresh = random.token_urlsafe(32)
    draft.secret("fernet_keys", f"{fresh}\n{PLATFORM_FERNET_KEY}", "edx-platform's own FERNET_KEYS")
