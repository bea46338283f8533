"""Python imports this at its start, before anything else, in each process of a development instance.

It puts packages that were installed from mounted folders before those of the image, finds the settings of the
instance outside of the mounted platform, and watches the files of the process for the supervisor.
"""

import os
import site
import sys
import threading
import time
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

ADDED = os.environ.get("OPENEDX_DEVELOPMENT_ADDED", "/openedx/added")
SETTINGS = os.environ.get("OPENEDX_DEVELOPMENT_SETTINGS", "")
SECONDS = 0.25
STARTED = time.time()


class SettingsFinder:
    """Finds `lms.envs.openedx_infra` and `cms.envs.openedx_infra` in a folder of their own, so that nothing
    is mounted into the developer's folder."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Python's protocol: the module, or None for the next finder."""
        for variant in ("lms", "cms"):
            if name == f"{variant}.envs.openedx_infra":
                folder = Path(SETTINGS, variant)
                first = folder / "__init__.py"
                if first.is_file():
                    return spec_from_file_location(name, first, submodule_search_locations=[str(folder)])
        return None


def prefer(folder: str) -> None:
    """Put a folder of packages, and what its *.pth files name or find, before all other packages."""
    paths, finders = list(sys.path), list(sys.meta_path)
    site.addsitedir(folder)
    sys.path[:] = [*(path for path in sys.path if path not in paths), *paths]
    sys.meta_path[:] = [*(finder for finder in sys.meta_path if finder not in finders), *finders]


def watch(folders: list[str], changed: str) -> None:
    """Tell the supervisor when a file that this process has loaded from these folders changes.

    Files of loaded modules alone are looked at: some thousand, rather than all of a checkout.
    """
    times: dict[str, float] = {}
    while True:
        for file in _loaded(folders):
            try:
                now = Path(file).stat().st_mtime
            except OSError:
                continue  # an editor that writes anew removes it for a moment
            # One that changed after the start of this process may have been loaded as it was before.
            if times.setdefault(file, now) != now or STARTED < now <= time.time():
                Path(changed).write_text(file, encoding="utf-8")
                return
        time.sleep(SECONDS)


def _loaded(folders: list[str]) -> list[str]:
    modules = list(sys.modules.values())
    files = (getattr(module, "__file__", None) for module in modules)
    return [file for file in files if file and file.startswith(tuple(folders))]


if Path(ADDED).is_dir():
    prefer(ADDED)
if SETTINGS:
    sys.meta_path.insert(0, SettingsFinder)
_watched = os.environ.pop("OPENEDX_DEVELOPMENT_WATCH", "")  # not for processes that this one starts
_changed = os.environ.pop("OPENEDX_DEVELOPMENT_CHANGED", "")
if _watched and _changed:
    _folders = [f"{folder}/" for folder in _watched.split(":")]
    threading.Thread(target=watch, args=(_folders, _changed), daemon=True, name="reload").start()
