"""Settings of LMS and Studio for mobile apps."""

from __future__ import annotations

import re

from openedx_infra.config import Stack
from openedx_infra.settings.merging import Settings

REDIRECT_PATH = "oauth2Callback"
"""Where the LMS' login page leads back into an app: APPLICATION_ID://oauth2Callback (openedx-app-android,
docs/how-tos/auth-using-browser.rst)."""
_OLD_APPS = "edX/org.edx.mobile"
"""What the platform takes for a mobile app by default."""


def shared(stack: Stack) -> Settings:
    """Settings of both sites."""
    return {"DEFAULT_MOBILE_AVAILABLE": True} if stack.mobile.all_courses else {}


def lms_only(stack: Stack) -> Settings:
    """Settings of the LMS. Its API for apps (ENABLE_MOBILE_REST_API) is always on."""
    apps = stack.mobile.apps.values()
    if not apps:
        return {}
    ids = sorted({app.application_id for app in apps})
    browser = sorted({app.application_id for app in apps if app.login == "browser"})
    return {
        # The apps' User-Agent has NAME/APPLICATION_ID/VERSION.
        "MOBILE_APP_USER_AGENT_REGEXES": [_OLD_APPS, *(f"/{re.escape(each)}/" for each in ids)],
        **({"OPENEDX_INFRA_REDIRECT_SCHEMES": ["http", "https", *browser]} if browser else {}),
    }
