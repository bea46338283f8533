"""Writes the steps by which accounts are retired."""

from django.conf import settings
from django.core.management.base import BaseCommand
from openedx.standin.models import RetirementState


class Command(BaseCommand):
    """As the platform's own: the former steps go."""

    def handle(self, *arguments, **options):
        """Write them anew."""
        RetirementState.objects.all().delete()
        for number, name in enumerate(settings.RETIREMENT_STATES):
            RetirementState.objects.create(state_name=name, state_execution_order=number)
