"""A command that setting up an instance calls."""

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Says that it was called."""

    def handle(self, *arguments, **options):
        """Do nothing else."""
        self.stdout.write("reindex_studio: done")
