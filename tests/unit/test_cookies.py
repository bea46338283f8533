"""Cookies of LMS, Studio and MFEs fit each other, and browsers take them."""

from __future__ import annotations

from typing import Any

import pytest
import settings_case as case
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.types.hosts import within
from openedx_infra.settings.cookies import PARENT_READERS

SIBLINGS = {
    "lms_host": "learn.example.org",
    "studio_host": "studio.example.org",
    "mfe_host": "apps.example.org",
    "search_host": "search.example.org",
}
STAGING = {key: host.replace(".", "-staging.", 1) for key, host in SIBLINGS.items()}
TLS = {"source": "upstream"}


def site_stack(site: dict[str, Any], **sections: Any) -> Stack:
    """A stack of this site."""
    return load("campus", {"site": site, **sections})


def cookies_of(site: str, stack: Stack) -> dict[str, tuple[str, str]]:
    """The cookies that a site sets, by what they are for: their names and domains."""
    found = case.plain("lms" if site == "lms" else "cms", stack)
    shared = found["SHARED_COOKIE_DOMAIN"]
    return {
        "session": (found["SESSION_COOKIE_NAME"], found["SESSION_COOKIE_DOMAIN"]),
        "language": (found["LANGUAGE_COOKIE_NAME"], shared),
        "payload": (found["JWT_AUTH"]["JWT_AUTH_COOKIE_HEADER_PAYLOAD"], shared),
        "signature": (found["JWT_AUTH"]["JWT_AUTH_COOKIE_SIGNATURE"], shared),
        "user": (found["EDXMKTG_USER_INFO_COOKIE_NAME"], shared),
        "logged_in": (found["EDXMKTG_LOGGED_IN_COOKIE_NAME"], shared),
    }


@pytest.mark.parametrize("tls", [None, TLS], ids=["plain", "tls"])
@pytest.mark.parametrize("site", ["lms", "cms"])
def test_session_and_csrf_have_the_same_attributes(site: Any, tls: dict[str, str] | None) -> None:
    """A page in another LMS' frame that sends one alone is refused (ol-infrastructure#3523)."""
    found = case.plain(site, site_stack({**SIBLINGS, **({"tls": tls} if tls else {})}))
    secure, same_site = (True, "None") if tls else (False, "Lax")
    for cookie in ("SESSION", "CSRF"):
        assert (found[f"{cookie}_COOKIE_SECURE"], found[f"{cookie}_COOKIE_SAMESITE"]) == (secure, same_site)
    if site == "lms":
        assert found["DCS_SESSION_COOKIE_SAMESITE"] == same_site


LABELS = st.sampled_from(["learn", "www", "a", "b", "studio", "apps"])
HOSTS = st.lists(LABELS, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example.org"]))


@hypothesis(max_examples=60, deadline=None)
@given(
    hosts=st.lists(HOSTS, min_size=3, max_size=6, unique=True),
    prefix=st.none() | st.just("campus"),
    flag=st.none() | st.sampled_from(PARENT_READERS),
)
def test_browsers_take_every_cookie_and_mfes_read_what_the_lms_sets(
    hosts: list[str], prefix: str | None, flag: str | None
) -> None:
    lms, studio, mfe, *more = hosts
    said = {
        "lms_host": lms,
        "studio_host": studio,
        "mfe_host": mfe,
        "more_hosts": more,
        "cookie_prefix": prefix,
    }
    try:
        stack = site_stack(said, features={"flags": {flag: True} if flag else {}})
    except ConfigError:
        return  # one of the defaults for other hosts is among these
    for site, host in (("lms", lms), ("cms", studio)):
        for name, domain in cookies_of(site, stack).values():
            assert within(host, domain)
            assert name.startswith(f"{prefix}-" if prefix else "")
    of_lms, of_studio = cookies_of("lms", stack), cookies_of("cms", stack)
    assert of_lms["session"][0] != of_studio["session"][0]
    for kind in ("language", "payload", "signature", "user", "logged_in"):
        assert of_lms[kind][0] == of_studio[kind][0]
        assert within(mfe, of_lms[kind][1])
    config = case.plain("lms", stack)["MFE_CONFIG"]
    assert config["ACCESS_TOKEN_COOKIE_NAME"] == of_lms["payload"][0]
    assert config["USER_INFO_COOKIE_NAME"] == of_lms["user"][0]
    assert config["LANGUAGE_PREFERENCE_COOKIE_NAME"] == of_lms["language"][0]
    assert config["SESSION_COOKIE_DOMAIN"] == of_lms["language"][1]
    assert len({name for name, _ in of_lms.values()}) == len(of_lms)
    # Whoever is signed in is so at each further host that browsers can be told of.
    for host in more:
        if within(host, stack.site.cookie_domain):
            assert within(host, of_lms["session"][1])


def test_the_session_goes_to_the_lms_alone() -> None:
    assert cookies_of("lms", site_stack(SIBLINGS))["session"] == ("sessionid", "learn.example.org")
    assert cookies_of("lms", site_stack(SIBLINGS))["payload"][1] == "example.org"
    assert cookies_of("cms", site_stack(SIBLINGS))["session"] == ("studio_session_id", "studio.example.org")


@pytest.mark.parametrize("flag", PARENT_READERS)
@pytest.mark.parametrize("place", ["flags", "common", "lms"])
def test_unless_the_platform_gives_its_domain_to_cookies_that_mfes_read(flag: str, place: str) -> None:
    said = {"features": {"flags": {flag: True}}} if place == "flags" else {"settings": {place: {flag: True}}}
    assert cookies_of("lms", site_stack(SIBLINGS, **said))["session"][1] == "example.org"


def test_the_session_goes_to_further_hosts_of_the_lms_that_it_can_reach() -> None:
    beyond = site_stack({**SIBLINGS, "more_hosts": ["www.example.org", "tenant.example.net"]})
    assert cookies_of("lms", beyond)["session"][1] == "example.org"
    below = site_stack({**SIBLINGS, "more_hosts": ["www.learn.example.org", "tenant.example.net"]})
    assert cookies_of("lms", below)["session"][1] == "learn.example.org"


def test_studio_elsewhere_sets_its_language_for_itself() -> None:
    stack = site_stack({**SIBLINGS, "studio_host": "studio.example.net"})
    assert cookies_of("cms", stack)["language"][1] == "studio.example.net"
    assert cookies_of("lms", stack)["language"][1] == "example.org"


def test_a_prefix_keeps_two_instances_under_one_domain_apart() -> None:
    def clashes(first: Stack, second: Stack) -> set[str]:
        """Cookies of two stacks that one browser sends to a host of either under one name."""
        return {
            name
            for name, domain in (*cookies_of("lms", first).values(), *cookies_of("cms", first).values())
            for other, of_other in (*cookies_of("lms", second).values(), *cookies_of("cms", second).values())
            if name == other and (within(domain, of_other) or within(of_other, domain))
        }

    production, staging = site_stack(SIBLINGS), site_stack(STAGING)
    assert "edx-jwt-cookie-header-payload" in clashes(production, staging)
    assert "sessionid" not in clashes(production, staging)
    assert clashes(production, site_stack({**STAGING, "cookie_prefix": "staging"})) == set()
