"""Tables: what tests count, and the few that setting up an instance writes to."""

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import models


class Execution(models.Model):
    """A task that was carried out, to its end. Twice makes two rows."""

    number = models.CharField(max_length=64, db_index=True)
    host = models.CharField(max_length=64)
    version = models.CharField(max_length=16)
    ended = models.DateTimeField(auto_now_add=True)


class DarkLangConfig(models.Model):
    """Languages that learners may choose; the newest row counts."""

    released_languages = models.TextField(blank=True)
    enabled = models.BooleanField(default=False)

    @classmethod
    def current(cls):
        """The newest, or what there is without any."""
        return cls.objects.order_by("-pk").first() or cls()


class SiteTheme(models.Model):
    """A site's theme."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    theme_dir_name = models.CharField(max_length=255)


class RetirementState(models.Model):
    """A step by which accounts are retired."""

    state_name = models.CharField(max_length=30, unique=True)
    state_execution_order = models.SmallIntegerField(unique=True)


class ApplicationAccess(models.Model):
    """What an OAuth client may do."""

    application = models.OneToOneField(
        getattr(settings, "OAUTH2_PROVIDER_APPLICATION_MODEL", "oauth2_provider.Application"),
        on_delete=models.CASCADE,
    )
    scopes = models.JSONField(default=list)
