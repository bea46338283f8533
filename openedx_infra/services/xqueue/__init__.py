"""Xqueue: takes answers to problems of type coderesponse, and passes them to external graders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from openedx_infra.config.types.base import Distinct
from openedx_infra.config.types.hosts import Hostname
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.services.companion import (
    DJANGO_MIGRATIONS,
    LOGGING,
    CompanionService,
    ConfigFile,
    MysqlDatabase,
    Parts,
    PlatformSettings,
    Process,
    Public,
    Resources,
    Secret,
    Served,
    ServiceJob,
    ServiceSection,
    Stack,
    Values,
    django_env,
    django_key,
    django_migrate,
    internal_lms,
)

PORT = 8000
PLATFORM_USER = "lms"
"""As whom the platform logs in."""
DATABASE = MysqlDatabase(database="xqueue", user="xqueue", secret="xqueue_mysql_password")
CONFIG = "/openedx/config"
"""Folder of its settings module, which reads the settings from a file beside it."""
CONSUMER = "openedx_infra_consumer"
"""Module beside it that runs the consumer."""
SETTINGS = "/openedx/secrets/xqueue.json"
BODY_LIMIT = 64 * 2**10
"""Largest result that a grader may send, in bytes. A guess: it is a score and a text for the learner."""
CODE_GROUP = 1000
"""Group of the image's user, who owns the folder with the code."""

QueueName = Annotated[
    str,
    Pattern(
        "name of a queue",
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}",
        "at most 128 letters, digits, dots, hyphens and underscores, as problems name it in `queuename`",
        "openedx",
    ),
]
"""The name of a queue: its column holds 128 characters."""

GraderUrl = Annotated[
    str,
    Pattern(
        "address of a grader",
        r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?",
        "http or https, a host in lower case, perhaps a port and a path",
        "https://grader.example.org/grade",
    ),
]
"""An address that answers are posted to."""

GraderName = Annotated[
    str,
    Pattern(
        "name of a grader",
        r"(?!lms$)[a-z][a-z0-9_]{0,29}",
        "at most 30 lower-case letters, digits and underscores, with a letter first; lms is the platform",
        "python_grader",
    ),
]
"""User name of a grader at Xqueue, and the end of its secret's name."""


class Xqueue(ServiceSection):
    """Xqueue, to which the platform sends answers to problems of type coderesponse. Secrets:
    `xqueue_grader_NAME` for each grader."""

    queues: dict[QueueName, GraderUrl | None] = Field({"openedx": None}, min_length=1)
    """Queues that problems name. Each with the address of the grader that answers are posted to; or null:
    graders fetch them, or
    `openedx-infra xqueue grade` grades them by hand."""
    graders: Annotated[tuple[GraderName, ...], Distinct] = ()
    """Graders that log in and fetch answers. Each has a password of its own, which the secret
    `xqueue_grader_NAME` holds."""
    host: Hostname | None = None
    """Public host at which graders from outside fetch answers, such as `xqueue.learn.example.org`. None: only
    pods of the instance reach it."""
    web: Served = Served(cpu="50m", memory="256Mi", memory_limit="512Mi")
    """Size of its web server (a guess)."""
    consumer: Resources = Resources(cpu="50m", memory="192Mi", memory_limit="512Mi")
    """Size of the process that posts answers to graders (a guess: it forks once for each queue)."""
    grading_seconds: Annotated[int, Field(strict=True, ge=1, le=3600)] = 30
    """Seconds that a grader may take for an answer that is posted to it; then the learner is asked to try
    again."""

    @property
    def pushed(self) -> dict[str, str]:
        """Queues whose answers are posted to a grader, with its address."""
        return {name: url for name, url in self.queues.items() if url is not None}


def _secrets(_stack: Stack, xqueue: Xqueue) -> Iterator[Secret]:
    restart = "its pods, and those of the platform that send it answers, restart"
    yield Secret(name="xqueue_mysql_password", meaning="Xqueue's MySQL user", rotation="its pods restart")
    yield Secret(
        name="xqueue_secret_key", meaning="Django's SECRET_KEY of Xqueue", make=django_key, rotation=restart
    )
    yield Secret(name="xqueue_lms_password", meaning="the platform's login at Xqueue", rotation=restart)
    for name in xqueue.graders:
        yield Secret(
            name=grader_secret(name),
            meaning=f"login of the grader {name} at Xqueue",
            rotation="the grader is refused until it has the new one",
        )


def grader_secret(name: str) -> str:
    """Name of the secret that is a grader's password."""
    return f"xqueue_grader_{name}"


def _platform(stack: Stack, _xqueue: Xqueue) -> PlatformSettings:
    return PlatformSettings(
        common={
            "XQUEUE_INTERFACE": {
                "url": f"http://xqueue:{PORT}",
                "callback_url": internal_lms(stack),
                "basic_auth": None,
                "django_auth": {"username": PLATFORM_USER, "password": {"secret": "xqueue_lms_password"}},
            }
        }
    )


def _parts(stack: Stack, xqueue: Xqueue) -> Parts:
    web = Process(
        command=[
            *("gunicorn", "xqueue.wsgi:application", "--bind", f"{stack.cluster.any_address}:{PORT}"),
            *("--workers", "2", "--worker-tmp-dir", "/tmp", "--access-logfile", "-"),
        ],
        size=xqueue.web,
        replicas=xqueue.web.replicas,
        port=PORT,
        health="/xqueue/status/",
        for_platform=True,
        public=Public(domain=xqueue.host, paths=["/xqueue"], body_limit=BODY_LIMIT) if xqueue.host else None,
    )
    # It takes what nobody else has taken for a minute, so that two of it would post an answer twice.
    consumer = Process(
        name="consumer",
        command=["python", "-m", CONSUMER],
        size=xqueue.consumer,
        single=True,
        grace_seconds=xqueue.grading_seconds + 10,
    )
    return Parts(
        processes=[web, *([consumer] if xqueue.pushed else [])],
        jobs=[django_migrate(stack, "xqueue"), _USERS],
        questions=[DJANGO_MIGRATIONS],
        files=[
            ConfigFile(path=f"{CONFIG}/openedx_infra_xqueue.py", text=_MODULE),
            ConfigFile(path=f"{CONFIG}/users.py", text=_USERS_SCRIPT),
            ConfigFile(path=f"{CONFIG}/{CONSUMER}.py", text=consumer_program()),
            ConfigFile(path=SETTINGS, text=lambda values: settings(values, xqueue), secret=True),
        ],
        env=django_env("openedx_infra_xqueue", CONFIG),
        groups=[CODE_GROUP],
        stores=["mysql"],
        reaches_platform=True,
        outside=sorted(set(xqueue.pushed.values())),
    )


def consumer_program() -> str:
    """The program that runs the consumer."""
    return Path(__file__).with_name("consumer.py").read_text(encoding="utf-8")


def settings(values: Values, xqueue: Xqueue) -> str:
    """Xqueue's settings by its own names, over its defaults (xqueue/settings.py), as JSON."""
    secrets = values.secrets
    return json.dumps(
        {
            "SECRET_KEY": secrets["xqueue_secret_key"],
            "DATABASES": {"default": values.django_database(DATABASE)},
            "XQUEUES": xqueue.queues,
            "USERS": {
                PLATFORM_USER: secrets["xqueue_lms_password"],
                **{name: secrets[grader_secret(name)] for name in xqueue.graders},
            },
            "GRADING_TIMEOUT": xqueue.grading_seconds,
            "TIME_ZONE": values.stack.site.time_zone,
            # Graders get no file without a store that they reach: learners' files are kept nowhere.
            "MEDIA_ROOT": "/tmp/uploads",
            "LOGGING": LOGGING,
        },
        indent=1,
        sort_keys=True,
    )


_MODULE = f'''\
"""Xqueue's own settings, and those of the instance over them."""

import json

from xqueue.settings import *

with open("{SETTINGS}", encoding="utf-8") as file:
    globals().update(json.load(file))
'''

# `update_users` changes passwords, and leaves the users of graders that are no longer named.
_USERS_SCRIPT = '''\
"""Makes the users that the settings name, and locks out all others. Piped into `manage.py shell`."""

from django.conf import settings
from django.contrib.auth.models import User

for name, password in settings.USERS.items():
    user, made = User.objects.get_or_create(username=name)
    if made or not user.is_active or not user.check_password(password):
        user.is_active = True
        user.set_password(password)
        user.save()
        print(f"users: {name}: {'made' if made else 'password set'}", flush=True)
for user in User.objects.exclude(username__in=settings.USERS).filter(is_active=True):
    user.is_active = False
    user.save()
    print(f"users: {user.username}: locked out, as the stack file names it no longer", flush=True)
print("users: done", flush=True)
'''
_USERS = ServiceJob(
    name="users", command=["sh", "-ec", 'exec ./manage.py shell < "$0"', f"{CONFIG}/users.py"], minutes=10
)

SERVICE = CompanionService(
    name="xqueue",
    title="Xqueue",
    summary="external graders judge answers to problems of type coderesponse",
    interface=1,
    section=Xqueue,
    images={
        "verawood": "docker.io/overhangio/openedx-xqueue:22.0.0",
        "ulmo": "docker.io/overhangio/openedx-xqueue:21.0.0",
    },
    secrets=_secrets,
    databases=lambda _stack, _xqueue: [DATABASE],
    hosts=lambda _stack, xqueue: {"host": xqueue.host} if xqueue.host else {},
    platform=_platform,
    parts=_parts,
)
"""Xqueue."""
