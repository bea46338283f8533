"""Values of Tutor's settings, with the references between them resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from openedx_infra.operations.imports.draft import Unresolved

DEFAULTS: Mapping[str, Any] = {
    "CMS_HOST": "studio.{{ LMS_HOST }}",
    "CONTACT_EMAIL": "contact@{{ LMS_HOST }}",
    "CREDENTIALS_HOST": "credentials.{{ LMS_HOST }}",
    "DISCOVERY_HOST": "discovery.{{ LMS_HOST }}",
    "DOCKER_REGISTRY": "docker.io/",
    "ENABLE_HTTPS": False,
    "ENABLE_WEB_PROXY": True,
    "JWT_COMMON_SECRET_KEY": "{{ OPENEDX_SECRET_KEY }}",
    "LANGUAGE_CODE": "en",
    "LMS_HOST": "local.openedx.io",
    "MEILISEARCH_HOST": "meilisearch.{{ LMS_HOST }}",
    "MFE_HOST": "apps.{{ LMS_HOST }}",
    "MINIO_HOST": "files.{{ LMS_HOST }}",
    "NOTES_HOST": "notes.{{ LMS_HOST }}",
    "PLATFORM_NAME": "My Open edX",
    "PLUGINS": (),
    "RUN_MEILISEARCH": True,
    "RUN_MONGODB": True,
    "RUN_MYSQL": True,
    "RUN_REDIS": True,
    "RUN_SMTP": True,
    "SMTP_HOST": "smtp",
    "SMTP_PORT": 8025,
    "SMTP_USE_SSL": False,
    "SMTP_USE_TLS": False,
}
"""What Tutor 19 to 22 and its official plugins take where config.yml has nothing (their documentation)."""

_OFF = ("", "false", "no", "0")
_ENVIRONMENT = ImmutableSandboxedEnvironment(autoescape=False, keep_trailing_newline=True)


class TutorValues:
    """The settings of one Tutor root. Remembers which were asked for, so that none is forgotten."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """`config`: what config.yml holds."""
        self._config = config
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether config.yml itself has the setting."""
        return name in self._config

    def get(self, name: str) -> Any:
        """The value of a setting, references resolved. Raises Unresolved."""
        self._read.add(name)
        return self._resolved(name, ())

    def text(self, name: str) -> str:
        """The same as text; empty where there is none. Raises Unresolved."""
        value = self.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Whether a switch is on. Tutor takes texts for it, too; what can't be resolved is as by default."""
        try:
            value = self.get(name)
        except Unresolved:
            value = DEFAULTS.get(name)
            self._read.discard(name)  # so that it is listed
        return value.strip().lower() not in _OFF if isinstance(value, str) else bool(value)

    def names(self, name: str) -> Sequence[str]:
        """The value of a setting that is a list of texts. Raises Unresolved for anything else."""
        value = self.get(name) or ()
        if not isinstance(value, list | tuple):
            raise Unresolved("is no list")
        return [self._rendered(str(each), (name,)) for each in value]

    def number(self, name: str) -> int:
        """The value of a setting that is a whole number. Raises Unresolved for anything else."""
        value = self.get(name)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise Unresolved("is no whole number") from None

    def shown(self, name: str) -> str:
        """A setting as text for a message, as far as it can be resolved."""
        try:
            return self.text(name)
        except Unresolved:
            return str(self._config.get(name))

    def rendered(self, template: str) -> str:
        """A text with its references to settings resolved. Raises Unresolved."""
        return self._rendered(template, ())

    def ignore(self, *names: str) -> None:
        """Count settings as asked for that decide nothing here."""
        self._read.update(names)

    def unread(self) -> Sequence[str]:
        """Settings of config.yml that nothing asked for, sorted."""
        return sorted(set(self._config) - self._read)

    def _resolved(self, name: str, within: tuple[str, ...]) -> Any:
        value = self._config.get(name, DEFAULTS.get(name))
        if isinstance(value, str):
            if name in within:
                raise Unresolved(f"{name} refers to itself")
            return self._rendered(value, (*within, name))
        return value

    def _rendered(self, template: str, within: tuple[str, ...]) -> str:
        if not any(mark in template for mark in ("{{", "{%", "{#")):
            return template
        try:
            names = meta.find_undeclared_variables(_ENVIRONMENT.parse(template))
            known = {
                name: self._resolved(name, within)
                for name in names
                if name in self._config or name in DEFAULTS
            }
            if missing := sorted(names - known.keys()):
                raise Unresolved(f"refers to {', '.join(missing)}")
            return _ENVIRONMENT.from_string(template).render(known)
        except TemplateError as error:
            raise Unresolved(f"is a template that only Tutor can read: {error}") from error
