"""What is a release? The shape that each named release fills."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mfe:
    """A micro-frontend that is served as a folder of its own under the MFE host."""

    name: str
    """Folder in the image and first part of its path, such as `learning`."""
    setting: str | None = None
    """Setting of LMS or Studio that holds its address, such as `LEARNING_MICROFRONTEND_URL`."""
    suffix: str = ""
    """What the setting's address has after the folder: `/` or a path."""
    studio: bool = False
    """Whether Studio needs the setting, too."""
    flags: tuple[str, ...] = ()
    """Feature flags that must be true for the platform to use it."""
    waffle_flags: tuple[str, ...] = ()
    """Waffle flags that are switched on for everyone when it is first deployed."""


@dataclass(frozen=True, kw_only=True)
class FrontendApp:
    """An app of the frontend-base site (OEP-65), which is one bundle at the root of the MFE host."""

    name: str
    """Name of the app, which is also its path."""
    role: str
    """Route role by which other frontends find it, such as `org.openedx.frontend.role.instructorDashboard`."""
    setting: str | None = None
    """Setting of the LMS that holds its address, if there is one."""


@dataclass(frozen=True, kw_only=True)
class ReleaseImages:
    """The images that suit a release, as references with registry and tag."""

    openedx: str
    mfe: str
    mysql: str
    mongodb: str
    valkey: str
    meilisearch: str
    smtp: str


@dataclass(frozen=True, kw_only=True)
class Release:
    """A named release of Open edX."""

    name: str
    """Lower-case name, such as `verawood`."""
    ref: str
    """Git tag or branch of all repositories of the release."""
    python: str
    """Version of Python that the platform runs on."""
    node: str
    """Version of Node.js that builds its assets and MFEs."""
    images: ReleaseImages
    """Images to run when the stack file names none."""
    lms_queues: tuple[str, ...]
    """Last words of the LMS' Celery queues."""
    studio_queues: tuple[str, ...]
    """Last words of Studio's Celery queues."""
    mfes: tuple[Mfe, ...]
    """Micro-frontends served as folders."""
    frontend_apps: tuple[FrontendApp, ...]
    """Apps of the frontend-base site."""

    @property
    def mfe_names(self) -> tuple[str, ...]:
        """Names of everything that is served under the MFE host."""
        return tuple(mfe.name for mfe in self.mfes) + tuple(app.name for app in self.frontend_apps)
