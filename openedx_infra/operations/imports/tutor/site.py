"""Hosts, names, TLS, mail and the secrets that data depends on."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping

from openedx_infra.operations.imports.tutor.draft import Draft
from openedx_infra.operations.imports.tutor.root import TutorRoot
from openedx_infra.operations.imports.tutor.values import TutorValues, Unresolved

_ANSWERS: Mapping[str, tuple[str, str]] = {
    "PLATFORM_NAME": ("name", "openedx:site.name"),
    "LMS_HOST": ("lms_host", "openedx:site.lms_host"),
    "CMS_HOST": ("studio_host", "openedx:site.studio_host"),
    "MFE_HOST": ("mfe_host", "openedx:site.mfe_host"),
    "MEILISEARCH_HOST": ("search_host", "openedx:site.search_host"),
    "CONTACT_EMAIL": ("email", "openedx:site.contact_email"),
}
"""Settings that are answers to `init`."""

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

_STARTTLS_PORT = 587


def translate(root: TutorRoot, values: TutorValues, draft: Draft) -> None:
    """Put what people see of the site, and what data depends on, into the draft."""
    for name, (answer, key) in _ANSWERS.items():
        try:
            draft.answer(answer, values.text(name), name, key)
        except Unresolved as error:
            draft.leave(name, f"{error}; set {key}")
    _language(values, draft)
    _tls(values, draft)
    _mail(values, draft)
    _release(root, values, draft)
    _secrets(values, draft)


def _language(values: TutorValues, draft: Draft) -> None:
    draft.set(("site", "language"), values.text("LANGUAGE_CODE").lower().replace("_", "-"), "LANGUAGE_CODE")


def _tls(values: TutorValues, draft: Draft) -> None:
    if not values.get("ENABLE_HTTPS"):
        tls = "none"
    else:
        tls = "cert-manager" if values.get("ENABLE_WEB_PROXY") else "upstream"
    values.get("ENABLE_WEB_PROXY")
    draft.answer("tls", tls, "ENABLE_HTTPS", "openedx:site.tls")


def _mail(values: TutorValues, draft: Draft) -> None:
    names = ("RUN_SMTP", "SMTP_HOST", "SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD")
    runs, host, port, user, password = (values.get(name) for name in names)
    tls, ssl = values.get("SMTP_USE_TLS"), values.get("SMTP_USE_SSL")
    draft.set(("mail", "sender"), values.text("CONTACT_EMAIL"), "CONTACT_EMAIL (sender of mail)")
    if runs:
        return
    draft.answer("smtp_host", str(host), "SMTP_HOST", "openedx:mail.delivery.host")
    if user:
        draft.answer("smtp_user", str(user), "SMTP_USERNAME", "openedx:mail.delivery.username")
    draft.set(("mail", "delivery", "port"), int(port or _STARTTLS_PORT), "SMTP_PORT")
    security = "tls" if ssl else "starttls" if tls else "none"
    draft.set(("mail", "delivery", "security"), security, "SMTP_USE_SSL" if ssl else "SMTP_USE_TLS")
    if user and password:
        draft.secret("mail_password", str(password), "SMTP_PASSWORD")


def _release(root: TutorRoot, values: TutorValues, draft: Draft) -> None:
    version = str(values.get("OPENEDX_COMMON_VERSION") or "")
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
        try:
            value = values.text(name)
        except Unresolved:
            value = ""
        if value:
            draft.secret(secret, value, name)
        else:
            draft.leave(name, f"config.yml has none, so a new {secret} is made: everybody is signed out")
    for secret, value in PLATFORM_DEFAULTS.items():
        draft.secret(secret, value, f"edx-platform's own {secret.upper()}")
    # What is encrypted stays readable, and new data gets a key that not everybody knows.
    fresh = random.token_urlsafe(32)
    draft.secret("fernet_keys", f"{fresh}\n{PLATFORM_FERNET_KEY}", "edx-platform's own FERNET_KEYS")
