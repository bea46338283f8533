"""Hides badges that are too old."""

from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from badges.models import Badge


class Command(BaseCommand):
    help = "Hide badges that are older than BADGE_DAYS."

    def handle(self, *args, **options):
        """Hide them, and print how many there were."""
        before = timezone.now() - timedelta(days=settings.BADGE_DAYS)
        count = Badge.objects.filter(given__lt=before, shown=True).update(shown=False)
        self.stdout.write(f"{count} badges are no longer shown")
