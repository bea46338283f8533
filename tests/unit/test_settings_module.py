"""The settings package does its work when the platform loads it.

Imported over a stand-in for the platform (tests/data/platform), which loads YAML and overwrites settings as
the platform's production.py does. Django and its file storage are real.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import settings_case as case
from settings_pod import SHOW, Pod

from openedx_infra import settings
from openedx_infra.settings import paths
from openedx_infra.settings.common import NO_PYTHON


@pytest.fixture(scope="module", params=["lms", "cms"])
def pod(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pod:
    return Pod(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def loaded(pod: Pod) -> dict[str, Any]:
    return pod.loaded()


def test_what_production_py_overwrites_is_as_said(pod: Pod, loaded: dict[str, Any]) -> None:
    said = case.whole(pod.site, case.stack())
    for name in (
        "LOGGING",
        "SEARCH_ENGINE",
        "AWS_DEFAULT_ACL",
        "AWS_BUCKET_ACL",
        "SESSION_COOKIE_SAMESITE",
        "COURSE_IMPORT_EXPORT_STORAGE",
        "COURSE_METADATA_EXPORT_STORAGE",
        "USER_TASKS_ARTIFACT_STORAGE",
    ):
        assert loaded[name] == said[name], name


def test_every_said_setting_arrives(pod: Pod, loaded: dict[str, Any]) -> None:
    added_to_by_the_platform = {"JWT_AUTH", "CACHES", "LOGIN_REDIRECT_WHITELIST", "REST_FRAMEWORK"}
    for name, value in case.whole(pod.site, case.stack()).items():
        if name not in added_to_by_the_platform:
            assert loaded[name] == value, name
    assert loaded["REST_FRAMEWORK"] == {"PAGE_SIZE": 10, "NUM_PROXIES": 0}


def test_secret_and_plain_parts_of_a_setting_meet(loaded: dict[str, Any]) -> None:
    assert loaded["DATABASES"]["default"]["PASSWORD"] == "<mysql_password>"
    assert loaded["DATABASES"]["default"]["HOST"] == "mysql"
    assert loaded["CACHES"]["default"]["OPTIONS"]["PASSWORD"] == "<cache_password>"
    assert loaded["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"
    assert loaded["CACHES"]["staticfiles"]["KEY_PREFIX"] == "verawood"
    assert loaded["BROKER_URL"] == "redis://:%3Cbroker_password%3E@broker:6379/0"
    options = loaded["BROKER_TRANSPORT_OPTIONS"]
    assert options["fanout_patterns"] is True and options["visibility_timeout"] == 14400


def test_no_default_key_is_left_in_tokens(pod: Pod, loaded: dict[str, Any]) -> None:
    auth = loaded["JWT_AUTH"]
    assert "dev key" not in json.dumps(auth) and loaded["SECRET_KEY"] == "<django_secret_key>"
    assert auth["JWT_ALGORITHM"] == "HS256"
    assert (auth["JWT_PRIVATE_SIGNING_JWK"] is not None) is (pod.site == "lms")
    assert auth["JWT_PUBLIC_SIGNING_JWK_SET"]


def test_extended_history_is_off_in_apps_and_routers(loaded: dict[str, Any]) -> None:
    assert loaded["INSTALLED_APPS"] == ["django.contrib.auth"]
    assert loaded["DATABASE_ROUTERS"] == ["edx_django_utils.db.read_replica.ReadReplicaRouter"]


def test_the_platform_still_knows_which_site_it_is(pod: Pod, loaded: dict[str, Any]) -> None:
    """Its plugin framework takes a ROOT_URLCONF other than `lms.urls` for Studio's."""
    assert loaded["ROOT_URLCONF"] == f"{pod.site}.urls"
    ours = ["lms.envs.openedx_infra.reports.deliver"] if pod.site == "lms" else []
    ours.append(f"{pod.site}.envs.openedx_infra.packages.serve")
    leaving = f"{pod.site}.envs.openedx_infra.leaving.refuse"
    assert loaded["MIDDLEWARE"] == [leaving, "platform.Middleware", *ours]


def test_code_of_problems_is_refused(loaded: dict[str, Any]) -> None:
    assert loaded["_jail"] == {"python": [NO_PYTHON, None]}
    assert not Path(NO_PYTHON).exists()


def test_the_old_way_to_read_flags_works(loaded: dict[str, Any]) -> None:
    assert loaded["_flag"] is True


def test_nothing_of_the_way_remains(pod: Pod, loaded: dict[str, Any]) -> None:
    """Neither the merged text with all secrets, nor the changed environment variable."""
    assert loaded["_environment"] == str(pod.folder / "config" / f"{pod.site}.yml")
    assert loaded["_files"] and not [name for name in loaded["_files"] if "memfd" in name]
    assert "_YAML_TOKENS" not in loaded["_names"]


def test_migrations_may_run_as_another_user(pod: Pod) -> None:
    database = pod.loaded(DB_MIGRATION_USER="migrator")["DATABASES"]["default"]
    assert (database["USER"], database["PASSWORD"]) == ("migrator", "<mysql_password>")


def test_settings_that_refer_to_secrets_have_them(tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIE: 'x' \"y\" # z\n-----END PRIVATE KEY-----\n"
    said = {
        "SOCIAL_AUTH_SAML_SP_PRIVATE_KEY": {"secret": "saml"},
        "LTI_TOOLS": [{"key": "campus", "secret": {"secret": "lti"}}, {"secret": "lti"}],
        "XQUEUE_INTERFACE": {"url": None, "django_auth": {"username": "lms", "password": {"secret": "lti"}}},
        "SEARCH_ENGINE_OF_OURS": "x",
    }
    stack = case.said(settings={"common": said})
    pod = Pod(tmp_path, "lms", stack=stack, own={"saml": key, "lti": "5"})
    assert key.splitlines()[1] not in (tmp_path / "config" / "lms.yml").read_text(encoding="utf-8")
    loaded = pod.loaded()
    assert loaded["SOCIAL_AUTH_SAML_SP_PRIVATE_KEY"] == key
    assert loaded["LTI_TOOLS"] == [{"key": "campus", "secret": "5"}, "5"], "text stays text"
    assert loaded["XQUEUE_INTERFACE"] == {"url": None, "django_auth": {"username": "lms", "password": "5"}}
    assert settings.REFERENCED not in loaded


def test_missing_secrets_are_named(pod: Pod) -> None:
    done = pod.run(SHOW, OPENEDX_SECRETS_DIR="/nonexistent")
    assert done.returncode != 0
    assert f"/nonexistent/{pod.site}.yml" in done.stderr.splitlines()[-1]


def test_events_are_alone_on_stdout(pod: Pod) -> None:
    code = """
import logging.config, os
from importlib import import_module
logging.config.dictConfig(import_module(os.environ["DJANGO_SETTINGS_MODULE"]).LOGGING)
logging.getLogger("tracking").info('{"event_type": "play_video"}')
logging.getLogger("lms.something").warning("careful")
logging.getLogger("urllib3.connectionpool").info("one more connection")
"""
    done = pod.run(code)
    assert done.stdout == '{"event_type": "play_video"}\n'
    (line,) = done.stderr.splitlines()
    assert (
        f"[service={pod.site}]" in line and "[user 7] [ip 192.0.2.1]" in line and line.endswith("- careful")
    )


def test_studio_s_artifacts_are_private_and_made_without_arguments(tmp_path: Path) -> None:
    code = """
import django.conf
from importlib import import_module
django.conf.settings.configure(MEDIA_ROOT="/media", MEDIA_URL="/media/")
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
storage = import_module("cms.envs.openedx_infra.storages").ArtifactStorage()
assert isinstance(storage, FileSystemStorage)
name = storage.save("olx_export/course.tar.gz", ContentFile(b"course"))
print(storage.path(name))
"""
    pod = Pod(tmp_path, "cms")
    done = pod.run(code)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip())
    assert path == tmp_path / "private" / "artifacts" / "olx_export" / "course.tar.gz"
    assert path.read_bytes() == b"course"


REPORTS = """
import json, os
import django, django.conf
from django.core.files.base import ContentFile
django.conf.settings.configure(
    SECRET_KEY="k", ROOT_URLCONF="lms.urls", ALLOWED_HOSTS=["*"], LOGIN_URL="/login",
    MEDIA_URL="/media/", LMS_ROOT_URL="http://learn.example",
    MIDDLEWARE=["__main__.who", "lms.envs.openedx_infra.reports.deliver"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
)
class User:
    is_authenticated = True
    def __init__(self, pk): self.pk = pk
class Nobody:
    is_authenticated, pk = False, None
users = {"1": User(1), "2": User(2), "": Nobody()}
def who(get_response):
    def middleware(request):
        request.user = users[request.headers.get("X-User", "")]
        return get_response(request)
    return middleware
django.setup()
import crum
from django.test import Client
from lms.envs.openedx_infra.storages import ReportStorage
store = ReportStorage(location=os.environ["REPORTS"])
store.save("c0ffee/grades.csv", ContentFile(b"name,grade"))
crum.current = users["1"]
url = store.url("c0ffee/grades.csv")
crum.current = None
public = store.url("c0ffee/grades.csv")
client = Client()
def get(url, user):
    response = client.get(url.removeprefix("http://learn.example"), headers={"X-User": user})
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return [response.status_code, body.decode(), {**response.headers}]
from unittest.mock import patch
import time
later = time.time() + 3700
outcome = {
    "url": url,
    "owner": get(url, "1"),
    "other": get(url, "2"),
    "anonymous": get(url, ""),
    "tampered": get(url[:-3] + "xx/", "1"),
    "for nobody": get(public, "2"),
    "home": get("/", "1"),
}
with patch("time.time", lambda: later):
    outcome["late"] = get(url, "1")
store.delete("c0ffee/grades.csv")
outcome["gone"] = get(url, "1")
print(json.dumps(outcome))
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pod = Pod(tmp_path_factory.mktemp("reports"), "lms")
    done = pod.run(REPORTS, REPORTS=str(pod.folder / "reports"))
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def test_a_report_is_sent_to_the_person_whose_address_it_is(reports: dict[str, Any]) -> None:
    assert reports["url"].startswith("http://learn.example/private-reports/")
    status, body, headers = reports["owner"]
    assert (status, body) == (200, "name,grade")
    assert headers["Content-Disposition"] == 'attachment; filename="grades.csv"'
    assert headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("case_", ["other", "tampered", "for nobody", "gone", "late"])
def test_a_report_is_sent_to_nobody_else(reports: dict[str, Any], case_: str) -> None:
    status, body, _ = reports[case_]
    assert (status, body) == (404, "the platform's own page")


def test_who_is_not_logged_in_is_asked_to(reports: dict[str, Any]) -> None:
    status, _, headers = reports["anonymous"]
    assert status == 302 and headers["Location"].startswith("/login?next=/private-reports/")


def test_the_platform_s_own_addresses_remain(reports: dict[str, Any]) -> None:
    assert reports["home"][:2] == [200, "home"]


def test_paths_in_the_package_are_the_mounted_ones() -> None:
    for site in ("lms", "cms"):
        assert (
            f'PRIVATE_DIR = "{paths.PRIVATE_DIR}"' in settings.module_files(site, case.stack())["storages.py"]
        )
        assert (
            f'SECRETS_DIR = "{paths.SECRETS_DIR}"' in settings.module_files(site, case.stack())["loading.py"]
        )


ASK_CELERY = """
import json
from celery import Celery
app = Celery("proj")
app.config_from_object("django.conf:settings")
names = ("task_acks_late", "task_reject_on_worker_lost", "broker_connection_retry_on_startup",
         "broker_connection_max_retries", "worker_cancel_long_running_tasks_on_connection_loss",
         "broker_transport_options")
known = {name: getattr(app.conf, name) for name in names}
@app.task
def task():
    pass
print(json.dumps({**known, "request": task.Request}))
"""


def test_celery_reads_what_it_is_told(pod: Pod) -> None:
    """Names that it does not know it passes over in silence (mitodl/ol-infrastructure #5404)."""
    done = pod.run(ASK_CELERY)
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    assert known.pop("broker_transport_options")["socket_timeout"] == 30
    assert known == {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "request": f"{pod.site}.envs.openedx_infra.tasks:Request",
    }


WATCH = """
import os, sys
import django
from django.conf import settings
settings.SECRET_KEY
import threading
print(sorted(thread.name for thread in threading.enumerate()), os.environ.get("OPENEDX_ALIVE_FILE"))
"""


def test_only_who_is_told_to_shows_that_it_is_alive(pod: Pod, tmp_path: Path) -> None:
    quiet = pod.run(WATCH)
    assert quiet.stdout.strip() == "['MainThread'] None", quiet.stderr
    file = tmp_path / "alive"
    told = pod.run(WATCH, OPENEDX_ALIVE_FILE=str(file))
    assert told.stdout.strip() == "['MainThread', 'alive'] None", "children don't inherit it"
    assert file.exists()
