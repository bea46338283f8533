"""Credentials: certificates of programs, and records of what learners reached."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.rules.platform.limits import SITE_DOMAIN
from openedx_infra.config.secrets.formats import ISSUER_KEY
from openedx_infra.config.sections.mail import MailSes
from openedx_infra.config.types.base import Switch
from openedx_infra.config.types.hosts import Hostname, within
from openedx_infra.services.companion import (
    DJANGO_MIGRATIONS,
    CompanionService,
    ConfigFile,
    ConfigModel,
    Mfe,
    MysqlDatabase,
    OauthClient,
    Parts,
    PlatformSettings,
    Process,
    Public,
    Secret,
    Served,
    ServiceDuty,
    ServiceJob,
    ServiceSection,
    ServiceUser,
    Stack,
    Store,
    django_env,
    django_key,
    django_migrate,
    serves,
)
from openedx_infra.services.credentials import settings
from openedx_infra.services.credentials.issuer import issuer_key
from openedx_infra.services.credentials.settings import (
    BACKEND,
    CONFIG,
    DATABASE_SECRET,
    MEDIA,
    SECRET_KEY,
    SETTINGS,
    SSO,
)

PORT = 8000
USER = "credentials_service_user"
"""As whom it asks the LMS, and as whom the LMS awards certificates there. Its first migration makes a user of
this name, which is also the platform's default."""
CODE = "/openedx/credentials"
"""Folder of the code in its image."""
CODE_GROUP = 1000
"""Group of the image's user, who owns that folder."""
DATABASE = MysqlDatabase(database="credentials", user="credentials", secret=DATABASE_SECRET)
BODY_LIMIT = 5 * 2**20
"""Largest image of a signature or a logo that an administrator uploads, in bytes. A guess."""
LEARNER_RECORD = Mfe(
    name="learner-record",
    port=1990,
    without="learners can't see their records, and can't take credentials to a wallet",
)
"""Pages of learners. Credentials itself has none of its own any more."""


class Credentials(ServiceSection):
    """Credentials, which issues certificates of programs and keeps records of learners. Learners see records
    in the micro-frontend learner-record, which images of the stack's own (`images.mfe`) have."""

    host: Hostname | None = Field(None, json_schema_extra={"default_text": "credentials.<lms_host>"})
    """Public host, under `site.cookie_domain`: it reads the LMS' cookies. None: `credentials.` before that of
    the LMS."""
    verifiable_credentials: Switch = False
    """Whether learners may take their certificates to a digital wallet, signed as verifiable credentials by
    the secret `credentials_issuer_key`."""
    web: Served = Served(cpu="50m", memory="256Mi", memory_limit="512Mi")
    """Size of its web server: 2 processes of 92 MiB at rest (measured)."""


def host(stack: Stack, credentials: Credentials) -> str:
    """Its public host."""
    return credentials.host or f"credentials.{stack.site.lms_host}"


def address(stack: Stack, credentials: Credentials) -> str:
    """Its public address, without a slash at its end."""
    return stack.site.url(host(stack, credentials))


def _secrets(_stack: Stack, credentials: Credentials) -> Iterator[Secret]:
    restart = "its pods restart"
    yield Secret(name=DATABASE_SECRET, meaning="Credentials' MySQL user", rotation=restart)
    yield Secret(
        name=SECRET_KEY,
        meaning="Django's SECRET_KEY of Credentials",
        make=django_key,
        rotation="everybody is signed out there, and in again by the LMS",
    )
    yield Secret(name=SSO.secret, meaning="people's login at Credentials by the LMS", rotation=restart)
    yield Secret(name=BACKEND.secret, meaning="Credentials' login at the LMS", rotation=restart)
    if credentials.verifiable_credentials:
        yield Secret(
            name=ISSUER_KEY,
            meaning="Ed25519 key by which verifiable credentials are signed, as a JSON web key",
            make=issuer_key,
            rotation="new credentials have another issuer; those in wallets stay valid by the old one",
            by_name_only=True,
        )


def _conflicts(stack: Stack, credentials: Credentials) -> Iterator[tuple[Location, str]]:
    name, domain = host(stack, credentials), stack.site.cookie_domain
    if not within(name, domain):
        yield (
            ("host",),
            f"{name} is no part of {domain}, so that browsers keep the LMS' cookies from it, by which "
            f"learners are signed in: write a host under {domain}, or set `site.cookie_domain` to a domain "
            "that LMS, MFEs and this host share",
        )
    if len(name) > SITE_DOMAIN:
        yield (
            ("host",),
            f"{name} has {len(name)} characters, and its table of sites takes {SITE_DOMAIN}: choose a "
            "shorter name",
        )
    if credentials.verifiable_credentials and not serves(stack, LEARNER_RECORD):
        yield (
            ("verifiable_credentials",),
            "learners fetch these in the micro-frontend learner-record, which is not served: build the MFEs' "
            "image (`images.mfe: {source: build}`) or name one that has it, and leave it out of "
            "`mfes.disabled`; or write false",
        )


def _platform(stack: Stack, credentials: Credentials) -> PlatformSettings:
    url = address(stack, credentials)
    return PlatformSettings(
        common={
            "CREDENTIALS_INTERNAL_SERVICE_URL": f"http://credentials:{PORT}",
            "CREDENTIALS_PUBLIC_SERVICE_URL": url,
            "CREDENTIALS_SERVICE_USERNAME": USER,
        },
        lms={
            # Without it, the LMS sends no grades, of which records consist.
            "ENABLE_LEARNER_RECORDS": True,
            "IDA_LOGOUT_URI_LIST": [f"{url}/logout/"],
        },
        mfe_config=_mfe_config(url, credentials) if serves(stack, LEARNER_RECORD) else {},
        service_users=[ServiceUser(name=USER, staff=True)],
        oauth_clients=[
            OauthClient(
                client_id=SSO.client_id,
                secret=SSO.secret,
                user=USER,
                grant="authorization-code",
                redirect_uris=[f"{url}/complete/edx-oauth2/"],
            ),
            OauthClient(
                client_id=BACKEND.client_id, secret=BACKEND.secret, user=USER, grant="client-credentials"
            ),
        ],
        config_models=[
            ConfigModel(model="credentials.CredentialsApiConfig", fields={"enable_learner_issuance": True})
        ],
    )


def _mfe_config(url: str, credentials: Credentials) -> dict[str, str | bool]:
    """With the first of these, profiles and ends of programs link to records."""
    return {
        "CREDENTIALS_BASE_URL": url,
        "ENABLE_VERIFIABLE_CREDENTIALS": credentials.verifiable_credentials,
    }


def _parts(stack: Stack, credentials: Credentials) -> Parts:
    name = host(stack, credentials)
    web = Process(
        command=_uwsgi(stack),
        size=credentials.web,
        replicas=credentials.web.replicas,
        port=PORT,
        health="/health/",
        for_platform=True,
        public=Public(domain=name, body_limit=BODY_LIMIT),
    )
    stores: list[Store] = ["mysql", "cache"]
    if not isinstance(stack.mail.delivery, MailSes):
        stores.append("mail")
    records = serves(stack, LEARNER_RECORD)
    return Parts(
        processes=[web],
        jobs=[django_migrate(stack, "credentials"), _site()],
        questions=[DJANGO_MIGRATIONS],
        duties=_duties(stack),
        files=[
            ConfigFile(path=f"{CONFIG}/openedx_infra_credentials.py", text=settings.MODULE),
            ConfigFile(path=f"{CONFIG}/openedx_infra_inside.py", text=settings.INSIDE),
            ConfigFile(path=f"{CONFIG}/site.py", text=settings.SITE_SCRIPT),
            ConfigFile(path=f"{CONFIG}/site.json", text=settings.site(stack, name)),
            ConfigFile(
                path=SETTINGS,
                text=lambda values: settings.settings(
                    values,
                    DATABASE,
                    host=name,
                    records=records,
                    verifiable=credentials.verifiable_credentials,
                ),
                secret=True,
            ),
        ],
        env=django_env("openedx_infra_credentials", CONFIG),
        groups=[CODE_GROUP],
        stores=stores,
        reaches_platform=True,
        asks=["discovery"],
        checks_tokens=True,
    )


def _uwsgi(stack: Stack) -> list[str]:
    """uWSGI rather than gunicorn: it hands out static files, too, which the image has."""
    return [
        *("uwsgi", "--http-socket", f"{stack.cluster.any_address}:{PORT}"),
        *("--wsgi-file", "credentials/wsgi.py", "--master", "--processes", "2", "--single-interpreter"),
        *("--enable-threads", "--thunder-lock", "--need-app"),
        # SIGTERM lets requests finish.
        *("--die-on-term", "--hook-master-start", "unix_signal:15 gracefully_kill_them_all"),
        # The ingress is told not to send a second request into a connection that closes.
        *("--add-header", "Connection: close"),
        # Cookies with JSON web tokens exceed the default of 4 KiB.
        *("--buffer-size", "32768", "--limit-post", str(BODY_LIMIT), "--log-x-forwarded-for"),
        *("--static-map", f"/static={CODE}/credentials/assets"),
        # Where uploads are on a volume; else their addresses are a bucket's.
        *("--static-map", f"/media={MEDIA.folder}"),
    ]


def _site() -> ServiceJob:
    return ServiceJob(
        name="site", command=["sh", "-ec", 'exec ./manage.py shell < "$0"', f"{CONFIG}/site.py"], minutes=10
    )


def _duties(stack: Stack) -> list[ServiceDuty]:
    """Users by the LMS' API: their numbers there, and who is active again. And the catalog, without which no
    certificate can be awarded; what is gone from it is kept, and a run that finds such fails and names it."""
    copy = ServiceDuty(
        name="copy-catalog", command=["./manage.py", "copy_catalog"], schedule="H * * * *", minutes=55
    )
    return [
        *([copy] if settings.catalog(stack) else []),
        ServiceDuty(
            name="sync-ids",
            command=["./manage.py", "sync_ids_from_platform", "--limit", "0"],
            schedule="H 3 * * *",
        ),
        ServiceDuty(
            name="sync-active",
            command=["./manage.py", "make_is_active_match_platform"],
            schedule="H 4 * * *",
        ),
    ]


SERVICE = CompanionService(
    name="credentials",
    title="Credentials",
    summary="certificates of programs, and learners' records",
    interface=1,
    section=Credentials,
    images={
        "verawood": "docker.io/overhangio/openedx-credentials:22.0.0",
        "ulmo": "docker.io/overhangio/openedx-credentials:21.0.0",
    },
    secrets=_secrets,
    databases=lambda _stack, _credentials: [DATABASE],
    buckets=[MEDIA],
    hosts=lambda stack, credentials: {"host": host(stack, credentials)},
    conflicts=_conflicts,
    platform=_platform,
    mfes=[LEARNER_RECORD],
    parts=_parts,
)
"""Credentials."""
