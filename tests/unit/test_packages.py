"""Packages of H5P in a bucket are served by the site itself, and run no script in its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import settings_case as case
import settings_elsewhere as elsewhere
from settings_pod import Pod

from openedx_infra.settings.connections import Buckets, Connections

BUCKETS = next(
    each
    for each in vars(elsewhere).values()
    if isinstance(each, Connections) and isinstance(each.storage, Buckets)
)
SERVED = """
import json, os
import django, django.conf
from django.core.files.base import ContentFile
folder = {"location": os.environ["FILES"]}
files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": folder}
django.conf.settings.configure(
    SECRET_KEY="k", ROOT_URLCONF="lms.urls", ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["lms.envs.openedx_infra.packages.serve"],
    STORAGES={"default": files, **({"h5pxblock_storage": files} if os.environ["BUCKET"] else {})},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
)
django.setup()
from django.core.files.storage import default_storage
from django.test import Client
for name in ("h5pxblockmedia/org/x/h5p.json", "h5pxblockmedia/org/x/page.html", "secret.txt"):
    default_storage.save(name, ContentFile(b"0123456789"))
def ask(path, method="get", **headers):
    response = getattr(Client(), method)(path, headers=headers)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return [response.status_code, body.decode(), {**response.headers}]
base = "/packages/h5pxblockmedia/org/x/"
print(json.dumps({
    "json": ask(base + "h5p.json"),
    "page": ask(base + "page.html"),
    "part": ask(base + "h5p.json", Range="bytes=2-4"),
    "rest": ask(base + "h5p.json", Range="bytes=7-"),
    "nonsense": ask(base + "h5p.json", Range="bytes=99-"),
    "posted": ask(base + "h5p.json", "post"),
    "none": ask(base + "other.json"),
    "above": ask("/packages/h5pxblockmedia/../secret.txt"),
    "beside": ask("/packages/secret.txt"),
    "home": ask("/"),
}))
"""


def served(folder: Path, bucket: str) -> dict[str, Any]:
    pod = Pod(folder, "lms")
    done = pod.run(SERVED, FILES=str(folder / "files"), BUCKET=bucket)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return served(tmp_path_factory.mktemp("packages"), "yes")


def test_a_file_is_served_and_runs_no_script_by_itself(answers: dict[str, Any]) -> None:
    for name, kind in (("json", "application/json"), ("page", "text/html")):
        status, body, headers = answers[name]
        assert (status, body, headers["Content-Type"]) == (200, "0123456789", kind)
        assert headers["Content-Security-Policy"] == "sandbox"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_players_of_media_get_parts(answers: dict[str, Any]) -> None:
    assert answers["part"][:2] == [206, "234"] and answers["rest"][:2] == [206, "789"]
    assert answers["part"][2]["Content-Range"] == "bytes 2-4/10"
    assert answers["nonsense"][:2] == [200, "0123456789"]


def test_nothing_else_of_the_bucket_is_served(answers: dict[str, Any]) -> None:
    assert answers["posted"][0] == 405 and answers["none"][0] == 404 and answers["above"][0] == 404
    assert answers["beside"][:2] == [404, "the platform's own page"]
    assert answers["home"][:2] == [200, "home"]


def test_without_a_bucket_the_platform_answers(tmp_path: Path) -> None:
    assert served(tmp_path, "")["json"][:2] == [404, "the platform's own page"]


@pytest.mark.parametrize("site", ["lms", "cms"])
def test_players_find_them_at_the_site_without_a_signature(site: Any) -> None:
    stack = case.stack()
    found = case.plain(site, stack, BUCKETS)["STORAGES"]["h5pxblock_storage"]
    root = stack.site.lms_url if site == "lms" else stack.site.studio_url
    assert found["BACKEND"] == f"{site}.envs.openedx_infra.buckets.Packages"
    assert found["OPTIONS"] == {
        "bucket_name": case.plain(site, stack, BUCKETS)["AWS_STORAGE_BUCKET_NAME"],
        "location": "packages",
        "file_overwrite": True,
        "served_at": f"{root}/packages/",
    }


def test_a_storage_of_the_operator_s_and_volumes_have_none() -> None:
    own = case.said(settings={"common": {"H5PXBLOCK_STORAGE": {"storage_class": "mine.Storage"}}})
    assert "h5pxblock_storage" not in case.plain("lms", own, BUCKETS)["STORAGES"]
    assert "h5pxblock_storage" not in case.plain("lms", case.stack())["STORAGES"]
