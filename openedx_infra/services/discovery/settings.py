"""Course Discovery's settings: the module that is laid over its own, and what its set-up runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from openedx_infra.services import elasticsearch
from openedx_infra.services.companion import LOGGING, Bucket, MysqlDatabase, Values
from openedx_infra.services.discovery.section import Discovery, address, host

NAME = elasticsearch.DISCOVERY
DATABASE = MysqlDatabase(database="discovery", user="discovery", secret="discovery_mysql_password")
CONFIG = "/openedx/config"
SETTINGS = "/openedx/secrets/discovery.json"
CODE = "/openedx/discovery"
"""Folder of the code in the image."""
MEDIA = Bucket(name="media", folder="/openedx/media", public=True, size="2Gi")
"""Uploaded images of programs and courses."""
SITE_ID = 1
"""Number of the one site of it, which a fresh database has as example.com. Requests for other hosts, such as
those of the LMS within the namespace, are this site's, too."""

_DOCUMENTS = "course_discovery.apps.course_metadata.search_indexes.documents"
INDEXES = {
    f"{_DOCUMENTS}.{name}": name for name in ("course", "course_run", "learner_pathway", "person", "program")
}
"""Names of its indexes by the modules of their documents, as its base settings have them."""

_LANGUAGES = {"zh-cn": "zh-hans", "zh-hk": "zh-hant", "zh-tw": "zh-hant"}
"""Codes of languages that Django knows by others."""


def settings(values: Values, discovery: Discovery) -> str:
    """Its settings by its own names, over its defaults (course_discovery/settings/base.py), as JSON."""
    stack, secrets = values.stack, values.secrets
    lms, mfe = stack.site.lms_url, stack.site.mfe_url
    database = values.django_database(DATABASE)
    found: dict[str, Any] = {
        "SECRET_KEY": secrets["discovery_secret_key"],
        "ALLOWED_HOSTS": [host(stack, discovery), NAME],
        "SITE_ID": SITE_ID,
        "PLATFORM_NAME": stack.site.name,
        "LANGUAGE_CODE": _LANGUAGES.get(stack.site.language, stack.site.language),
        "TIME_ZONE": stack.site.time_zone,
        "DATABASES": {"default": database, "read_replica": database},
        "CACHES": {"default": values.django_cache(NAME)},
        "ELASTICSEARCH_DSL": elasticsearch.connection(
            NAME, discovery.search, secrets.get("discovery_search_password")
        ),
        "ELASTICSEARCH_INDEX_NAMES": elasticsearch.indexes(discovery.search, values.index_prefix, INDEXES),
        "ELASTICSEARCH_DSL_INDEX_SETTINGS": elasticsearch.index_settings(discovery.search),
        "DEFAULT_PRODUCT_SOURCE_SLUG": "edx",
        # There is no worker: the few tasks, bulk operations of its admin, run where they are asked for.
        "CELERY_TASK_ALWAYS_EAGER": True,
        # It sends mail to publishers of courses alone, a part that is off.
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
        "LOGGING": LOGGING,
        "DISCOVERY_BASE_URL": address(stack, discovery),
        "CSRF_COOKIE_SECURE": stack.site.secure,
        "SESSION_COOKIE_SECURE": stack.site.secure,
        "SOCIAL_AUTH_REDIRECT_IS_HTTPS": stack.site.secure,
        "CORS_ORIGIN_WHITELIST": [mfe],
        "CSRF_TRUSTED_ORIGINS": [mfe, address(stack, discovery)],
        "OAUTH_API_TIMEOUT": 10,
        **_sign_in(lms, secrets),
        **_media(values, discovery),
    }
    # What is added to maps of its own rather than put in their place.
    over = {"JWT_AUTH": values.jwt_auth()}
    inside = {lms: values.lms, stack.site.studio_url: values.studio}
    return json.dumps({"settings": found, "over": over, "inside": inside}, indent=1, sort_keys=True)


def _sign_in(lms: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    """How people sign in by the LMS, and as whom it asks the LMS for courses."""
    return {
        "SOCIAL_AUTH_EDX_OAUTH2_KEY": "discovery-sso",
        "SOCIAL_AUTH_EDX_OAUTH2_SECRET": secrets["discovery_sso_secret"],
        "SOCIAL_AUTH_EDX_OAUTH2_ISSUER": lms,
        "SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT": lms,
        "SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT": lms,
        "SOCIAL_AUTH_EDX_OAUTH2_LOGOUT_URL": f"{lms}/logout",
        "BACKEND_SERVICE_EDX_OAUTH2_KEY": "discovery",
        "BACKEND_SERVICE_EDX_OAUTH2_SECRET": secrets["discovery_oauth_secret"],
        "BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL": f"{lms}/oauth2",
        "EDX_DRF_EXTENSIONS": {"OAUTH2_USER_INFO_URL": f"{lms}/oauth2/user_info"},
    }


def _media(values: Values, discovery: Discovery) -> dict[str, Any]:
    """Where uploaded images of programs and courses are, and the address by which browsers read them."""
    url = f"{address(values.stack, discovery)}/media/"
    return {
        "MEDIA_ROOT": MEDIA.folder,
        "MEDIA_URL": url,
        "STORAGES": {
            "default": values.django_storage(MEDIA, base_url=url),
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    }


MODULE = f'''\
"""Course Discovery's own settings, and those of the instance over them."""

import json
from urllib.parse import urlsplit

import requests.adapters

from course_discovery.settings.base import *

with open("{SETTINGS}", encoding="utf-8") as file:
    _instance = json.load(file)
globals().update(_instance["settings"])
for _name, _entries in _instance["over"].items():
    globals()[_name] = {{**globals()[_name], **_entries}}

# As its image was built: compressed styles and scripts lie among the static files.
COMPRESS_ENABLED = COMPRESS_OFFLINE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PARLER_DEFAULT_LANGUAGE_CODE = LANGUAGE_CODE
PARLER_LANGUAGES = {{
    SITE_ID: ({{"code": LANGUAGE_CODE}},),
    "default": {{"fallbacks": [LANGUAGE_CODE], "hide_untranslated": False}},
}}


def _asked_inside(send):
    """LMS and Studio are asked within the namespace by the hosts that browsers have for them: addresses in
    their answers, such as those of courses' images, are for browsers."""

    def asked(self, request, *arguments, **options):
        for public, inside in _instance["inside"].items():
            if request.url == public or request.url.startswith((public + "/", public + "?")):
                there, site = request.copy(), urlsplit(public)
                there.url = inside + request.url[len(public) :]
                there.headers.update({{"Host": site.netloc, "X-Forwarded-Proto": site.scheme}})
                answer = send(self, there, *arguments, **options)
                answer.request, answer.url = request, request.url
                return answer
        return send(self, request, *arguments, **options)

    return asked


requests.adapters.HTTPAdapter.send = _asked_inside(requests.adapters.HTTPAdapter.send)
'''
