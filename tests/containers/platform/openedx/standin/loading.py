"""How production settings come about: YAML over the common settings, and what is made of it afterwards.

From the facts in lms/envs/production.py and cms/envs/production.py of Verawood.
"""

import importlib
import os
from pathlib import Path

import yaml

APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "corsheaders",
    "oauth2_provider",
    "waffle",
    "openedx.standin",
]
MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crum.CurrentRequestUserMiddleware",
]
QUEUES = {"lms": ("default", "high", "high_mem"), "cms": ("default", "high", "low")}


def fill(namespace, site):
    """Fill a settings module."""
    common = importlib.import_module(f"{site}.envs.common")
    namespace.update({name: value for name, value in vars(common).items() if name.isupper()})
    said = yaml.safe_load(Path(os.environ[f"{site.upper()}_CFG"]).read_text(encoding="utf-8"))
    queues = [f"edx.{site}.core.{name}" for name in QUEUES[site]]
    namespace.update(
        MIDDLEWARE=list(MIDDLEWARE),
        DATABASE_ROUTERS=[],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        CELERY_DEFAULT_QUEUE=queues[0],
        CELERY_QUEUES={name: {} for name in queues},
        CELERY_IGNORE_RESULT=True,
        ENABLE_DISCUSSION_SERVICE=True,
        RETIREMENT_STATES=["PENDING", "COMPLETED"],
        USE_TZ=True,
        TIME_ZONE="UTC",
        LOGIN_URL="/login",
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}}
        ],
        OAUTH2_PROVIDER={"PKCE_REQUIRED": False, "SCOPES": {"user_id": "Who somebody is"}},
    )
    namespace.update({name: value for name, value in said.items() if name not in ("FEATURES", "JWT_AUTH")})
    namespace["JWT_AUTH"] = said.get("JWT_AUTH", {})
    namespace["STORAGES"]["staticfiles"] = {"BACKEND": "openedx.core.storage.ProductionStorage"}
    namespace["BROKER_TRANSPORT_OPTIONS"] = {
        "fanout_patterns": True,
        "fanout_prefix": True,
        **said.get("CELERY_BROKER_TRANSPORT_OPTIONS", {}),
    }
    for name in [name for name, value in namespace.items() if name.startswith("CELERY_BROKER_")]:
        del namespace[name]
