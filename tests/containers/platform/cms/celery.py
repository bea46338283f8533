"""The application that workers and beat of this site are."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.envs.production")
APP = Celery("cms")
APP.config_from_object("django.conf:settings")
APP.autodiscover_tasks(["openedx.standin"])
