"""Hosts, names, TLS, mail and release of an installation by Ansible."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.native.installation import Installation, SettingsFile, is_on
from openedx_infra.releases import RELEASES

_NAMED = ("maple", "nutmeg", "olive", "palm", "quince", "redwood", "sumac", "teak")
"""Named releases of Open edX whose files can be read here, and that this program does not deploy."""
_MFE = "MICROFRONTEND_URL"
"""What the names of settings with addresses of MFEs end in."""
_USUAL_PORTS = (None, 80, 443)
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_LOCAL = ("localhost", "127.0.0.1", "")


def translate(old: Installation, draft: Draft) -> None:
    """Put what people see of the site into the draft."""
    _hosts(old, draft)
    lms = old.lms
    for name, answer, key in (
        ("PLATFORM_NAME", "name", "site.name"),
        ("CONTACT_EMAIL", "email", "site.contact_email"),
    ):
        if value := lms.text(name):
            draft.answer(answer, value, lms.where(name), key)
    for name, path in (
        ("DEFAULT_FROM_EMAIL", ("mail", "sender")),
        ("TIME_ZONE", ("site", "time_zone")),
    ):
        if value := lms.text(name):
            draft.set(path, value, lms.where(name))
    if language := lms.text("LANGUAGE_CODE"):
        draft.set(("site", "language"), language.lower().replace("_", "-"), lms.where("LANGUAGE_CODE"))
    _mail(lms, draft)
    _release(old, draft)


def _hosts(old: Installation, draft: Draft) -> None:
    lms, studio = old.lms, old.studio
    for file, name, answer, key in (
        (lms, "LMS_BASE", "lms_host", "site.lms_host"),
        (lms if "CMS_BASE" in lms else studio, "CMS_BASE", "studio_host", "site.studio_host"),
    ):
        host, port = _address(f"//{file.text(name)}")
        if host:
            draft.answer(answer, host, file.where(name), key)
        else:
            draft.leave(file.where(name), f"names no host: set openedx:{key}")
        if port not in _USUAL_PORTS:
            draft.leave(
                file.where(name),
                f"names port {port}: here every host is reached at 80 and 443, so check that "
                f"openedx:{key} is what visitors type",
            )
    mfes = {name: _address(lms.text(name))[0] for name in lms.content if name.endswith(_MFE)}
    own = {host for host in mfes.values() if host and host != draft.answers.get("lms_host")}
    if len(own) == 1:
        name = next(name for name, host in mfes.items() if host in own)
        draft.answer("mfe_host", own.pop(), lms.where(name), "site.mfe_host")
    for name in mfes:
        draft.needless[lms.where(name)] = "openedx:site.mfe_host has all MFEs"
    root = lms.text("LMS_ROOT_URL").partition(":")[0]
    secure = root == "https" if root else is_on(lms.get("HTTPS"))
    origin = lms.where("LMS_ROOT_URL" if root else "HTTPS")
    draft.answer("tls", "cert-manager" if secure else "none", origin, "site.tls")


def _address(text: str) -> tuple[str | None, int | None]:
    """Host and port of an address; None for what it doesn't have, and for what is none."""
    try:
        parts = urlsplit(text)
        return parts.hostname, parts.port
    except ValueError:
        return None, None


def _mail(lms: SettingsFile, draft: Draft) -> None:
    backend, host = lms.text("EMAIL_BACKEND"), lms.text("EMAIL_HOST")
    user, password = lms.text("EMAIL_HOST_USER"), lms.text("EMAIL_HOST_PASSWORD")
    if backend not in ("", _SMTP):
        kind = "{source: ses}" if "ses" in backend.lower() else "that of the same provider by SMTP"
        draft.leave(lms.where("EMAIL_BACKEND"), f"is {backend}: set openedx:mail.delivery, to {kind}")
        return
    if host in _LOCAL:
        draft.leave(
            lms.where("EMAIL_HOST"),
            "mail went to a server on the old machine. Here a relay delivers it: set openedx:mail.delivery "
            "to a provider if the old one sent through one",
        )
        return
    draft.answer("smtp_host", host, lms.where("EMAIL_HOST"), "mail.delivery.host")
    if user:
        draft.answer("smtp_user", user, lms.where("EMAIL_HOST_USER"), "mail.delivery.username")
        if password:
            draft.secret("mail_password", password, lms.where("EMAIL_HOST_PASSWORD"))
    port = lms.text("EMAIL_PORT") or "25"
    if port.isdecimal():
        draft.set(("mail", "delivery", "port"), int(port), lms.where("EMAIL_PORT"))
    security = "tls" if lms.flag("EMAIL_USE_SSL") else "starttls" if lms.flag("EMAIL_USE_TLS") else "none"
    draft.set(("mail", "delivery", "security"), security, lms.where("EMAIL_USE_TLS"))


def release_named(text: str) -> str | None:
    """The named release in a branch or tag, such as `open-release/nutmeg.3`; None where there is none."""
    found = re.search(r"(?:open-)?release/([a-z]+)", text)
    return found[1] if found else None


def _release(old: Installation, draft: Draft) -> None:
    versions: Mapping[str, str] = {
        old.lms.where("EDX_PLATFORM_REVISION"): old.lms.text("EDX_PLATFORM_REVISION"),
        old.variables.where("edx_platform_version"): old.variables.text("edx_platform_version"),
        old.variables.where("OPENEDX_RELEASE"): old.variables.text("OPENEDX_RELEASE"),
    }
    named = {where: name for where, text in versions.items() if (name := release_named(text))}
    oldest = next(iter(RELEASES))
    where, name = next(iter(named.items()), (old.lms.where("EDX_PLATFORM_REVISION"), ""))
    if name in RELEASES:
        draft.set(("release",), name, where)
        return
    draft.set(("release",), oldest, where)
    if name in _NAMED:
        words = f"the databases are of {name.capitalize()}"
    elif name:
        words = f"the databases are of {name.capitalize()}, which is older than any that is read here"
    else:
        words = "no file tells of which release the databases are"
    draft.leave(
        where,
        f"{words}, and this program begins at {oldest.capitalize()}: docs/move-from-native.md has the way "
        "there, one named release after the other",
    )
