"""The set-up of Credentials writes its site and administrators, and leaves what its admin has."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import load
from openedx_infra.services.credentials.settings import CONFIG, SITE_SCRIPT
from openedx_infra.services.credentials.settings import site as written


class _Users:
    """Its users, by name, as Django's manager has them."""

    def __init__(self, **users: SimpleNamespace) -> None:
        self.rows = dict(users)
        self.saved: list[str] = []

    def get_or_create(self, username: str, defaults: Mapping[str, Any]) -> tuple[SimpleNamespace, bool]:
        made = username not in self.rows
        return self.rows.setdefault(username, self.user(**defaults)), made

    def user(self, **fields: Any) -> SimpleNamespace:
        user = SimpleNamespace(is_staff=False, is_superuser=False, password="set", **fields)
        user.set_unusable_password = lambda: setattr(user, "password", None)
        user.save = lambda: self.saved.append(user.username)
        return user


def _set_up(monkeypatch: pytest.MonkeyPatch, folder: Path, users: _Users, **site: Any) -> dict[str, Any]:
    """Run the script of the site beside a row of it, with stand-ins; what it calls commands with."""
    row = SimpleNamespace(**site) if site else None
    rows = SimpleNamespace(
        filter=lambda site_id: SimpleNamespace(first=lambda: row if site_id == 1 else None)
    )
    called: dict[str, Any] = {}
    for name, contents in {
        "django.conf": {"settings": SimpleNamespace(SITE_ID=1, ENABLE_VERIFIABLE_CREDENTIALS=bool(site))},
        "django.core.management": {"call_command": lambda name, **options: called.update({name: options})},
        "credentials.apps.core.models": {
            "SiteConfiguration": SimpleNamespace(objects=rows),
            "User": SimpleNamespace(objects=users),
        },
    }.items():
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            monkeypatch.setitem(sys.modules, ".".join(parts[:depth]), ModuleType(parts[depth - 1]))
        vars(sys.modules[name]).update(contents)
    ada = {"name": "ada", "email": "ada@example.org"}
    said = {**LEAST, "site": {**LEAST["site"], "administrators": [ada]}}
    text = written(load("dev", said), "credentials.learn.example.org")
    (folder / "site.json").write_text(text, encoding="utf-8")
    exec(compile(SITE_SCRIPT.replace(CONFIG, str(folder)), "site.py", "exec"), {})
    return called


def test_set_up_writes_the_site_with_all_that_its_command_wants(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All arguments that create_or_update_site of Ulmo and Verawood requires, and the theme, without which it
    ends with a traceback."""
    users = _Users()
    [(command, options)] = _set_up(monkeypatch, tmp_path, users).items()
    assert command == "create_or_update_site"
    required = "site_domain site_name platform_name lms_url_root catalog_api_url tos_url privacy_policy_url"
    assert {*required.split(), "homepage_url", "company_name", "certificate_help_url"} <= options.keys()
    assert (options["site_id"], options["theme_name"]) == (1, "openedx")
    ada = users.rows["ada"]
    assert ada.is_staff and ada.is_superuser and ada.password is None and users.saved == ["ada"]


def test_set_up_leaves_what_somebody_set_in_its_admin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    users = _Users()
    ada = users.rows["ada"] = users.user(username="ada", email="ada@example.org")
    ada.is_staff = ada.is_superuser = True
    row = dict.fromkeys(("privacy_policy_url", "certificate_help_url", "records_help_url"), "")
    row |= dict.fromkeys(("segment_key", "twitter_username", "facebook_app_id"))
    row |= dict.fromkeys(("enable_facebook_sharing", "enable_twitter_sharing"), False)
    row |= {"theme_name": "campus", "tos_url": "https://example.org/tos", "enable_linkedin_sharing": True}
    called = _set_up(
        monkeypatch, tmp_path, users, catalog_api_url="https://discovery.example.org/api/v1/", **row
    )
    options = called["create_or_update_site"]
    assert (options["theme_name"], options["tos_url"]) == ("campus", "https://example.org/tos")
    assert options["enable_linkedin_sharing"] is True
    assert options["catalog_api_url"] == "https://discovery.example.org/api/v1/"
    assert users.saved == [] and ada.password == "set"
    assert "create_default_issuer" in called
