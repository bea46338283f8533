"""Mobile apps: their OAuth clients at the LMS, and what the LMS is told of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.base import Section, Switch
from openedx_infra.config.types.patterns import Pattern

ClientId = Annotated[
    str,
    Pattern(
        "id of a client",
        r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?",
        "at most 40 lower-case letters, digits and hyphens, with a letter or digit at both ends",
        "android",
    ),
]
"""Id of an app's OAuth client, which is part of the app and no secret."""

_ApplicationId = Annotated[
    str,
    Pattern(
        "id of an application",
        # It is the scheme of a URI, too (RFC 3986): no underscore, which Android would take.
        r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+",
        "two or more parts of lower-case letters, digits and hyphens, with dots between them",
        "org.example.learn",
    ),
]
"""Android's `applicationId`, or the bundle identifier of iOS."""


class MobileApp(Section):
    """An app of yours, built from openedx-app-android or openedx-app-ios."""

    application_id: _ApplicationId
    """`APPLICATION_ID` of the app: by it, the LMS recognizes requests of the app, and a browser leads back to
    it."""
    login: Literal["password", "browser"] = "password"
    """How people sign in: `password` by the app's own form, or `browser` on the LMS' page, for single sign-on
    (`BROWSER_LOGIN` of the app). A client can do one of them."""


class Mobile(Section):
    """Mobile apps for Android and iOS. Each key of `apps` is the `OAUTH_CLIENT_ID` of an app."""

    apps: dict[ClientId, MobileApp] = Field({})
    """Apps by the ids of their clients. Set-up makes the clients, and deletes those that are taken out: their
    users are signed out."""
    all_courses: Switch = False
    """Whether apps show each course that doesn't set `Mobile Course Available` itself
    (DEFAULT_MOBILE_AVAILABLE). Without it, they show those courses only that set it."""
