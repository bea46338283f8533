"""Where static files are: with a hash of their content in their names, and a list of these names.

A file that a theme doesn't have is the site's own: what a theme's style sheet names may be either.
"""

from django.contrib.staticfiles.storage import ManifestFilesMixin, StaticFilesStorage


class ProductionStorage(ManifestFilesMixin, StaticFilesStorage):
    """Storage of the sites."""

    def _url(self, hashed_name_func, name, force=False, hashed_files=None):
        if not self.exists(name.partition("#")[0]) and "/" in name:
            name = name.partition("/")[2]
        return super()._url(hashed_name_func, name, force, hashed_files)
