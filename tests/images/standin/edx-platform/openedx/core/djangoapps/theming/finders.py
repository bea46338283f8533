"""Static files of themes, each under the theme's name."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import utils
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage


class ThemeFilesFinder(BaseFinder):
    """Finds what lies in THEME/SITE/static."""

    def __init__(self, app_names=None, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.storages = {}
        folders = [Path(folder) for folder in settings.COMPREHENSIVE_THEME_DIRS]
        for theme in [theme for folder in folders if folder.is_dir() for theme in sorted(folder.iterdir())]:
            storage = FileSystemStorage(location=theme / settings.SERVICE_VARIANT / "static")
            storage.prefix = theme.name
            self.storages[theme.name] = storage

    def list(self, ignore_patterns):
        """Every file, with the storage that has it."""
        for storage in self.storages.values():
            if Path(storage.location).is_dir():
                for path in utils.get_files(storage, ignore_patterns):
                    yield path, storage

    def find(self, path, all=False, find_all=None):
        """Where a file of a theme lies."""
        theme, _, rest = path.partition("/")
        storage = self.storages.get(theme)
        found = storage is not None and storage.exists(rest)
        return storage.path(rest) if found else []
