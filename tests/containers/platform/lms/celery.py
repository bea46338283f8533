"""The application that workers and beat of this site are."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.envs.production")
APP = Celery("lms")
APP.config_from_object("django.conf:settings")
APP.autodiscover_tasks(["openedx.standin"])
