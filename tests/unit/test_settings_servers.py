"""The web servers' configurations do what the stack configures, and serve nothing that is private."""

from __future__ import annotations

import configparser
import re

import pytest
import settings_case as case

from openedx_infra import settings
from openedx_infra.settings import Site, upload_limit
from openedx_infra.settings.paths import MEDIA_DIR, PRIVATE_DIR, STATIC_DIR

SITES: tuple[Site, Site] = ("lms", "cms")


def uwsgi(site: Site, stack: str = "dev") -> dict[str, list[str]]:
    """Options of uWSGI; one may be given several times."""
    found: dict[str, list[str]] = {}
    text = settings.uwsgi_ini(case.stack(stack), site)
    assert text.startswith("[uwsgi]\n")
    # A second parser agrees that it is an INI file.
    configparser.ConfigParser(strict=False, interpolation=None).read_string(text)
    for line in text.splitlines()[1:]:
        if line and not line.startswith(";"):
            name, value = line.split(" = ", 1)
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("site", SITES)
def test_each_site_runs_its_own_application(site: Site) -> None:
    found = uwsgi(site)
    assert found["module"] == [f"{site}.wsgi:application"]
    assert found["http-socket"] == ["0.0.0.0:8000"]
    assert found["limit-post"] == [str(upload_limit(case.stack("dev"), site))]


def test_processes_and_threads_are_the_stack_s() -> None:
    assert (uwsgi("lms", "campus")["processes"], uwsgi("lms", "campus")["threads"]) == (["4"], ["2"])
    assert (uwsgi("cms", "campus")["processes"], uwsgi("cms", "campus")["threads"]) == (["2"], ["1"])


@pytest.mark.parametrize("site", SITES)
def test_requests_may_finish_when_the_pod_stops(site: Site) -> None:
    """Tried with uWSGI 2.0.24: with `http` instead of `http-socket`, a request under way is cut off."""
    found = uwsgi(site)
    assert found["hook-master-start"] == ["unix_signal:15 gracefully_kill_them_all"]
    assert int(found["worker-reload-mercy"][0]) >= 30
    assert "http" not in found and "harakiri" not in found


@pytest.mark.parametrize("site", SITES)
def test_only_static_and_public_files_are_served(site: Site) -> None:
    found = uwsgi(site)
    assert found["static-map"] == [f"/static={STATIC_DIR}", f"/media={MEDIA_DIR}"]
    assert found["static-skip-ext"] == [".csv"]
    assert not [value for values in found.values() for value in values if PRIVATE_DIR in value]


def caddyfile(stack: str) -> str:
    return settings.mfe_caddyfile(case.stack(stack))


@pytest.mark.parametrize("stack", list(case.SAID))
def test_configuration_of_caddy_is_as_reviewed(stack: str) -> None:
    assert caddyfile(stack) == case.reviewed(stack, "Caddyfile", caddyfile(stack))


@pytest.mark.parametrize("stack", list(case.SAID))
def test_configuration_of_uwsgi_is_as_reviewed(stack: str) -> None:
    for site in SITES:
        text = settings.uwsgi_ini(case.stack(stack), site)
        assert text == case.reviewed(stack, f"{site}.uwsgi.ini", text)


def test_braces_of_caddy_match() -> None:
    for stack in case.SAID:
        depth = 0
        for line in caddyfile(stack).splitlines():
            assert line == "" or line.startswith("\t" * (depth - line.strip().startswith("}"))), line
            depth += line.count("{") - line.count("}")
        assert depth == 0


def test_served_frontends_are_those_enabled() -> None:
    served = set(re.findall(r"root \* /openedx/dist/(\S+)", caddyfile("campus")))
    release = case.stack("campus").pinned_release
    assert served == {mfe.name for mfe in release.mfes} - {"communications", "catalog"} | {"site"}


def test_without_apps_of_the_site_there_is_no_site() -> None:
    stack = case.said(mfes={"disabled": ["instructor-dashboard", "notifications"]})
    text = settings.mfe_caddyfile(stack)
    assert "/openedx/dist/site" not in text and "respond 404" in text


def test_without_authoring_its_former_address_leads_nowhere() -> None:
    elsewhere = {"COURSE_AUTHORING_MICROFRONTEND_URL": "https://authoring.example.org"}
    stack = case.said(mfes={"disabled": ["authoring"]}, settings={"common": elsewhere})
    assert "course-authoring" in caddyfile("dev")
    assert "course-authoring" not in settings.mfe_caddyfile(stack)


def test_the_frontends_ask_the_lms_by_its_public_name() -> None:
    text = caddyfile("campus")
    assert "reverse_proxy lms:8000" in text
    assert "header_up Host learn.campus.example.org" in text
    assert "header_up X-Forwarded-Proto https" in text


def test_hashed_files_are_told_from_others() -> None:
    """The names are those that the frontends' builds give."""
    (pattern,) = re.findall(r"@hashed path_regexp (\S+)", caddyfile("dev"))
    hashed = [
        "/learning/app.0a1b2c3d4e5f60718293.js",
        "/x/123.0a1b2c3d4e5f60718293.css.map",
        "/f/a-0a1b2c3d.woff2",
    ]
    others = [
        "/index.html",
        "/learning/course/course-v1:a+b+c/home",
        "/logo.svg",
        "/runtime.js",
        "/a.min.css",
    ]
    assert all(re.search(pattern, path) for path in hashed)
    assert not any(re.search(pattern, path) for path in others)


def test_the_server_of_mfes_refuses_large_bodies() -> None:
    assert f"max_size {2**20}" in caddyfile("dev")
