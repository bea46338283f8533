"""What the settings of a development instance change, by the function that runs in the platform."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from openedx_infra.settings import modules

DJANGO = "django.template.backends.django.DjangoTemplates"
FILES = "django.template.loaders.filesystem.Loader"
CACHED = "django.template.loaders.cached.Loader"
APPS = "django.template.loaders.app_directories.Loader"


def developed(eager_tasks: bool = False, toolbar: bool = False, **settings: Any) -> dict[str, Any]:
    """Settings after the function."""
    file = Path(modules.__file__).parent / "platform/development.py"
    runpy.run_path(str(file))["develop"](settings, eager_tasks=eager_tasks, toolbar=toolbar)
    return settings


def loaders(**engine: Any) -> Any:
    [template] = developed(TEMPLATES=[{"BACKEND": DJANGO, **engine}])["TEMPLATES"]
    assert "APP_DIRS" not in template or not template["APP_DIRS"], "Django refuses both"
    return template["OPTIONS"]["loaders"]


def test_templates_are_read_anew_for_each_page() -> None:
    assert loaders() == [FILES]
    assert loaders(APP_DIRS=True) == [FILES, APPS]
    assert loaders(OPTIONS={"loaders": [FILES, APPS]}) == [FILES, APPS]
    assert loaders(OPTIONS={"loaders": [(CACHED, [FILES, (CACHED, [APPS])])]}) == [FILES, APPS]
    with_arguments = (FILES, ["/themes"])
    assert loaders(OPTIONS={"loaders": [with_arguments]}) == [with_arguments]


def test_mako_is_left_alone() -> None:
    mako = {"BACKEND": "common.djangoapps.edxmako.backend.Mako", "APP_DIRS": False, "OPTIONS": {}}
    assert developed(TEMPLATES=[dict(mako)])["TEMPLATES"] == [mako]


def test_errors_are_shown_and_tasks_run_at_once_where_asked_for() -> None:
    assert developed() == {"DEBUG": True, "CELERY_REDIRECT_STDOUTS": False}
    eager = developed(eager_tasks=True)
    assert eager["CELERY_ALWAYS_EAGER"] is True and eager["CELERY_EAGER_PROPAGATES_EXCEPTIONS"] is True


def test_the_toolbar_is_on_each_page_where_it_is_asked_for() -> None:
    lists = {"INSTALLED_APPS": ["a"], "MIDDLEWARE": ["m"]}
    assert developed(**lists) == {**developed(), **lists}
    settings = developed(toolbar=True, **lists, DEBUG_TOOLBAR_CONFIG={"RESULTS_CACHE_SIZE": 5})
    assert settings["INSTALLED_APPS"] == ["a", "debug_toolbar"]
    assert settings["MIDDLEWARE"] == ["m", "debug_toolbar.middleware.DebugToolbarMiddleware"]
    config = settings["DEBUG_TOOLBAR_CONFIG"]
    assert config["RESULTS_CACHE_SIZE"] == 5
    assert config["SHOW_TOOLBAR_CALLBACK"](None) is True
    assert lists == {"INSTALLED_APPS": ["a"], "MIDDLEWARE": ["m"]}, (
        "the platform's own lists are as they were"
    )
    again = developed(toolbar=True, **{key: settings[key] for key in lists})
    assert [again[key] for key in lists] == [settings[key] for key in lists], "a fork may have it already"
