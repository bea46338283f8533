"""Enabled plugins: services of this program, what is part of it, and what is left to the operator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.tutor import patches, plugin_files
from openedx_infra.operations.imports.tutor.plugin_files import PluginFile
from openedx_infra.operations.imports.tutor.values import TutorValues

_PART_OF_IT = ("forum", "mfe", "indigo", "minio", "s3")
"""Plugins whose work other modules of this room take over."""
_SERVICES: Mapping[str, str | None] = {
    "credentials": "CREDENTIALS_HOST",
    "discovery": "DISCOVERY_HOST",
    "notes": "NOTES_HOST",
    "xqueue": None,
    "codejail": None,
}
"""Plugins that are services here, and the setting of the public host of each."""
_WORDS: Mapping[str, str] = {
    "android": "apps are built elsewhere; what they need of the platform is openedx:mobile",
    "aspects": "openedx:event_sinks sends events and course data to Aspects, which runs outside",
    "backup": "openedx:backups makes backups, and proves them by restoring",
    "cairn": "openedx:event_sinks sends events to what analyses them; dashboards run outside",
    "deck": "a web interface of Tutor's",
    "ecommerce": "archived by Open edX; Sumac is the last release that has it",
    "jupyter": "openedx:extras.containers can run a notebook server",
    "livedeps": "packages are part of the image: openedx:images.openedx.requirements",
    "mfe-extensions": "openedx:sizing and openedx:ingress do its work",
    "pod-autoscaling": "openedx:sizing.*.autoscaling",
    "scorm": "the XBlock is part of the image; its packages are served from the LMS' own host",
}
"""Other plugins that are known, and what they are here."""


def files(folder: Path, names: list[str]) -> list[PluginFile]:
    """The enabled plugins that are single files."""
    found = (plugin_files.read(folder, name) for name in names)
    return [each for each in found if each]


def translate(names: list[str], found: list[PluginFile], values: TutorValues, draft: Draft) -> None:
    """Take over every enabled plugin, or tell what it is here."""
    of_files = {plugin.name: plugin for plugin in found}
    # Without the plugin, Tutor switches discussions off.
    forum = "plugin forum" if "forum" in names else "plugin forum is off"
    draft.set(("features", "flags", "ENABLE_DISCUSSION_SERVICE"), "forum" in names, forum)
    for name in names:
        if plugin := of_files.get(name):
            _own(plugin, values, draft)
        elif name in _SERVICES:
            _service(name, values, draft)
        elif name not in _PART_OF_IT:
            words = _WORDS.get(name, "a package that this program doesn't know: look at what it adds")
            draft.leave(f"plugin {name}", words)


def _own(plugin: PluginFile, values: TutorValues, draft: Draft) -> None:
    for patch in plugin.patches:
        patches.translate(patch, values, draft)
    for where, what in plugin.unread:
        draft.leave(where, f"{what}: only running it would tell what it does")


def _service(name: str, values: TutorValues, draft: Draft) -> None:
    host = _SERVICES[name]
    draft.set(("services", name, "enabled"), True, f"plugin {name}")
    if host:
        with draft.attempt(host, f"services.{name}.host"):
            draft.set(("services", name, "host"), values.text(host), host)
