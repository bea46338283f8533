"""The LMS knows mobile apps by their ids, and a browser leads back to those that sign in by one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import settings_case as case
from settings_pod import Pod

from openedx_infra.config import Stack

USER_AGENT = "Learn/org.example.learn/1.6.0"
"""As the apps send it, among other words (openedx-app-android, AppData.kt)."""


def stack(login: str = "password", **said: Any) -> Stack:
    return case.said(
        mobile={"apps": {"android": {"application_id": "org.example.learn", "login": login}}, **said}
    )


def test_requests_of_the_app_are_recognized_and_those_of_another_are_not() -> None:
    patterns = case.plain("lms", stack())["MOBILE_APP_USER_AGENT_REGEXES"]
    assert any(re.search(pattern, f"Dalvik/2.1 (Linux) {USER_AGENT}") for pattern in patterns)
    assert not any(re.search(pattern, "Learn/org-example.learn/1.6.0") for pattern in patterns)
    assert "MOBILE_APP_USER_AGENT_REGEXES" not in case.plain("cms", stack())


def test_courses_are_marked_one_by_one_unless_the_stack_file_shows_all() -> None:
    assert "DEFAULT_MOBILE_AVAILABLE" not in case.plain("lms", stack())
    for site in ("lms", "cms"):
        assert case.plain(site, stack(all_courses=True))["DEFAULT_MOBILE_AVAILABLE"] is True


@pytest.mark.parametrize("login", ["password", "browser"])
def test_only_apps_that_sign_in_by_a_browser_are_led_back_to(tmp_path: Path, login: str) -> None:
    provider = Pod(tmp_path, "lms", stack=stack(login)).loaded()["OAUTH2_PROVIDER"]
    schemes = {"ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https", "org.example.learn"]}
    own = {"REFRESH_TOKEN_EXPIRE_SECONDS": 7776000}
    assert provider == (own if login == "password" else {**own, **schemes})
