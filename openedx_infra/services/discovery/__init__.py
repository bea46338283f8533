"""Course Discovery: programs of courses, and a catalog of the courses that the LMS has."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.services import elasticsearch
from openedx_infra.services.companion import (
    DJANGO_MIGRATIONS,
    CompanionService,
    ConfigFile,
    ConfigModel,
    FurtherImage,
    OauthClient,
    Parts,
    PlatformSettings,
    Process,
    Public,
    Secret,
    ServiceDuty,
    ServiceJob,
    ServiceUser,
    Stack,
    django_env,
    django_key,
    django_migrate,
)
from openedx_infra.services.discovery.section import Discovery, address, host
from openedx_infra.services.discovery.settings import (
    CODE,
    CONFIG,
    DATABASE,
    MEDIA,
    MODULE,
    NAME,
    SETTINGS,
    SITE_ID,
    settings,
)
from openedx_infra.services.elasticsearch import ElasticsearchExternal, ElasticsearchInCluster

PORT = 8381
"""The port that Tutor gives to it."""
CATALOG_USER = "lms_catalog_service_user"
"""As whom the LMS asks for programs: CatalogIntegration's default."""
CODE_GROUP = 1000
"""Group of the image's user, who owns the folder with the code."""
BODY_LIMIT = 10 * 2**20
"""Largest upload, an image of a program, in bytes: Tutor's."""


def _secrets(_stack: Stack, discovery: Discovery) -> Iterator[Secret]:
    restart = "its pods restart"
    yield Secret(name=DATABASE.secret, meaning="Course Discovery's MySQL user", rotation=restart)
    yield Secret(
        name="discovery_secret_key",
        meaning="Django's SECRET_KEY of Course Discovery",
        make=django_key,
        rotation="its pods restart, and people sign in to it anew",
    )
    for name, meaning in (
        ("discovery_oauth_secret", "Course Discovery's OAuth client, which asks the LMS for courses"),
        ("discovery_sso_secret", "Course Discovery's OAuth client, by which people sign in to it"),
    ):
        yield Secret(name=name, meaning=meaning, rotation=restart)
    search = discovery.search
    if isinstance(search, ElasticsearchExternal) and search.username is not None:
        yield Secret(
            name="discovery_search_password",
            meaning="Course Discovery's user at Elasticsearch",
            make=None,
            rotation=f"{restart}; set it at the server, too",
        )


def _further_images(_stack: Stack, discovery: Discovery) -> Iterator[FurtherImage]:
    if isinstance(discovery.search, ElasticsearchInCluster):
        yield FurtherImage(
            location=("search_image",),
            reference=discovery.search_image or elasticsearch.IMAGE,
            by_stack_file=discovery.search_image is not None,
        )


def _conflicts(_stack: Stack, discovery: Discovery) -> Iterator[tuple[Location, str]]:
    if discovery.search_image is not None and isinstance(discovery.search, ElasticsearchExternal):
        yield ("search_image",), "names the image of a server that runs elsewhere: leave it out"
    for location, text in elasticsearch.conflicts(discovery.search):
        yield ("search", *location), text


def _platform(stack: Stack, discovery: Discovery) -> PlatformSettings:
    inside, public = f"http://{NAME}:{PORT}", address(stack, discovery)
    return PlatformSettings(
        common={"COURSE_CATALOG_URL_ROOT": inside, "COURSE_CATALOG_API_URL": f"{inside}/api/v1"},
        lms={"IDA_LOGOUT_URI_LIST": [f"{public}/logout/"]},
        mfe_config={"ENABLE_PROGRAMS": True, "DISCOVERY_API_BASE_URL": public},
        site_configuration={"COURSE_CATALOG_API_URL": f"{inside}/api/v1"},
        config_models=[
            ConfigModel(model="programs.ProgramsApiConfig", fields={"marketing_path": "/programs"}),
            ConfigModel(
                model="catalog.CatalogIntegration",
                fields={"internal_api_url": f"{inside}/api/v1", "service_username": CATALOG_USER},
            ),
        ],
        duties=["programs"],
        service_users=[
            # It reads all courses, also those that nobody may see yet.
            ServiceUser(name=NAME, staff=True, superuser=True),
            ServiceUser(name=CATALOG_USER, staff=True),
        ],
        oauth_clients=[
            OauthClient(
                client_id="discovery", secret="discovery_oauth_secret", user=NAME, grant="client-credentials"
            ),
            OauthClient(
                client_id="discovery-sso",
                secret="discovery_sso_secret",
                user=NAME,
                grant="authorization-code",
                redirect_uris=[f"{public}/complete/edx-oauth2/"],
            ),
        ],
    )


def _parts(stack: Stack, discovery: Discovery) -> Parts:
    search = discovery.search
    server = []
    if isinstance(search, ElasticsearchInCluster):
        image = discovery.search_image or elasticsearch.IMAGE
        server = [elasticsearch.process(stack, search, image, clients=[NAME, *_notes(stack)])]
    return Parts(
        processes=[*server, _web(stack, discovery)],
        jobs=[django_migrate(stack, NAME), _partner(stack, discovery), _index(stack, discovery)],
        questions=[DJANGO_MIGRATIONS, *([elasticsearch.INDEXES] if server else [])],
        duties=[ServiceDuty(name="refresh", command=_REFRESH, schedule=discovery.refresh, minutes=360)],
        files=[
            ConfigFile(path=f"{CONFIG}/openedx_infra_discovery.py", text=MODULE),
            ConfigFile(path=SETTINGS, text=lambda values: settings(values, discovery), secret=True),
            *elasticsearch.authority(search),
        ],
        env=django_env("openedx_infra_discovery", CONFIG),
        working_dir=CODE,
        groups=[CODE_GROUP],
        stores=["mysql", "cache"],
        reaches_platform=True,
        checks_tokens=True,
        outside=elasticsearch.outside(search),
    )


def _notes(stack: Stack) -> list[str]:
    """Notes, where it searches by the same server."""
    notes = getattr(stack.services, "notes", None)
    return ["notes"] if notes is not None and notes.enabled and notes.search_by == "elasticsearch" else []


def _web(stack: Stack, discovery: Discovery) -> Process:
    return Process(
        command=[
            # Of the servers in its image, the one that hands out static files, too.
            *(
                "uwsgi",
                "--http",
                f"{stack.cluster.any_address}:{PORT}",
                "--wsgi-file",
                f"{CODE}/course_discovery/wsgi.py",
            ),
            *("--master", "--die-on-term", "--processes", "2", "--single-interpreter", "--enable-threads"),
            # Cookies of a learner with many courses make long headers.
            *("--thunder-lock", "--buffer-size", "16384", "--http-timeout", "60"),
            *("--static-map", f"/static={CODE}/course_discovery/assets"),
            *(("--static-map", f"/media={MEDIA.folder}") if _on_volumes(stack) else ()),
        ],
        size=discovery.web,
        replicas=discovery.web.replicas,
        port=PORT,
        health="/health/",
        for_platform=True,
        public=Public(domain=host(stack, discovery), body_limit=BODY_LIMIT),
    )


def _on_volumes(stack: Stack) -> bool:
    """Whether uploaded files are on volumes: then its web server hands them out."""
    return isinstance(stack.datastores.storage, StorageVolumes)


def _partner(stack: Stack, discovery: Discovery) -> ServiceJob:
    """The partner, and the site of it: whose courses these are, and where LMS and Studio are."""
    lms = stack.site.lms_url
    arguments = {
        "--site-id": str(SITE_ID),
        "--site-domain": host(stack, discovery),
        "--code": discovery.partner,
        "--name": stack.site.name,
        "--lms-url": lms,
        "--studio-url": stack.site.studio_url,
        "--courses-api-url": f"{lms}/api/courses/v1/",
        "--lms-coursemode-api-url": f"{lms}/api/course_modes/v1/",
        "--organizations-api-url": f"{lms}/api/organizations/v1/",
    }
    flat = [word for pair in arguments.items() for word in pair]
    return ServiceJob(name="partner", command=["./manage.py", "create_or_update_partner", *flat], minutes=10)


def _index(stack: Stack, discovery: Discovery) -> ServiceJob:
    """Makes the indexes of what the database has, which another server begins without."""
    return ServiceJob(
        name="index",
        command=["sh", "-ec", _INDEXES],
        minutes=120,
        rerun_on={"search": elasticsearch.address(NAME, discovery.search)},
    )


_INDEXES = "./manage.py install_es_indexes\n./manage.py update_index --disable-change-limit\n"
"""The second fails on a server that has no index yet. Its limit for how much an index may change is made for
thousands of courses."""
_REFRESH = [
    "sh",
    "-ec",
    "failed=0\n"
    "./manage.py refresh_course_metadata || failed=$?\n"
    f"{_INDEXES}"
    "./manage.py remove_unused_indexes\n"
    "exit $failed",
]
"""Fetches courses from the LMS, makes the indexes anew, and deletes all but the last ones. Programs that
somebody made in its admin are found even where the LMS doesn't answer."""

SERVICE = CompanionService(
    name=NAME,
    title="Course Discovery",
    summary="programs of courses, and a catalog of them",
    interface=1,
    section=Discovery,
    images={
        "verawood": "docker.io/overhangio/openedx-discovery:22.0.0",
        "ulmo": "docker.io/overhangio/openedx-discovery:21.0.1",
    },
    further_images=_further_images,
    secrets=_secrets,
    databases=lambda _stack, _discovery: [DATABASE],
    buckets=[MEDIA],
    hosts=lambda stack, discovery: {"host": host(stack, discovery)},
    conflicts=_conflicts,
    platform=_platform,
    parts=_parts,
)
"""Course Discovery."""
