"""Collect the static files of themes alone, on top of what is collected already.

The platform's own way collects everything again, which takes minutes, and forgets the hashed names of what
it doesn't collect. Run as `python -m openedx_build.themes`, with DJANGO_SETTINGS_MODULE of a site.
"""

import django
from django.conf import settings
from django.contrib.staticfiles import finders, storage
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management import call_command
from django.utils.module_loading import import_string

FINDER = "openedx.core.djangoapps.theming.finders.ThemeFilesFinder"
BACKEND = "openedx.core.storage.ProductionStorage"


def adding(production):
    """The platform's storage of static files, which keeps the names that its list has already."""

    class AddingStorage(production):
        def post_process(self, *args, **options):
            self.before = dict(self.hashed_files)
            yield from super().post_process(*args, **options)
            self.hashed_files = {**self.before, **self.hashed_files}
            self.save_manifest()

        def _stored_name(self, name, hashed_files):
            key = self.hash_key(self.clean_name(name))
            known = None if key in hashed_files else self.before.get(key)
            return known or super()._stored_name(name, hashed_files)

    return AddingStorage


def main():
    """Collect, hash and list the files of the themes of one site."""
    # Scripts were optimized when the platform's own files were collected; themes have none of them.
    settings.REQUIRE_BUILD_PROFILE = False
    settings.REQUIRE_STANDALONE_MODULES = {}
    django.setup()
    storage.staticfiles_storage._wrapped = adding(import_string(BACKEND))()
    # Only what is collected comes from themes: other files are still found where a theme leans on them.
    collectstatic.get_finders = lambda: [finders.get_finder(FINDER)]
    call_command("collectstatic", interactive=False, verbosity=0)


main()
