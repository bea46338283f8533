"""Variables that the operator gave to Ansible (server-vars.yml): what lms.yml and studio.yml don't hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.native.installation import Installation, SettingsFile

_REPOSITORY = "registry.CHANGEME.example.org/openedx"
_ROLE = "EDXAPP_"
_REQUIREMENTS = ("EDXAPP_EXTRA_REQUIREMENTS", "EDXAPP_PRIVATE_REQUIREMENTS")
_UPSTREAM = re.compile(r"github\.com[:/](openedx|edx)/edx-platform(\.git)?/?$")
_NEEDLESS: Mapping[str, str] = {
    r"(EDXAPP_)?(MYSQL|MONGO|REDIS|MEMCACHE|ELASTICSEARCH|RABBIT|FORUM)\w*": (
        "the new instance has its own servers"
    ),
    r"COMMON_\w+|SANDBOX_\w+|AWS_\w+|USER_\w+|SECURITY_\w+|SPLUNK\w*|NEWRELIC\w*|DATADOG\w*": (
        "of the old machine"
    ),
    r"ECOMMERCE_\w+|ANALYTICS_\w+|INSIGHTS_\w+|CERTS_\w+": "gone from Open edX",
    r"configuration_version|migrate_db|local_\w+|devstack|disable_edx_services": "of Ansible's own run",
}
_DOORS: Mapping[str, str] = {
    r"NGINX_\w+|EDXAPP_\w*NGINX\w*|REDIRECT_NGINX\w*": (
        "rules of the web server: openedx:ingress and openedx:site.tls"
    ),
    r"(XQUEUE|xqueue)_\w+": "openedx:services.xqueue",
    r"(DISCOVERY|discovery)_\w+": "openedx:services.discovery",
    r"(CREDENTIALS|credentials)_\w+": "openedx:services.credentials",
    r"(EDX_NOTES|edx_notes)\w+": "openedx:services.notes",
    r"CERTBOT_\w+|LETSENCRYPT_\w+": "openedx:site.tls",
    r"EDXAPP_COMPREHENSIVE_THEME_\w+": "openedx:images.openedx.themes and openedx:site.theme",
    r"EDXAPP_(ADDITIONAL_CRON_JOBS|CLEARSESSIONS_\w+)": "openedx:duties",
    r"EDXAPP_\w*(WORKERS|GUNICORN|MAX_REQ)\w*": "openedx:sizing",
}


def translate(old: Installation, draft: Draft) -> None:
    """Take over what images are built of; list the rest."""
    variables = old.variables
    build: dict[str, Any] = {}
    for name in _REQUIREMENTS:
        if found := _requirements(variables.get(name)):
            build["requirements"] = [*build.get("requirements", []), *found]
    repository = variables.text("edx_platform_repo") or variables.text("EDX_PLATFORM_REPO")
    if repository and not _UPSTREAM.search(repository):
        draft.leave(
            variables.where("edx_platform_repo"),
            f"the platform was a fork, {repository}: bring what it adds to today's release, and name that in "
            "openedx:images.openedx.platform",
        )
    if build:
        source = {"source": "build", "repository": _REPOSITORY, **build}
        draft.set(("images", "openedx"), source, variables.where(_REQUIREMENTS[0]))
        draft.leave(
            variables.where(_REQUIREMENTS[0]),
            "the versions are of the old release: name those that today's release takes",
        )
    for name in variables.unread():
        _rest(variables, old, name, draft)


def _requirements(value: Any) -> list[str]:
    """Requirements as pip reads them, of what Ansible has: maps of `name`, `version` and `extra_args`."""
    found = []
    for each in value if isinstance(value, list) else ():
        name = each.get("name") if isinstance(each, Mapping) else each
        version = each.get("version") if isinstance(each, Mapping) else None
        if name:
            text = str(name).removeprefix("-e ").strip()
            found.append(f"{text}=={version}" if version and "://" not in text else text)
    return found


def _rest(variables: SettingsFile, old: Installation, name: str, draft: Draft) -> None:
    where = variables.where(name)
    setting = name.removeprefix(_ROLE)
    if name.startswith(_ROLE) and (setting in old.lms.content or setting in old.studio.content):
        draft.needless[where] = "its result is in lms.yml or studio.yml"
    elif reason := next((why for pattern, why in _NEEDLESS.items() if re.fullmatch(pattern, name)), None):
        draft.needless[where] = reason
    else:
        door = next((door for pattern, door in _DOORS.items() if re.fullmatch(pattern, name)), None)
        draft.leave(where, door or "only Ansible can tell what it did: compare lms.yml and studio.yml")
