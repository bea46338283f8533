"""Fills the index of courses."""

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """There is no course."""

    def add_arguments(self, parser):
        """Those that are used."""
        parser.add_argument("--active", action="store_true")

    def handle(self, *arguments, **options):
        """Do nothing."""
