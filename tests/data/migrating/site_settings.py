"""Settings of both sites. Environment: SOCKET of the server, DATABASE, HISTORY and REPLICA."""

import os

VARIANT = os.environ["SERVICE_VARIANT"]


def server(name):
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": name,
        "USER": "root",
        "OPTIONS": {"unix_socket": os.environ["SOCKET"], "charset": "utf8mb4"},
    }


DATABASES = {"default": server(os.environ.get("DATABASE", "campus"))}
if "REPLICA" in os.environ:
    DATABASES["read_replica"] = server("a-replica-that-nobody-writes-to")
if "HISTORY" in os.environ:
    DATABASES["student_module_history"] = server(os.environ["HISTORY"])
INSTALLED_APPS = ["django.contrib.contenttypes", "learners" if VARIANT == "lms" else "authors"]
SECRET_KEY = "nobody's"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
