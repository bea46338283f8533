"""Tables: what tests count, and the few that setting up an instance writes to."""

import uuid

from django.conf import settings
from django.contrib.sites.models import Site
from django.db import models
from django.utils import timezone


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


class SiteConfiguration(models.Model):
    """Settings of a site that its rows have instead of files."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE)
    enabled = models.BooleanField(default=False)
    site_values = models.JSONField(default=dict)


class ScheduleConfig(models.Model):
    """Mails to learners that a site sends; the newest row of a site counts."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    enabled = models.BooleanField(default=False)
    enqueue_recurring_nudge = models.BooleanField(default=False)
    deliver_recurring_nudge = models.BooleanField(default=False)
    enqueue_upgrade_reminder = models.BooleanField(default=False)
    deliver_upgrade_reminder = models.BooleanField(default=False)
    enqueue_course_update = models.BooleanField(default=False)
    deliver_course_update = models.BooleanField(default=False)

    @classmethod
    def current(cls, site):
        """The newest of a site, or what there is without any."""
        return cls.objects.filter(site=site).order_by("-pk").first() or cls(site=site)


class RetirementState(models.Model):
    """A step by which accounts are retired."""

    state_name = models.CharField(max_length=30, unique=True)
    state_execution_order = models.SmallIntegerField(unique=True)


class UserPreference(models.Model):
    """A value by a key, for each user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, related_name="preferences", on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    value = models.TextField()


class ApplicationAccess(models.Model):
    """What an OAuth client may do."""

    application = models.OneToOneField(
        getattr(settings, "OAUTH2_PROVIDER_APPLICATION_MODEL", "oauth2_provider.Application"),
        on_delete=models.CASCADE,
    )
    scopes = models.JSONField(default=list)


class UserProfile(models.Model):
    """What is known of a user beside its name."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, related_name="profile", on_delete=models.CASCADE)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        """By the name that the platform's table has."""

        db_table = "auth_userprofile"


class Registration(models.Model):
    """How a user became active."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    activation_key = models.CharField(max_length=32, unique=True)
    activation_timestamp = models.DateTimeField(null=True)

    class Meta:
        """By the name that the platform's table has."""

        db_table = "auth_registration"

    def register(self, user):
        """Write down a user, who is not active by that."""
        self.activation_key, self.user = uuid.uuid4().hex, user
        self.save()

    def activate(self):
        """Make the user active."""
        self.user.is_active = True
        self.user.save(update_fields=["is_active"])
        self.activation_timestamp = timezone.now()
        self.save()
