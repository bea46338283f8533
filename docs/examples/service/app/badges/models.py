"""Badges of learners."""

from django.db import models


class Badge(models.Model):
    """What a learner has reached."""

    username = models.CharField(max_length=150, db_index=True)
    title = models.CharField(max_length=255)
    given = models.DateTimeField(auto_now_add=True)
    picture = models.FileField(upload_to="badges", blank=True)
    shown = models.BooleanField(default=True)
