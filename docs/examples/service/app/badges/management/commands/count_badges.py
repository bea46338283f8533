"""Says how many badges there are: `openedx-infra status` prints it."""

from django.core.management.base import BaseCommand

from badges.models import Badge


class Command(BaseCommand):
    help = __doc__

    def handle(self, **_options):
        shown = Badge.objects.filter(shown=True).count()
        self.stdout.write(f"{shown} badges are shown")
