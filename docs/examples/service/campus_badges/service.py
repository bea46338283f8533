"""Badges: a page that shows learners what they have reached."""

import json

from pydantic import Field

from openedx_infra.services.companion import (
    Bucket,
    Code,
    CompanionService,
    ConfigFile,
    MysqlDatabase,
    OauthClient,
    Parts,
    PlatformSettings,
    Process,
    Public,
    Question,
    Secret,
    Served,
    ServiceDuty,
    ServiceSection,
    ServiceUser,
    Stack,
    Values,
    django_key,
    django_migrate,
)

PORT = 8000
CONFIG = "/openedx/config/badges.json"
DATABASE = MysqlDatabase(database="badges", user="badges", secret="badges_mysql_password")
CODE = Code(
    repository="https://git.example.org/campus/badges.git",
    refs={"verawood": "1.0", "ulmo": "1.0"},
    folder="app",
)
PICTURES = Bucket(name="pictures", folder="/openedx/pictures", public=True, size="1Gi")
CLIENT = OauthClient(
    client_id="badges-sso",
    secret="badges_oauth_secret",
    user="badges_worker",
    grant="authorization-code",
    scopes=("user_id", "profile", "email"),  # what EdXOAuth2 asks for
)


class Badges(ServiceSection):
    """Badges of learners."""

    host: str = Field("", pattern=r"^([a-z0-9-]+\.)+[a-z]+$|^$")
    """Public host of the page. Empty: `badges.` before the host of the LMS."""
    days: int = Field(365, ge=1)
    """Days after which a badge is no longer shown."""
    web: Served = Served(cpu="20m", memory="192Mi", memory_limit="384Mi")
    """Size of its web server."""


def secrets(stack: Stack, badges: Badges) -> list[Secret]:
    """What `openedx-infra secrets generate` makes."""
    restart = "its pods restart"
    return [
        Secret(name=DATABASE.secret, meaning="Badges' MySQL user", rotation=restart),
        Secret(name=CLIENT.secret, meaning="Badges' login at the LMS", rotation=restart),
        Secret(name="badges_secret_key", meaning="its SECRET_KEY", make=django_key, rotation=restart),
    ]


def host(stack: Stack, badges: Badges) -> str:
    """Public host of the page."""
    return badges.host or f"badges.{stack.site.lms_host}"


def url(stack: Stack, badges: Badges) -> str:
    """Its address."""
    return f"{stack.site.scheme}://{host(stack, badges)}"


def platform(stack: Stack, badges: Badges) -> PlatformSettings:
    """What LMS and MFEs get of it: the address of the page, and its login at the LMS."""
    address = url(stack, badges)
    return PlatformSettings(
        lms={
            # A theme or a slot of the learner dashboard makes the link of it.
            "BADGES_URL": address,
            "IDA_LOGOUT_URI_LIST": [f"{address}/logout/"],
        },
        mfe_config={"BADGES_URL": address},
        service_users=[ServiceUser(name=CLIENT.user)],
        oauth_clients=[OauthClient(**{**vars(CLIENT), "redirect_uris": [f"{address}/complete/edx-oauth2/"]})],
    )


def settings(values: Values, badges: Badges) -> str:
    """Its settings by Django's own names, over those in its image."""
    stack = values.stack
    return json.dumps(
        {
            "SECRET_KEY": values.secrets["badges_secret_key"],
            "DATABASES": {"default": values.django_database(DATABASE)},
            "STORAGES": {"default": values.django_storage(PICTURES, base_url="/pictures/")},
            "ALLOWED_HOSTS": [host(stack, badges), "badges"],
            "BADGE_DAYS": badges.days,
            "SOCIAL_AUTH_EDX_OAUTH2_KEY": CLIENT.client_id,
            "SOCIAL_AUTH_EDX_OAUTH2_SECRET": values.secrets[CLIENT.secret],
            "SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT": values.lms,
            "SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT": stack.site.lms_url,
            "SOCIAL_AUTH_REDIRECT_IS_HTTPS": stack.site.secure,
        },
        indent=1,
        sort_keys=True,
    )


def parts(stack: Stack, badges: Badges) -> Parts:
    """What runs of it."""
    web = Process(
        command=["gunicorn", "badges.wsgi", "--bind", f"0.0.0.0:{PORT}", "--worker-tmp-dir", "/tmp"],
        size=badges.web,
        replicas=badges.web.replicas,
        port=PORT,
        health="/health",
        public=Public(domain=host(stack, badges)),
    )
    return Parts(
        processes=[web],
        jobs=[django_migrate(stack, "badges")],
        duties=[ServiceDuty(name="expire", command=["./manage.py", "expire_badges"], schedule="H 4 * * *")],
        questions=[Question(name="counts", command=["./manage.py", "count_badges"], status=True)],
        files=[ConfigFile(path=CONFIG, text=lambda values: settings(values, badges), secret=True)],
        env={"BADGES_CONFIG": CONFIG, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp"},
        stores=["mysql"],
        reaches_platform=True,
    )


SERVICE = CompanionService(
    name="badges",
    title="Badges",
    summary="learners see what they have reached",
    interface=1,
    section=Badges,
    images={
        "verawood": "registry.example.org/badges:1.0",
        "ulmo": "registry.example.org/badges:1.0",
    },
    code=CODE,
    secrets=secrets,
    databases=lambda stack, badges: [DATABASE],
    buckets=[PICTURES],
    hosts=lambda stack, badges: {"host": host(stack, badges)},
    platform=platform,
    parts=parts,
)
