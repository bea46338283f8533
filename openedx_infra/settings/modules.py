"""The settings package that LMS and Studio load beside YAML: its files as texts.

The files in `platform/` run in the platform's Python, with its libraries, and never in this program's. They
are mounted as `lms/envs/openedx_infra` and `cms/envs/openedx_infra`.
"""

from __future__ import annotations

from pathlib import Path

from openedx_infra.settings.servers.web import Site

_ALIKE = (
    "loading.py",
    "certificates.py",
    "storages.py",
    "buckets.py",
    "endpoints.py",
    "events.py",
    "liveness.py",
    "leaving.py",
    "tasks.py",
    "lines.py",
    "spool.py",
)
_FILES: dict[Site, dict[str, str]] = {
    "lms": {"__init__.py": "lms.py", "reports.py": "reports.py", **{name: name for name in _ALIKE}},
    "cms": {"__init__.py": "studio.py", **{name: name for name in _ALIKE}},
}


def module_files(site: Site) -> dict[str, str]:
    """Text of each file of a site's settings package, by its name there."""
    folder = Path(__file__).parent / "platform"
    return {name: (folder / source).read_text(encoding="utf-8") for name, source in _FILES[site].items()}
