"""The settings package that LMS and Studio load beside YAML: its files as texts.

The files in `platform/` run in the platform's Python, with its libraries, and never in this program's. They
are mounted as `lms/envs/openedx_infra` and `cms/envs/openedx_infra`. Files of Python settings that the stack
file names are beside them, and run after them.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from openedx_infra.config import Stack
from openedx_infra.config.rules.platform.settings_modules import named
from openedx_infra.settings.servers.web import Site

_ALIKE = (
    "loading.py",
    "certificates.py",
    "storages.py",
    "buckets.py",
    "packages.py",
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


OPERATOR_MODULES = "operator_"
"""What the names of the operator's own files begin with, before `common`, `lms` or `studio`."""


def module_files(site: Site, stack: Stack) -> dict[str, str]:
    """Text of each file of a site's settings package, by its name there.

    Where the stack names no files of its own, nothing in the package knows of such files.
    """
    folder = Path(__file__).parent / "platform"
    files = {name: (folder / source).read_text(encoding="utf-8") for name, source in _FILES[site].items()}
    modules = operator_modules(site, stack)
    if modules:
        files["operator_modules.py"] = (folder / "operator_modules.py").read_text(encoding="utf-8")
        files["__init__.py"] += _RUN.format(names=", ".join(f'"{name}"' for name in modules))
    if stack.development is not None:
        files["development.py"] = (folder / "development.py").read_text(encoding="utf-8")
        files["__init__.py"] += _DEVELOP.format(
            eager_tasks=stack.development.eager_tasks, toolbar=stack.development.toolbar
        )
    return {**files, **modules}


_DEVELOP = """
from .development import develop

develop(globals(), eager_tasks={eager_tasks}, toolbar={toolbar})
"""

_RUN = """
from .operator_modules import run

run(globals(), [{names}])
"""


def operator_modules(site: Site, stack: Stack) -> dict[str, str]:
    """Text of each file of Python settings that the stack names for a site, by its name in the package, in
    the order in which they run."""
    section = "lms" if site == "lms" else "studio"
    return {
        f"{OPERATOR_MODULES}{module.section}.py": module.text()
        for module in named(stack)
        if module.section in ("common", section)
    }


def modules_checksum(stack: Stack) -> str:
    """What changes with the text of any of these files, of either site. Empty where the stack names none."""
    texts = [f"{module.section} {module.text()}" for module in named(stack)]
    return sha256("\0".join(texts).encode()).hexdigest()[:12] if texts else ""
