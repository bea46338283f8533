"""Credentials' settings, its site, and what its set-up runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openedx_infra.config.secrets.formats import ISSUER_KEY
from openedx_infra.config.services.registry import companions
from openedx_infra.services.companion import LOGGING, Bucket, MysqlDatabase, Stack, Values
from openedx_infra.services.credentials.issuer import issuer_id
from openedx_infra.settings.addresses import scheme_header
from openedx_infra.settings.connections import Ses
from openedx_infra.settings.cookies import cookies
from openedx_infra.settings.mail import mail, mail_secrets

CONFIG = "/openedx/config"
"""Folder of its settings module, which reads the settings from a file beside it."""
SETTINGS = "/openedx/secrets/credentials.json"
MEDIA = Bucket(name="media", folder="/openedx/media", public=True, size="1Gi")
"""Signatures and logos, which everybody sees who sees a certificate."""
DATABASE_SECRET = "credentials_mysql_password"
SECRET_KEY = "credentials_secret_key"


@dataclass(frozen=True, kw_only=True)
class Client:
    """An OAuth client of its own at the LMS."""

    client_id: str
    secret: str
    """Name of the secret."""


SSO = Client(client_id="credentials-sso", secret="credentials_sso_secret")
"""By which people sign in."""
BACKEND = Client(client_id="credentials-backend", secret="credentials_backend_secret")
"""By which it asks the LMS."""

_MAIL = (
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
    "EMAIL_TIMEOUT",
    "DEFAULT_FROM_EMAIL",
)


def settings(values: Values, database: MysqlDatabase, *, host: str, records: bool, verifiable: bool) -> str:
    """Its settings by its own names, over its defaults (credentials/settings/base.py), as JSON. `records`:
    whether the micro-frontend learner-record is served; `verifiable`: whether it signs verifiable
    credentials."""
    site, secrets = values.stack.site, values.secrets
    own = site.url(host)
    return json.dumps(
        {
            "SECRET_KEY": secrets[SECRET_KEY],
            # The Service's name is what probes and the LMS have as Host.
            "ALLOWED_HOSTS": [host, "credentials"],
            "DATABASES": {"default": values.django_database(database)},
            "STORAGES": {"default": values.django_storage(MEDIA)},
            "CACHES": {"default": values.django_cache("credentials")},
            "TIME_ZONE": site.time_zone,
            "LOGGING": LOGGING,
            # Its default is New Relic's, which no image has.
            "OPENEDX_TELEMETRY": [],
            "SECURE_PROXY_SSL_HEADER": scheme_header(site.tls),
            "SESSION_COOKIE_SECURE": site.secure,
            "CSRF_COOKIE_SECURE": site.secure,
            "LANGUAGE_COOKIE_NAME": cookies(values.stack).language,
            "CORS_ORIGIN_WHITELIST": [site.mfe_url],
            "CSRF_TRUSTED_ORIGINS": [own, site.mfe_url],
            # Where its page of records leads people to.
            "LEARNER_RECORD_MFE_RECORDS_PAGE_URL": f"{site.mfe_url}/learner-record/"
            if records
            else f"{site.lms_url}/",
            **_logins(values),
            **_mail(values),
            **_pages(values.stack),
            **(_verifiable(values) if verifiable else {}),
        },
        indent=1,
        sort_keys=True,
    )


def _logins(values: Values) -> Mapping[str, Any]:
    """How people and the LMS prove who they are, and how it does at the LMS."""
    site, secrets = values.stack.site, values.secrets
    return {
        "JWT_AUTH": values.jwt_auth(),
        "EDX_DRF_EXTENSIONS": {"OAUTH2_USER_INFO_URL": f"{values.lms}/oauth2/user_info"},
        "SOCIAL_AUTH_EDX_OAUTH2_KEY": SSO.client_id,
        "SOCIAL_AUTH_EDX_OAUTH2_SECRET": secrets[SSO.secret],
        "SOCIAL_AUTH_EDX_OAUTH2_ISSUER": site.lms_url,
        "SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT": values.lms,
        "SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT": site.lms_url,
        "SOCIAL_AUTH_EDX_OAUTH2_LOGOUT_URL": f"{site.lms_url}/logout",
        "SOCIAL_AUTH_REDIRECT_IS_HTTPS": site.secure,
        "BACKEND_SERVICE_EDX_OAUTH2_KEY": BACKEND.client_id,
        "BACKEND_SERVICE_EDX_OAUTH2_SECRET": secrets[BACKEND.secret],
        "BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL": f"{values.lms}/oauth2",
        "LMS_INTERNAL_ROOT_URL": values.lms,
    }


def _mail(values: Values) -> Mapping[str, Any]:
    """Mails to partners with learners' records. SES wants a role, which its pods have none of: there, mails
    are dropped."""
    server = values.connections.mail
    if isinstance(server, Ses):
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    whole = {**mail(values.stack, server), **mail_secrets(server, values.secrets)}
    return {name: whole[name] for name in _MAIL if name in whole}


def _pages(stack: Stack) -> Mapping[str, Any]:
    """Its defaults are images of edX."""
    logo = f"{stack.site.lms_url}/theming/asset/images/logo.png"
    names = ("LOGO_URL", "LOGO_WHITE_URL", "LOGO_TRADEMARK_URL")
    kinds = ("", "_PNG", "_SVG")
    return {
        **{f"{name}{kind}": logo for name in names for kind in kinds},
        "FAVICON_URL": f"{stack.site.lms_url}/favicon.ico",
    }


def _verifiable(values: Values) -> Mapping[str, Any]:
    key = values.secrets[ISSUER_KEY]
    issuer = {"ID": issuer_id(key), "KEY": key, "NAME": values.stack.site.name}
    return {"ENABLE_VERIFIABLE_CREDENTIALS": True, "VERIFIABLE_CREDENTIALS": {"DEFAULT_ISSUER": issuer}}


def catalog(stack: Stack) -> str | None:
    """Address of Course Discovery's API within the namespace, as it gives it to the platform. None: this
    program doesn't run it."""
    for each in companions(stack):
        if each.name == "discovery":
            settings = each.service.platform(stack, each.section)
            return f"{settings.common['COURSE_CATALOG_API_URL']}/"
    return None


def site(stack: Stack, host: str) -> str:
    """The site, as `create_or_update_site` calls its parts, and who administers it. Nothing in it is
    secret."""
    site = stack.site
    return json.dumps(
        {
            "site": {
                "site_domain": host,
                "site_name": site.name[:50],
                "platform_name": site.name,
                "lms_url_root": site.lms_url,
                "homepage_url": site.lms_url,
                "company_name": site.name,
            },
            "catalog_api_url": catalog(stack) or "",
            "administrators": [{"username": each.name, "email": each.email} for each in site.administrators],
        },
        indent=1,
        sort_keys=True,
    )


MODULE = f'''\
"""Credentials' own settings, and those of the instance over them."""

import json

from credentials.settings.base import *

add_plugins(__name__, PROJECT_TYPE, SettingsType.PRODUCTION)

with open("{SETTINGS}", encoding="utf-8") as file:
    instance = json.load(file)
for name in ("JWT_AUTH", "EDX_DRF_EXTENSIONS", "STORAGES"):
    globals()[name].update(instance.pop(name))
globals().update(instance)

INSTALLED_APPS = [*INSTALLED_APPS, "openedx_infra_inside.Inside"]
'''

INSIDE = '''\
"""Its site has one address of the LMS, for links and for requests: links lead to the public one, and requests
stay within the namespace, as many networks don't route a pod to a public address of its own."""

from django.apps import AppConfig


class Inside(AppConfig):
    """Sends requests for users to the LMS within the namespace."""

    name = "openedx_infra_inside"

    def ready(self):
        from django.conf import settings

        from credentials.apps.core.models import SiteConfiguration

        lms = settings.LMS_INTERNAL_ROOT_URL
        SiteConfiguration.user_api_url = f"{lms}/api/user/v1/"
        SiteConfiguration.name_verification_api_url = f"{lms}/api/edx_name_affirmation/v1/verified_name"
'''

SITE_SCRIPT = f'''\
"""Writes the site and its administrators. Piped into `manage.py shell`; the second run changes nothing. What
the stack file doesn't have stays as it was set in Django's admin."""

import json

from django.conf import settings
from django.core.management import call_command

from credentials.apps.core.models import SiteConfiguration, User

KEPT = {{
    "theme_name": "openedx",
    "tos_url": "",
    "privacy_policy_url": "",
    "certificate_help_url": "",
    "records_help_url": "",
    "segment_key": None,
    "twitter_username": None,
    "facebook_app_id": None,
    "enable_facebook_sharing": False,
    "enable_linkedin_sharing": False,
    "enable_twitter_sharing": False,
}}

with open("{CONFIG}/site.json", encoding="utf-8") as file:
    wanted = json.load(file)
row = SiteConfiguration.objects.filter(site_id=settings.SITE_ID).first()
kept = {{name: (getattr(row, name) if row else None) or default for name, default in KEPT.items()}}
catalog = wanted["catalog_api_url"] or (row.catalog_api_url if row else "")
call_command(
    "create_or_update_site", site_id=settings.SITE_ID, catalog_api_url=catalog, **wanted["site"], **kept
)
print(f"site: {{wanted['site']['site_domain']}}", flush=True)

for each in wanted["administrators"]:
    user, made = User.objects.get_or_create(username=each["username"], defaults=each)
    if made:
        user.set_unusable_password()
    if not (user.is_staff and user.is_superuser):
        user.is_staff = user.is_superuser = True
        user.save()
        print(f"site: {{user.username}} is an administrator", flush=True)

if getattr(settings, "ENABLE_VERIFIABLE_CREDENTIALS", False):
    call_command("create_default_issuer")
print("site: done", flush=True)
'''
