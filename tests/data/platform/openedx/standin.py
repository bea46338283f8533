"""A stand-in for edx-platform's production settings: how it loads YAML, and what it overwrites afterwards.

Written from the facts in lms/envs/production.py and cms/envs/production.py of Verawood; the defaults are the
dangerous ones.
"""

import json
import os
from pathlib import Path

import yaml

from openedx.core.lib.features_setting_proxy import FeaturesProxy

MERGED = {
    "FEATURES",
    "TRACKING_BACKENDS",
    "EVENT_TRACKING_BACKENDS",
    "JWT_AUTH",
    "CELERY_QUEUES",
    "MKTG_URL_LINK_MAP",
    "REST_FRAMEWORK",
    "EVENT_BUS_PRODUCER_CONFIG",
    "DEFAULT_FILE_STORAGE",
    "STATICFILES_STORAGE",
}
BROKER = ("TRANSPORT", "USER", "PASSWORD", "HOSTNAME", "VHOST")
SIX = ("ENGINE", "USER", "PASSWORD", "NAME", "HOST", "PORT")


def fill(namespace, site):
    namespace.update(defaults(site))
    features = namespace["FEATURES"] = FeaturesProxy(namespace)
    said = yaml.safe_load(Path(os.environ[f"{site.upper()}_CFG"]).read_text(encoding="utf-8"))
    namespace["_YAML_TOKENS"] = said
    namespace.update({name: value for name, value in said.items() if name not in MERGED})
    for name, value in said.get("FEATURES", {}).items():
        features[name] = value
    namespace["JWT_AUTH"].update(said.get("JWT_AUTH", {}))
    namespace["REST_FRAMEWORK"].update(said.get("REST_FRAMEWORK", {}))
    shared(namespace, said)
    (lms if site == "lms" else cms)(namespace, said)
    for name in replaced(site) & said.keys():
        namespace[name] = "what production.py says"
    namespace["ENV_TOKENS"] = said


def replaced(site):
    """What any release's production.py assigns after it has read the YAML."""
    facts = Path(__file__).parents[1] / "production.json"
    return json.loads(facts.read_text(encoding="utf-8"))["replaced"][site].keys()


def defaults(site):
    return {
        "SECRET_KEY": "dev key",
        "REST_FRAMEWORK": {"PAGE_SIZE": 10},
        "OAUTH2_PROVIDER": {"REFRESH_TOKEN_EXPIRE_SECONDS": 7776000},
        "JWT_AUTH": {
            "JWT_ALGORITHM": "HS256",
            "JWT_SECRET_KEY": "dev key",
            "JWT_AUDIENCE": "change-me",
            "JWT_PRIVATE_SIGNING_JWK": None,
            "JWT_PUBLIC_SIGNING_JWK_SET": None,
            "JWT_ISSUERS": [{"SECRET_KEY": "dev key"}],
        },
        "CACHES": {},
        "ENABLE_TEAMS": True,
        "ENABLE_COURSEWARE_INDEX": False,
        "ENABLE_CORS_HEADERS": False,
        "ENABLE_CSMH_EXTENDED": True,
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
        "COURSE_IMPORT_EXPORT_BUCKET": "",
        "SEARCH_ENGINE": None,
        **dict.fromkeys([f"CELERY_BROKER_{part}" for part in BROKER], ""),
        "INSTALLED_APPS": ["django.contrib.auth", "lms.djangoapps.coursewarehistoryextended"],
        "DATABASE_ROUTERS": [
            "openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter",
            "edx_django_utils.db.read_replica.ReadReplicaRouter",
        ],
        "STORAGES": {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}},
        "SERVICE_VARIANT": site,
        "MIDDLEWARE": ["platform.Middleware"],
        "ROOT_URLCONF": f"{site}.urls",
        "helper": "no setting",
    }


def shared(namespace, said):
    namespace["BROKER_POOL_LIMIT"] = 0
    namespace["TIME_ZONE"] = namespace["CELERY_TIMEZONE"]
    namespace["CACHES"]["loc_cache"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    namespace["CACHES"]["staticfiles"]["KEY_PREFIX"] = "verawood"
    namespace["LOGGING"] = {"version": 1, "handlers": {"local": {"address": "/dev/log"}}}
    for name, database in namespace["DATABASES"].items():
        if name != "read_replica":
            database.update({key: os.environ.get(f"DB_MIGRATION_{key}", database[key]) for key in SIX})
    namespace["BROKER_URL"] = "{}://{}:{}@{}/{}".format(
        *(namespace[f"CELERY_BROKER_{part}"] for part in BROKER)
    )
    namespace["BROKER_TRANSPORT_OPTIONS"] = {
        "fanout_patterns": True,
        **said.get("CELERY_BROKER_TRANSPORT_OPTIONS", {}),
    }
    if namespace["ENABLE_CORS_HEADERS"]:
        namespace["CORS_ORIGIN_WHITELIST"] = said.get("CORS_ORIGIN_WHITELIST", ())


def lms(namespace, said):
    namespace["SESSION_COOKIE_SAMESITE"] = said.get("DCS_SESSION_COOKIE_SAMESITE", "None")
    namespace["AWS_DEFAULT_ACL"] = namespace["AWS_BUCKET_ACL"] = "public-read"
    namespace["OAUTH_ENFORCE_SECURE"] = True
    if namespace["ENABLE_TEAMS"]:
        namespace["SEARCH_ENGINE"] = "search.elastic.ElasticSearchEngine"


def cms(namespace, said):
    namespace["AWS_DEFAULT_ACL"] = namespace["AWS_BUCKET_ACL"] = "private"
    namespace["LOGIN_REDIRECT_WHITELIST"].extend(["home"])
    backend = namespace["STORAGES"]["default"]["BACKEND"]
    for name in (
        "COURSE_IMPORT_EXPORT_STORAGE",
        "USER_TASKS_ARTIFACT_STORAGE",
        "COURSE_METADATA_EXPORT_STORAGE",
    ):
        namespace[name] = backend
    if namespace["ENABLE_COURSEWARE_INDEX"]:
        namespace["SEARCH_ENGINE"] = "search.elastic.ElasticSearchEngine"
