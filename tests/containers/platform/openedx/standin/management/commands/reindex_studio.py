"""A command that setting up an instance calls."""

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Says that it was called."""

    def add_arguments(self, parser):
        """Those of Verawood, which does nothing with them but warn."""
        for option in ("--experimental", "--reset", "--init", "--incremental"):
            parser.add_argument(option, action="store_true")

    def handle(self, *arguments, **options):
        """Do nothing else."""
        self.stdout.write("reindex_studio: done")
