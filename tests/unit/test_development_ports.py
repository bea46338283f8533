"""A development instance at ports of one's choice: every address has the port, and no host has it."""

from __future__ import annotations

import pytest
import settings_case as case

from openedx_infra.config import Stack, load
from openedx_infra.config.rules import hosts

PORTS = {"ports": {"http": 8080, "https": 8443}}
LMS, STUDIO, MFE = (f"http://{name}local.openedx.io:8080" for name in ("", "studio.", "apps."))


@pytest.fixture(scope="module")
def stack() -> Stack:
    return case.said(development=PORTS, datastores={"protect": False})


def test_lms_and_studio_name_each_other_with_the_port(stack: Stack) -> None:
    for site in ("lms", "studio"):
        settings = case.plain(site, stack)
        assert (settings["LMS_ROOT_URL"], settings["CMS_ROOT_URL"]) == (LMS, STUDIO)
        assert settings["LMS_BASE"] == "local.openedx.io:8080"
        assert settings["CMS_BASE"] == "studio.local.openedx.io:8080"


def test_browsers_send_origins_with_the_port_and_they_are_trusted(stack: Stack) -> None:
    settings = case.plain("lms", stack)
    for name in ("CORS_ORIGIN_WHITELIST", "CSRF_TRUSTED_ORIGINS"):
        assert {LMS, MFE} <= set(settings[name])
        assert all(origin.endswith(":8080") for origin in settings[name])
    assert "apps.local.openedx.io:8080" in settings["LOGIN_REDIRECT_WHITELIST"]


def test_hosts_and_cookies_have_no_port(stack: Stack) -> None:
    """Django takes it off before it compares, and browsers refuse cookies of a domain with one."""
    for site in ("lms", "studio"):
        settings = case.plain(site, stack)
        assert not [host for host in settings["ALLOWED_HOSTS"] if ":" in host]
        assert ":" not in settings["SESSION_COOKIE_DOMAIN"] + settings["SHARED_COOKIE_DOMAIN"]


def test_frontends_find_everything_at_the_port(stack: Stack) -> None:
    settings = case.plain("lms", stack)
    assert settings["LEARNING_MICROFRONTEND_URL"] == f"{MFE}/learning"
    assert settings["AUTHN_MICROFRONTEND_DOMAIN"] == "apps.local.openedx.io:8080/authn"
    assert settings["MFE_CONFIG"]["LMS_BASE_URL"] == LMS
    assert settings["MFE_CONFIG"]["BASE_URL"] == "apps.local.openedx.io:8080"


@pytest.mark.parametrize("ports", [{}, {"ports": {"https": 8443}}])
def test_the_usual_port_is_in_no_address(ports: dict[str, dict[str, int]]) -> None:
    stack = case.said(development=ports, datastores={"protect": False})
    assert stack.site.lms_url == "http://local.openedx.io"
    assert case.plain("lms", stack) == case.plain("lms", case.stack())


def test_a_neighbour_at_another_port_would_share_cookies_and_a_note_says_so(stack: Stack) -> None:
    assert any("cookies know no ports" in note for note in hosts.notes(stack))
    site = {"lms_host": "local.openedx.io", "cookie_prefix": "second"}
    apart = load("dev", {"site": site, "development": PORTS, "datastores": {"protect": False}})
    assert not any("cookies know no ports" in note for note in hosts.notes(apart))
