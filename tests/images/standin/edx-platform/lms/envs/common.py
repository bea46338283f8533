"""Settings that need no file."""

import os
from pathlib import Path

ENV_ROOT = Path(__file__).resolve().parents[2]
SERVICE_VARIANT = "lms"
ROOT_URLCONF = "lms.urls"
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("STATIC_ROOT_LMS", ENV_ROOT / "staticfiles")
STATICFILES_DIRS = [ENV_ROOT / "common/static", ENV_ROOT / "lms/static"]
STATICFILES_FINDERS = [
    "openedx.core.djangoapps.theming.finders.ThemeFilesFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "openedx.core.storage.ProductionStorage"},
}
WEBPACK_LOADER = {"DEFAULT": {"BUNDLE_DIR_NAME": "bundles/", "STATS_FILE": "test_root/webpack-stats.json"}}
INSTALLED_APPS = ["django.contrib.staticfiles", "statici18n", "openedx.core.djangoapps.translations"]
STATICI18N_ROOT = ENV_ROOT / "lms/static"
STATICI18N_OUTPUT_DIR = "js/i18n"
LOCALE_PATHS = [ENV_ROOT / "conf/locale"]
LANGUAGES = [("en", "English"), ("fr", "Français")]
USE_I18N = True
COMPREHENSIVE_THEME_DIRS = []
ENABLE_COMPREHENSIVE_THEMING = False
ALLOWED_HOSTS = ["*"]
