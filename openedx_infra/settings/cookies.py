"""Names, domains and attributes of all cookies of an instance, decided in one place for LMS, Studio and MFEs.

What reads which cookie was looked up in edx-platform (Ulmo to master) and frontend-platform; ADR 46 has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from openedx_infra.config import Stack
from openedx_infra.config.types.hosts import within
from openedx_infra.settings.merging import Settings

PARENT_READERS = ("SHOW_ACCOUNT_ACTIVATION_CTA", "SHOW_FOOTER_LANGUAGE_SELECTOR")
"""Switches with which the platform gives cookies that MFEs read the domain of the session's: a pop-up after
registration, and the language that is chosen at the foot of older pages."""


@dataclass(frozen=True, kw_only=True)
class Cookies:
    """The cookies of one instance."""

    secure: bool
    """Whether browsers send them over TLS alone."""
    same_site: Literal["None", "Lax"]
    """Whether browsers send them from pages of other sites, too. Courses in frames of another LMS need
    `None` for the session's and CSRF's alike, and browsers take it with `secure` only."""
    shared_domain: str
    """Domain of those that MFEs read by script: the token's readable part, user and language."""
    studio_shared_domain: str
    """The same as Studio sets them: browsers refuse a domain that its host is no part of."""
    lms_session_domain: str
    """Domain of the LMS' session, which no script reads: its own host, unless more hosts share it."""
    studio_session_domain: str
    """Domain of Studio's session: its own host."""
    lms_session: str
    """Name of the LMS' session."""
    studio_session: str
    """Name of Studio's session."""
    token: str
    """Name of the whole token, in requests alone: nobody sets it."""
    token_payload: str
    """Name of the part of the token that scripts read."""
    token_signature: str
    """Name of the rest of it, which they can't read."""
    logged_in: str
    """Name of the mark that somebody is logged in."""
    user: str
    """Name of the user's name and addresses."""
    language: str
    """Name of the chosen language."""


def cookies(stack: Stack) -> Cookies:
    """The cookies of a stack. CSRF's keep their name, which the platform's pages have written into them, and
    belong to one host each.
    """
    site = stack.site
    prefix = f"{site.cookie_prefix}-" if site.cookie_prefix else ""
    of_studio = within(site.studio_host, site.cookie_domain)
    return Cookies(
        secure=site.secure,
        same_site="None" if site.secure else "Lax",
        shared_domain=site.cookie_domain,
        studio_shared_domain=site.cookie_domain if of_studio else site.studio_host,
        lms_session_domain=_session_domain(stack),
        studio_session_domain=site.studio_host,
        lms_session=f"{prefix}sessionid",
        studio_session=f"{prefix}studio_session_id",
        token=f"{prefix}edx-jwt-cookie",
        token_payload=f"{prefix}edx-jwt-cookie-header-payload",
        token_signature=f"{prefix}edx-jwt-cookie-signature",
        logged_in=f"{prefix}edxloggedin",
        user=f"{prefix}edx-user-info",
        language=f"{prefix}openedx-language-preference",
    )


def lms_cookies(stack: Stack) -> Settings:
    """Cookies as the LMS sets them."""
    each = cookies(stack)
    return {
        **_both(each),
        "SHARED_COOKIE_DOMAIN": each.shared_domain,
        "SESSION_COOKIE_NAME": each.lms_session,
        "SESSION_COOKIE_DOMAIN": each.lms_session_domain,
        # production.py sets SESSION_COOKIE_SAMESITE of the LMS from this name.
        "DCS_SESSION_COOKIE_SAMESITE": each.same_site,
    }


def studio_cookies(stack: Stack) -> Settings:
    """Cookies as Studio sets them: its session's name is its own, as its host is usually part of the domain
    of the LMS' session.
    """
    each = cookies(stack)
    return {
        **_both(each),
        "SHARED_COOKIE_DOMAIN": each.studio_shared_domain,
        "SESSION_COOKIE_NAME": each.studio_session,
        "SESSION_COOKIE_DOMAIN": each.studio_session_domain,
    }


def mfe_cookies(stack: Stack) -> Settings:
    """Cookies as the MFEs read them, by the names of frontend-platform's configuration."""
    each = cookies(stack)
    return {
        "ACCESS_TOKEN_COOKIE_NAME": each.token_payload,
        "USER_INFO_COOKIE_NAME": each.user,
        "LANGUAGE_PREFERENCE_COOKIE_NAME": each.language,
        # Cookies that their scripts set, such as one that a page was visited.
        "SESSION_COOKIE_DOMAIN": each.shared_domain,
    }


def site_cookies(stack: Stack) -> Settings:
    """The same by the names of frontend-base's configuration."""
    each = cookies(stack)
    return {
        "accessTokenCookieName": each.token_payload,
        "userInfoCookieName": each.user,
        "languagePreferenceCookieName": each.language,
    }


def _both(each: Cookies) -> Settings:
    return {
        "BASE_COOKIE_DOMAIN": each.shared_domain,
        "SESSION_COOKIE_SECURE": each.secure,
        "SESSION_COOKIE_SAMESITE": each.same_site,
        "CSRF_COOKIE_SECURE": each.secure,
        "CSRF_COOKIE_SAMESITE": each.same_site,
        "LANGUAGE_COOKIE_NAME": each.language,
        "EDXMKTG_LOGGED_IN_COOKIE_NAME": each.logged_in,
        "EDXMKTG_USER_INFO_COOKIE_NAME": each.user,
        "JWT_AUTH": {
            "JWT_AUTH_COOKIE": each.token,
            "JWT_AUTH_COOKIE_HEADER_PAYLOAD": each.token_payload,
            "JWT_AUTH_COOKIE_SIGNATURE": each.token_signature,
        },
    }


def _session_domain(stack: Stack) -> str:
    """The LMS' host; the domain of all where hosts of the LMS, or cookies that MFEs read, need more."""
    site = stack.site
    switches = {**stack.features.flags, **stack.settings.common, **stack.settings.lms}
    if any(switches.get(name) for name in PARENT_READERS):
        return site.cookie_domain
    sharing = [host for host in site.more_hosts if within(host, site.cookie_domain)]
    if all(within(host, site.lms_host) for host in sharing):
        return site.lms_host
    return site.cookie_domain
