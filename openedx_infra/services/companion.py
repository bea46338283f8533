"""The interface of a companion service: one object that says all that it needs, as data.

A service's file imports this module alone. Nothing here, or in a service's file, loads Pulumi or Kubernetes:
`components/companions/` makes resources of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from openedx_infra.config.secrets.catalogue import Secret, django_key, password
from openedx_infra.config.sections.duties import Schedule
from openedx_infra.config.services.alerts import ServiceAlert
from openedx_infra.config.services.buckets import Bucket
from openedx_infra.config.services.definition import (
    INTERFACE,
    Code,
    ConfigModel,
    FurtherImage,
    Mfe,
    MysqlDatabase,
    OauthClient,
    PlatformSettings,
    ServiceDefinition,
    ServiceUser,
    serves,
)
from openedx_infra.config.services.section import ServiceSection
from openedx_infra.config.sizing.sizing import Resources, Served
from openedx_infra.config.stack import Stack
from openedx_infra.services.values import BucketAccess, Values, internal_lms
from openedx_infra.settings.connections import Connections

__all__ = [
    "INTERFACE",
    "Bucket",
    "BucketAccess",
    "Code",
    "CompanionService",
    "ConfigFile",
    "ConfigModel",
    "Connections",
    "FurtherImage",
    "Mfe",
    "MysqlDatabase",
    "OauthClient",
    "Parts",
    "PlatformSettings",
    "Process",
    "Public",
    "Question",
    "Resources",
    "Schedule",
    "Secret",
    "Served",
    "ServiceAlert",
    "ServiceDuty",
    "ServiceJob",
    "ServiceSection",
    "ServiceUser",
    "Stack",
    "Store",
    "Values",
    "Volume",
    "django_env",
    "django_key",
    "django_migrate",
    "internal_lms",
    "password",
    "serves",
]

S = TypeVar("S", bound=ServiceSection)

Store = Literal["mysql", "mongodb", "broker", "cache", "search", "storage", "mail"]
"""A datastore of the instance, or the way that its mail goes."""

USER = 10_001
"""Who runs what keeps no files of its own, as everywhere in an instance."""
SCRIPTS = "/openedx/scripts"
"""Folder of the scripts of a Job."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s [%(name)s] %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
"""Django's LOGGING of a service, to standard error. Production settings of Open edX' services write to
/dev/log, which no container has."""


@dataclass(frozen=True, kw_only=True)
class ConfigFile:
    """A configuration file, which all processes, Jobs and duties of a service read."""

    path: str
    """Whole path in the container. Files of one folder are mounted together, and hide what the image has
    there."""
    text: str | Callable[[Values], str]
    """What it holds, or a function that makes it."""
    secret: bool = False
    """Whether it holds a secret: then it is in a Secret, else in a ConfigMap."""
    executable: bool = False
    """Whether it is a program."""


@dataclass(frozen=True, kw_only=True)
class Public:
    """How visitors reach a process."""

    domain: str
    """Its host. `hosts` of the service names it, too, so that it has no other use."""
    paths: Sequence[str] = ("/",)
    """Beginnings of the paths that lead to it; others lead nowhere."""
    body_limit: int = 2 * 2**20
    """Largest body of a request, in bytes."""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A volume that outlives the pods, protected as all data is."""

    path: str
    """Folder that shows it."""
    size: str
    """Size to begin with, such as `10Gi`."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """Pods that run one program of a service."""

    name: str = ""
    """What it is, such as `consumer`: its objects are called `<service>-consumer`. Empty: the service's main
    program, whose objects are called as the service."""
    command: Sequence[str]
    """What it runs."""
    size: Resources
    """CPU and memory of each pod."""
    replicas: int = 1
    """Number of pods; more than one have a disruption budget."""
    single: bool = False
    """Whether there are never two of it at a time: the old pod is gone before the new one starts."""
    port: int | None = None
    """TCP port that it listens on, under a Service of its name. None: nobody connects to it."""
    metrics: str | None = None
    """Path of its metrics in Prometheus' form, at its port. No path of `public` may lead there. None: it has
    none."""
    health: str | None = None
    """Path that answers 200 when it can serve, to requests for the name of its Service. None: ready when its
    port takes connections."""
    alive: Sequence[str] = ()
    """Command that succeeds while a process without a port works. Empty: it is restarted when it ends."""
    start_seconds: int = 300
    """Patience with its start."""
    grace_seconds: int = 30
    """Seconds to finish after SIGTERM. Before it, one that visitors reach goes on serving for a while."""
    before_jobs: bool = False
    """Whether the service's Jobs need it, such as a server of its own: then it starts before them."""
    volume: Volume | None = None
    """Its data. A process with a volume is a StatefulSet of one pod."""
    user: int | None = None
    """Numeric user, where the volume wants another one than the service has."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Its environment beside that of all; never a secret."""
    image: str | None = None
    """Its image, where it is a program of somebody else's: then it has neither the service's files nor its
    environment, and none of its connections. None: the service's."""
    scratch: Mapping[str, str] = field(default_factory=dict)
    """Folders that such a program writes to, as `scratch` of Parts."""
    for_platform: bool = False
    """Whether LMS, Studio, workers and duties connect to it."""
    clients: Sequence[str] = ()
    """Services of the stack whose pods connect to it, by name; its own may be among them."""
    public: Public | None = None
    """How visitors reach it. None: they don't."""


@dataclass(frozen=True, kw_only=True)
class ServiceJob:
    """A Job, which runs again when its image, its files or anything else in it changes."""

    name: str
    """What it does, such as `migrate`: the Job is called `<service>-migrate`."""
    command: Sequence[str]
    """What it runs."""
    minutes: int = 30
    """Minutes after which it is aborted."""
    size: Resources | None = None
    """CPU and memory. None: those of the platform's Jobs (`sizing.jobs`)."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Its environment beside that of all; never a secret."""
    scripts: Sequence[str] = ()
    """Scripts of this program that lie in SCRIPTS, such as `migrate.py`."""
    rerun_on: Mapping[str, str] = field(default_factory=dict)
    """Values by name that make it run again when they change, though nothing else does."""


@dataclass(frozen=True, kw_only=True)
class ServiceDuty:
    """A command that runs by the clock, as a CronJob `<service>-<name>`."""

    name: str
    command: Sequence[str]
    schedule: str
    """Five fields of a crontab; `H` as minute is one of the instance's own."""
    minutes: int = 60
    """Minutes after which a run is aborted."""
    retries: int = 0
    """How often a failed run is tried again."""
    size: Resources | None = None
    """CPU and memory. None: those of the platform's duties (`sizing.duties`)."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A command that `support` runs in a pod of the service, to show its state to who is helping. It changes
    nothing, and its output holds no secret."""

    name: str
    """What it asks, such as `queues`: the archive has the answer in services/<service>/<name>.txt."""
    command: Sequence[str]
    """What it runs."""
    process: str = ""
    """Name of the process whose pod runs it. Empty: the service's main program."""
    status: bool = False
    """Whether `status` asks it, too, and prints its few lines. It must answer within seconds."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a service runs, and what its pods read and reach."""

    processes: Sequence[Process]
    """Its programs, which start after its Jobs where they don't set `before_jobs`. Liveness, readiness and
    drain follow from each."""
    jobs: Sequence[ServiceJob] = ()
    """Its Jobs, one after the other: after its databases and users, and after the platform's set-up, which
    makes its OAuth clients."""
    duties: Sequence[ServiceDuty] = ()
    """What runs by the clock."""
    questions: Sequence[Question] = ()
    """What `status` and `support` ask it."""
    files: Sequence[ConfigFile] = ()
    """Its configuration files."""
    scratch: Mapping[str, str] = field(default_factory=lambda: {"/tmp": "256Mi"})
    """Folders to write to, with their sizes: empty at start, and gone with the pod. Nothing else can be
    written to."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment of all its containers; never a secret."""
    working_dir: str | None = None
    """Folder in which its commands run. None: the image's."""
    user: int = USER
    """Numeric user of its pods."""
    groups: Sequence[int] = ()
    """Further groups, such as the one that may read the code in its image."""
    exception: str | None = None
    """Why its user is below 10000 though it has no volume. Rules of `policies/` ask for it."""
    runtime_class: str | None = None
    """RuntimeClass of the cluster by which its processes run. None: the nodes' usual runtime."""
    apparmor_profile: str | None = None
    """AppArmor profile that the nodes of its processes must have loaded. None: the runtime's own, where the
    node has AppArmor."""
    stores: Sequence[Store] = ()
    """Datastores of the instance that its pods connect to. Beside the flow they get the certificates."""
    reaches_platform: bool = False
    """Whether its pods connect to LMS and Studio within the namespace."""
    asks: Sequence[str] = ()
    """Other services, by name, whose main program its pods connect to, as far as the stack runs them."""
    checks_tokens: bool = False
    """Whether it checks tokens (JWT) that the LMS signs for visitors and for requests of its own. Its files
    with secrets then have what `Values.jwt_auth` gives; by `jwt_secret_key`, which is among it, its pods
    could sign tokens in anybody's name, so set it for services alone that the LMS sends such requests to."""
    internet: Sequence[int] = ()
    """TCP ports on which its pods reach public addresses."""
    outside: Sequence[str] = ()
    """Addresses, such as `https://grader.example.org:8443`, of servers elsewhere that its pods reach."""
    closed: bool = False
    """Whether its pods connect to nobody at all, name servers among them."""


@dataclass(frozen=True, kw_only=True)
class CompanionService(ServiceDefinition[S]):
    """A companion service, all of it: what it is, what it sets, and what it runs."""

    parts: Callable[[Stack, S], Parts]
    """What it runs, as a pure function of the stack and the service's section."""


def django_env(module: str, folder: str) -> dict[str, str]:
    """Variables of a Django project whose settings module is among the service's own files, in `folder`.
    Nothing is written beside the code, which is read-only, and what is printed is not held back."""
    return {
        "DJANGO_SETTINGS_MODULE": module,
        "PYTHONPATH": folder,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",
    }


DJANGO_MIGRATIONS = Question(name="migrations", command=["./manage.py", "showmigrations", "--plan"])
"""Which migrations of a Django project have run. `status` doesn't ask: Django takes some seconds to start."""


def django_migrate(stack: Stack, service: str, manage: str = "./manage.py") -> ServiceJob:
    """Migrations of a Django project, with the platform's own lock and patience (`openedx:migrations`): a run
    of an older version that hangs is waited for, and one that is to stop does so between two migrations."""
    return ServiceJob(
        name="migrate",
        command=["sh", "-ec", f'exec {manage} shell < "$0"', f"{SCRIPTS}/migrate.py"],
        minutes=stack.migrations.minutes,
        env={"SERVICE_NAME": service, "LOCK_SECONDS": str(stack.migrations.lock_minutes * 60)},
        scripts=("migrate.py",),
    )
