"""Settings of the service, which those of the instance begin with."""

ALLOWED_HOSTS: list[str] = []
CODEJAIL_ENABLED = False
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "codejail_service.urls"
LOGGING_CONFIG = None
