"""Makes a user."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """As the platform's own, in the one way that it is used."""

    def add_arguments(self, parser):
        """Those that are used."""
        parser.add_argument("username")
        parser.add_argument("email")
        parser.add_argument("--unusable-password", action="store_true")

    def handle(self, *arguments, username, email, **options):
        """Make it, unless it is there."""
        get_user_model().objects.get_or_create(username=username, defaults={"email": email})
