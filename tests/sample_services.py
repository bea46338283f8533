"""Services of tests: one with visitors and the platform as clients, and a server of its own with a volume."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from openedx_infra.services.companion import (
    Bucket,
    Code,
    CompanionService,
    ConfigFile,
    ConfigModel,
    MysqlDatabase,
    OauthClient,
    Parts,
    PlatformSettings,
    Process,
    Public,
    Question,
    Resources,
    Secret,
    ServiceAlert,
    ServiceDuty,
    ServiceJob,
    ServiceSection,
    ServiceUser,
    Stack,
    Values,
    Volume,
)

SIZE = Resources(cpu="10m", memory="64Mi", memory_limit="128Mi")
DATABASES = [
    MysqlDatabase(database="greetings", user="greeter", secret="greeter_mysql_password"),
    MysqlDatabase(database="farewells", user="leaver", secret="greeter_second_password"),
]


class Greeter(ServiceSection):
    """A service of tests."""

    words: str = "hello"
    """What it says."""


def _secrets(_stack: Stack, _section: Greeter) -> Iterator[Secret]:
    for name in ("greeter_mysql_password", "greeter_second_password", "greeter_oauth_secret"):
        yield Secret(name=name, meaning="its database", rotation="it restarts")


def _login(values: Values) -> str:
    database = values.django_database(DATABASES[0])
    login = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}"
    return f"{login} {values.redis_url('cache')}\n{json.dumps(values.jwt_auth())}"


def _parts(stack: Stack, section: Greeter) -> Parts:
    web = Process(
        command=["greet"],
        size=SIZE,
        replicas=2,
        port=8080,
        health="/health",
        for_platform=True,
        public=Public(domain=f"greeter.{stack.site.lms_host}", paths=["/hello"], body_limit=1024),
    )
    archive = Process(
        name="archive",
        command=["keep"],
        image="registry.example.org/archive:1",
        scratch={"/var/archive": "16Mi"},
        env={"KEPT": "yes"},
        size=SIZE,
        port=9000,
        before_jobs=True,
        volume=Volume(path="/data", size="3Gi"),
        clients=["greeter"],
    )
    clock = Process(name="clock", command=["tick"], size=SIZE, single=True, alive=["ticked"])
    return Parts(
        processes=[web, archive, clock],
        jobs=[ServiceJob(name="prepare", command=["prepare"], rerun_on={"words": section.words})],
        duties=[ServiceDuty(name="tidy", command=["tidy"], schedule="H 4 * * *")],
        files=[
            ConfigFile(path="/etc/greeter/words", text=section.words),
            ConfigFile(path="/etc/greeter/login", text=_login, secret=True),
        ],
        stores=["mysql", "cache"],
        reaches_platform=True,
        checks_tokens=True,
        internet=[8443],
        outside=["https://greetings.example.net:8444/"],
    )


GREETER = CompanionService(
    name="greeter",
    title="Greeter",
    summary="people are greeted",
    interface=1,
    section=Greeter,
    images={"verawood": "docker.io/example/greeter:1.2"},
    secrets=_secrets,
    databases=lambda _stack, _section: DATABASES,
    platform=lambda _stack, section: PlatformSettings(
        common={"GREETER_URL": "http://greeter:8080", "IDA_LOGOUT_URI_LIST": ["https://greeter/logout"]},
        lms={"GREETER_PASSWORD": {"secret": "greeter_mysql_password"}},
        studio={"GREETER_WORDS": section.words},
        mfe_config={"GREETER_WORDS": section.words},
        waffle_flags={"greeter.on": True, "greeter.loud": False},
        waffle_switches={"greeter.often": True},
        site_configuration={"GREETER_URL": "http://greeter:8080"},
        duties=["programs"],
        service_users=[ServiceUser(name="greeter_worker", staff=True)],
        config_models=[
            ConfigModel(model="credentials.CredentialsApiConfig", fields={"enable_learner_issuance": True})
        ],
        oauth_clients=[
            OauthClient(
                client_id="greeter-sso",
                secret="greeter_oauth_secret",
                user="greeter_worker",
                grant="authorization-code",
                redirect_uris=["https://greeter.example.org/a", "https://greeter.example.org/b"],
                scopes=["user_id", "profile"],
            )
        ],
    ),
    parts=_parts,
)


MEDIA = Bucket(name="media", folder="/gallery/media", public=True, size="2Gi")
DRAFTS = Bucket(name="drafts", folder="/gallery/drafts", backup=False)


class Gallery(ServiceSection):
    """Another service of tests, with files of its own."""


def _storages(values: Values) -> str:
    storages: dict[str, Any] = {each.name: values.django_storage(each) for each in (MEDIA, DRAFTS)}
    return json.dumps({**storages, "indexes": values.own_index_prefix})


GALLERY = CompanionService(
    name="gallery",
    title="Gallery",
    summary="people show pictures",
    interface=1,
    section=Gallery,
    images={"verawood": "docker.io/example/gallery:1.0"},
    code=Code(
        repository="https://git.example.org/gallery.git",
        refs={"verawood": "release/verawood.1"},
        folder="docker",
        target="app",
    ),
    buckets=[MEDIA, DRAFTS],
    alerts=[
        ServiceAlert(
            name="GalleryIndexLate",
            severity="warning",
            expr='gallery_index_age_seconds{namespace="[[namespace]]"} > 3600',
            minutes=10,
            summary="the index of pictures is late",
            description="New pictures are not found.",
            remedy="Look at the log of gallery-index.",
        )
    ],
    parts=lambda _stack, _section: Parts(
        processes=[
            Process(command=["show"], size=SIZE, port=8090),
            Process(
                name="index",
                command=["index"],
                metrics="/_prometheus",
                image="registry.example.org/index:1",
                size=SIZE,
                port=9200,
                volume=Volume(path="/index", size="1Gi"),
            ),
        ],
        jobs=[ServiceJob(name="prepare", command=["prepare"])],
        questions=[
            Question(name="counts", command=["count"], status=True),
            Question(name="index", command=["describe"], process="index"),
        ],
        files=[ConfigFile(path="/etc/gallery/storages.json", text=_storages, secret=True)],
        asks=["greeter", "absent"],
    ),
)

TATTLER = CompanionService(
    name="tattler",
    title="Tattler",
    summary="it shows its metrics to everybody",
    interface=1,
    section=Gallery,
    images={"verawood": "docker.io/example/tattler:1.0"},
    hosts=lambda stack, _section: {"image": f"tattler.{stack.site.lms_host}"},
    parts=lambda stack, _section: Parts(
        processes=[
            Process(
                command=["tell"],
                size=SIZE,
                port=8000,
                metrics="/metrics",
                public=Public(domain=f"tattler.{stack.site.lms_host}"),
            )
        ],
    ),
)
