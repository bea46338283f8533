"""A table of what releases are made of: a row for each fact, a column for each release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from openedx_infra.releases.release import FrontendApp, Mfe, Release

NONE = "-"
"""Stands for what a release hasn't got."""


@dataclass(frozen=True)
class Row:
    """One fact of all releases."""

    title: str
    values: tuple[str, ...]
    """A text for each release, in their order; one that has several lines is a list."""

    @property
    def differs(self) -> bool:
        """Whether not all releases have the same."""
        return len(set(self.values)) > 1


@dataclass(frozen=True)
class Comparison:
    """Releases side by side."""

    names: tuple[str, ...]
    """Names of the releases: the heads of the columns."""
    rows: tuple[Row, ...]


def comparison(releases: Iterable[Release]) -> Comparison:
    """The releases side by side, in the order given."""
    columns = tuple(releases)
    rows = tuple(Row(title, tuple(fact(release) or NONE for release in columns)) for title, fact in _FACTS)
    return Comparison(tuple(release.name for release in columns), rows)


def _image(name: str) -> Callable[[Release], str]:
    def reference(release: Release) -> str:
        return getattr(release.images, name) or "build it"

    return reference


def _version(name: str) -> Callable[[Release], str]:
    """Only the tag: what the image is, is told by the row."""
    reference = _image(name)
    return lambda release: reference(release).rpartition(":")[2]


def _base(name: str) -> Callable[[Release], str]:
    return lambda release: str(getattr(release.bases, name))


def _lines(values: Iterable[str]) -> str:
    return "\n".join(values)


def _without(release: Release) -> str:
    """What people get where an MFE is not served."""
    apps: tuple[Mfe | FrontendApp, ...] = (*release.mfes, *release.frontend_apps)
    return _lines(f"{app.name}: {'needed, as ' if app.needed else ''}{app.without}" for app in apps)


def _pairs(values: Mapping[str, object]) -> str:
    return _lines(f"{name}: {value}" for name, value in sorted(values.items()))


_FACTS: tuple[tuple[str, Callable[[Release], str]], ...] = (
    ("state", lambda release: release.kind),
    ("upgrade from", lambda release: release.after or ""),
    ("runs beside", lambda release: _lines(sorted(release.runs_beside))),
    ("ref", lambda release: release.ref),
    ("other refs", lambda release: _pairs(release.refs)),
    ("Python", lambda release: release.python),
    ("Node.js", lambda release: release.node),
    ("uv", lambda release: release.uv),
    ("requirements", lambda release: release.requirements),
    ("constraints", lambda release: _lines(release.constraints)),
    ("base image", _base("system")),
    ("image of LMS and Studio", _image("openedx")),
    ("image of MFEs", _image("mfe")),
    ("MySQL", _version("mysql")),
    ("MongoDB", _version("mongodb")),
    ("Valkey", _version("valkey")),
    ("Meilisearch", _version("meilisearch")),
    ("Caddy", lambda release: release.bases.caddy.rpartition(":")[2]),
    ("SMTP relay", _version("smtp")),
    ("search engines", lambda release: _lines(release.search_engines)),
    ("queues of the LMS", lambda release: _lines(release.lms_queues)),
    ("queues of Studio", lambda release: _lines(release.studio_queues)),
    ("MFEs", lambda release: _lines(f"{mfe.name} :{mfe.port}" for mfe in release.mfes)),
    (
        "apps of the site",
        lambda release: _lines(f"{app.name} {app.version}" for app in release.frontend_apps),
    ),
    (
        "without an MFE",
        _without,
    ),
    ("settings of its own", lambda release: _pairs(release.settings)),
    ("settings it lacks", lambda release: _lines(sorted(release.unknown_settings))),
    ("index of Studio", lambda release: _lines(" ".join(run) or "at once" for run in release.studio_index)),
    ("waffle flags", lambda release: _lines(release.waffle_flags)),
    (
        "upgrade: commands",
        lambda release: _lines(f"{each.when}: {each.command}" for each in release.upgrade_commands),
    ),
    (
        "upgrade: migrations to watch",
        lambda release: _lines(f"{each.app}.{each.prefix}*" for each in release.heavy_migrations),
    ),
    ("discussions", lambda release: "MongoDB" if release.forum_in_mongodb else "MySQL"),
)
"""Titles of the rows, and what stands in them."""
