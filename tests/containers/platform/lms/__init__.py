"""The site's package: its Celery application is there as soon as anything of it is."""

from .celery import APP as CELERY_APP

__all__ = ["CELERY_APP"]
