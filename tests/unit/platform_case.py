"""The stand-in platform of the containers' tests, on a database of one file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from exec_server import ExecServer

from openedx_infra import scripts
from openedx_infra.operations.errors import OperationError

TESTS = Path(__file__).parents[1]
_SETTINGS = """
from pathlib import Path
HERE = Path(__file__).parent
SECRET_KEY = "x" * 50
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "database"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sites",
    "openedx.standin",
]
OAUTH2_PROVIDER_APPLICATION_MODEL = "auth.Group"
ROOT_URLCONF = "unit_urls"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SITE_ID, SITE_NAME, PLATFORM_NAME = 1, "learn.example.org", "Example University"
LMS_ROOT_URL = "https://learn.example.org"
AUTHN_MICROFRONTEND_DOMAIN = "apps.example.org/authn"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = HERE / "mail"
PASSWORD_RESET_TIMEOUT = 259200
USE_TZ = True
LOGGING_CONFIG = None
# What the platform prints while it is loaded, as libraries of its own do.
print("The platform greets you.")
"""
_URLS = """
from django.urls import re_path
pattern = r"^password_reset_confirm/(?P<uidb36>[0-9A-Za-z]+)-(?P<token>.+)/$"
urlpatterns = [re_path(pattern, lambda *_, **__: None, name="password_reset_confirm")]
"""
_LOOP = """
import contextlib, io, json, os, sys
scope = {}
exec(os.environ["SCRIPT"], scope)
for line in sys.stdin:
    asked = json.loads(line)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            if "program" in asked:
                done = exec(asked["program"], scope)
            else:
                done = scope["ACTIONS"][asked["action"]](**asked["request"])
        answer = {"done": done, "printed": printed.getvalue()}
    except scope["Refused"] as refusal:
        answer = {"refused": str(refusal)}
    print("ANSWER" + json.dumps(answer, default=str), flush=True)
"""
_OAUTH = """
class Tokens:
    class objects:
        @staticmethod
        def filter(user):
            return type("Query", (), {"delete": staticmethod(lambda: print("tokens end of", user))})
get_access_token_model = get_grant_model = get_refresh_token_model = lambda: Tokens
"""


class PlatformCase:
    """One platform in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        without = shutil.ignore_patterns("__pycache__")
        shutil.copytree(TESTS / "images" / "standin" / "edx-platform", folder, ignore=without)
        shutil.copytree(TESTS / "containers" / "platform", folder, ignore=without, dirs_exist_ok=True)
        shutil.copy(TESTS / "data" / "platform" / "crum.py", folder)
        (folder / "unit_settings.py").write_text(_SETTINGS)
        (folder / "unit_urls.py").write_text(_URLS)
        (folder / "oauth2_provider").mkdir()
        (folder / "oauth2_provider" / "models.py").write_text(_OAUTH)
        (folder / "manage.py").chmod(0o755)
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "unit_settings",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        subprocess.run(
            ["./manage.py", "lms", "migrate", "-v", "0"], cwd=folder, env=self.environment, check=True
        )

        self._process: subprocess.Popen[str] | None = None

    def server(self) -> ExecServer:
        """What runs processes in it, as in a container of it."""
        return ExecServer(folder=self.folder, environment=self.environment)

    def ask(self, action: str, **request: Any) -> Any:
        """The answer of the script about users, which raises OperationError as a verb does."""
        answer = self._answer({"action": action, "request": request})
        if "refused" in answer:
            raise OperationError(answer["refused"])
        return answer["done"]

    def shell(self, program: str) -> str:
        """What a program prints that has the script's names."""
        printed: str = self._answer({"program": program})["printed"]
        return printed

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask one process again and again, as the platform takes long to load."""
        if self._process is None:
            self._process = subprocess.Popen(
                ["./manage.py", "lms", "shell", "-v", "0", "-c", _LOOP],
                cwd=self.folder,
                env=self.environment | {"SCRIPT": scripts.text(scripts.PLATFORM_USERS)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("ANSWER"):
                answer: dict[str, Any] = json.loads(line.removeprefix("ANSWER"))
                return answer
        raise AssertionError("the platform ended")

    def close(self) -> None:
        """End the process that is asked."""
        if self._process is not None:
            self._process.communicate()

    def mails(self) -> list[str]:
        """All mails that were sent, and forget them."""
        folder = self.folder / "mail"
        texts = [path.read_text() for path in sorted(folder.iterdir())] if folder.is_dir() else []
        shutil.rmtree(folder, ignore_errors=True)
        return texts
