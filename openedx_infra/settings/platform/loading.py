"""Loads the instance's settings: by the platform's own YAML loading, and by what that can't do.

Runs in the platform. The plain settings (a ConfigMap) and the secret ones (a Secret) are merged in memory and
handed to the platform's production settings, which read one file.
"""

import importlib
import os
from contextlib import contextmanager
from pathlib import Path

import yaml

from . import certificates, liveness

SECRETS_DIR = "/openedx/secrets"

# What production.py assigns after it has read the YAML, whatever that has. Here the YAML has the last word.
OVERWRITTEN = (
    "ALLOWED_HOSTS",
    "ALTERNATE_ENV_TASKS",
    "AWS_BUCKET_ACL",
    "AWS_DEFAULT_ACL",
    "AWS_QUERYSTRING_EXPIRE",
    "BROKER_CONNECTION_TIMEOUT",
    "BROKER_POOL_LIMIT",
    "BROKER_URL",
    "CELERYD_PREFETCH_MULTIPLIER",
    "CELERY_ROUTES",
    "CMS_SEGMENT_KEY",
    "CORS_ALLOW_CREDENTIALS",
    "COURSE_IMPORT_EXPORT_STORAGE",
    "COURSE_METADATA_EXPORT_STORAGE",
    "ELASTIC_SEARCH_CONFIG",
    "EXPLICIT_QUEUES",
    "INACTIVE_USER_URL",
    "LMS_SEGMENT_KEY",
    "LOGGING",
    "OAUTH_ENFORCE_CLIENT_SECURE",
    "OAUTH_ENFORCE_SECURE",
    "PROFILE_IMAGE_DEFAULT_FILENAME",
    "SEARCH_ENGINE",
    "SESSION_COOKIE_SAMESITE",
    "SPECTACULAR_SETTINGS",
    "TIME_ZONE",
    "USER_TASKS_ARTIFACT_STORAGE",
)

# Secrets that plain settings refer to, by name: a part of the secret file that is no setting.
REFERENCED = "OPENEDX_INFRA_REFERENCED"

HISTORY_APP = "lms.djangoapps.coursewarehistoryextended"
HISTORY_ROUTER = "openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter"


def load(namespace, site, middleware=()):
    """Fill a settings module: `namespace` are its globals, `site` is `lms` or `cms`.

    `middleware` comes after the platform's own, and what refuses heartbeats before it.
    """
    liveness.start()
    variable = f"{site.upper()}_CFG"
    secrets = Path(os.environ.get("OPENEDX_SECRETS_DIR", SECRETS_DIR), f"{site}.yml")
    secret = read(secrets)
    plain = resolved(read(os.environ[variable]), secret.pop(REFERENCED, {}))
    values = certificates.joined(merged(plain, secret))
    prepare_process(values)
    with handed_over(variable, values):
        production = importlib.import_module(f"{site}.envs.production")
    namespace.update({name: value for name, value in vars(production).items() if not name.startswith("_")})
    namespace.update({name: values[name] for name in OVERWRITTEN if name in values})
    first = f"{site}.envs.openedx_infra.leaving.refuse"
    namespace["MIDDLEWARE"] = [first, *namespace["MIDDLEWARE"], *middleware]
    if not namespace.get("ENABLE_CSMH_EXTENDED", True):
        without_extended_history(namespace)
    if "OPENEDX_INFRA_REDIRECT_SCHEMES" in values:
        lead_back_to_apps(namespace, values["OPENEDX_INFRA_REDIRECT_SCHEMES"])
    refuse_code(namespace)
    rebind_features(namespace)
    limit_repeats(site)


def read(path):
    """The settings of a YAML file."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}


def resolved(value, secrets):
    """The value with each reference to a secret, `{secret: NAME}`, replaced by that secret, at any depth."""
    if isinstance(value, dict):
        if list(value) == ["secret"] and isinstance(value["secret"], str):
            return secrets[value["secret"]]
        return {key: resolved(inner, secrets) for key, inner in value.items()}
    return [resolved(inner, secrets) for inner in value] if isinstance(value, list) else value


def merged(below, above):
    """Two maps laid over each other, key by key; everything else is replaced whole."""
    both = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], dict) and isinstance(above[key], dict):
            both[key] = merged(below[key], above[key])
    return both


def prepare_process(values):
    """Tell libraries what they take from no setting of Django's."""
    if "OPENEDX_INFRA_AUTHORITIES" in values:
        certificates.trust(values["OPENEDX_INFRA_AUTHORITIES"])
    if "OPENEDX_INFRA_MAIL_NAME" in values:
        greet_by(values["OPENEDX_INFRA_MAIL_NAME"])
    if "AWS_S3_PUBLIC_ENDPOINT_URL" in values:
        # boto3 takes its time, which nobody without buckets shall spend.
        from .endpoints import prepare

        names = ("ENDPOINT_URL", "PUBLIC_ENDPOINT_URL", "REGION_NAME", "ADDRESSING_STYLE")
        prepare(*(values[f"AWS_S3_{name}"] for name in names))


def greet_by(host):
    """Greet mail servers by this name, and end each Message-ID with it.

    Django takes the machine's own, which in a pod has no dot and which nobody can look up: strict servers
    refuse all mails from such a name.
    """
    from django.core.mail.utils import DNS_NAME

    DNS_NAME.get_fqdn = lambda: host


@contextmanager
def handed_over(variable, values):
    """The settings as a file that exists in memory only, named by the environment variable meanwhile."""
    before = os.environ[variable]
    descriptor = os.memfd_create(variable)
    try:
        with os.fdopen(os.dup(descriptor), "w", encoding="utf-8") as file:
            yaml.safe_dump(values, file)
        os.environ[variable] = f"/proc/self/fd/{descriptor}"
        yield
    finally:
        os.environ[variable] = before
        os.close(descriptor)


def without_extended_history(namespace):
    """Leave out the app that needs a database of its own, so that its migrations don't run, either."""
    for name, entry in (("INSTALLED_APPS", HISTORY_APP), ("DATABASE_ROUTERS", HISTORY_ROUTER)):
        namespace[name] = [item for item in namespace[name] if item != entry]


def lead_back_to_apps(namespace, schemes):
    """Let OAuth clients have redirect URIs of these schemes: mobile apps have one each.

    A map in YAML would replace the platform's whole.
    """
    namespace["OAUTH2_PROVIDER"] = {**namespace["OAUTH2_PROVIDER"], "ALLOWED_REDIRECT_URI_SCHEMES": schemes}


def refuse_code(namespace):
    """Tell codejail its interpreter before its `safe_exec` is imported: unconfigured, that is not safe."""
    from codejail import jail_code

    jail = namespace["CODE_JAIL"]
    jail_code.configure("python", jail["python_bin"], user=jail.get("user"))


def limit_repeats(site):
    """Let workers use our Request, which Celery loads by its name when it needs it."""
    from celery import Task

    Task.Request = f"{site}.envs.openedx_infra.tasks:Request"


def rebind_features(namespace):
    """Let the old way to read a flag, FEATURES["NAME"], find it in this module, not in production.py."""
    from openedx.core.lib.features_setting_proxy import FeaturesProxy

    namespace["FEATURES"] = FeaturesProxy(namespace)
