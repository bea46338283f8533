"""Roots that the real Tutor writes become stack files that `check` calls right."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from openedx_infra.operations.imports import stack_text
from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.tutor import command, root
from openedx_infra.operations.init.questions import answers
from openedx_infra.operations.stack_files import stack_file

pytestmark = [pytest.mark.parts, pytest.mark.long]
PACKAGES = {
    "verawood": ("tutor==22.0.3", "tutor-mfe==22.1.0", *(f"tutor-{name}==22.0.0" for name in
                 ("forum", "indigo", "minio", "notes", "xqueue"))),
}  # fmt: skip
OPTIONS = {"situation": "server", "stack": "campus"}


class Tutor:
    """The real Tutor, in a virtual environment and with a root of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self._bin = folder / "root", folder / "venv" / "bin"
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        pip = [self._bin / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES["verawood"]], check=True)

    def run(self, *words: str) -> str:
        """What a command of Tutor's prints."""
        places = {"TUTOR_ROOT": str(self.root), "TUTOR_PLUGINS_ROOT": str(self.root.parent / "plugins")}
        done = subprocess.run(
            [self._bin / "tutor", *words],
            env={**os.environ, **places}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout


@pytest.fixture(scope="module")
def tutor(tmp_path_factory: pytest.TempPathFactory) -> Tutor:
    tutor = Tutor(tmp_path_factory.mktemp("tutor"))
    plugins = ("mfe", "indigo", "forum", "minio", "notes", "xqueue")
    tutor.run("plugins", "enable", *plugins)
    values = {"LMS_HOST": "learn.example.org", "ENABLE_HTTPS": "true", "LANGUAGE_CODE": "de"}
    tutor.run("config", "save", *(word for pair in values.items() for word in ("--set", "=".join(pair))))
    return tutor


@pytest.fixture(scope="module")
def draft(tutor: Tutor) -> Draft:
    return command.translated(root.read(tutor.root, tutor.root.parent / "plugins"))


def test_nothing_is_left_of_a_usual_root(draft: Draft) -> None:
    assert draft.left == []


def test_defaults_are_tutor_s_own(tutor: Tutor, draft: Draft) -> None:
    """What config.yml leaves out is what Tutor itself says."""
    for name, answer in (
        ("CMS_HOST", "studio_host"),
        ("MFE_HOST", "mfe_host"),
        ("MEILISEARCH_HOST", "search_host"),
        ("CONTACT_EMAIL", "email"),
        ("PLATFORM_NAME", "name"),
    ):
        assert tutor.run("config", "printvalue", name).strip() == draft.answers[answer]
    for name, secret in (
        ("JWT_COMMON_SECRET_KEY", "jwt_secret_key"),
        ("CMS_OAUTH2_SECRET", "studio_oauth2_secret"),
    ):
        assert tutor.run("config", "printvalue", name).strip() == draft.secrets[secret]
    host = tutor.run("config", "printvalue", "MINIO_HOST").strip()
    assert draft.sections["datastores"]["storage"]["files_host"] == host


def test_the_settings_that_data_depends_on_are_the_platform_s_own(tutor: Tutor) -> None:
    """Tutor sets none of them: else ours would be wrong."""
    written = [
        path.read_text(encoding="utf-8")
        for path in (tutor.root / "env" / "apps" / "openedx").rglob("*")
        if path.suffix in (".py", ".yml")
    ]
    assert len(written) > 5
    for name in ("PROFILE_IMAGE_HASH_SEED", "RETIRED_USER_SALTS", "FERNET_KEYS"):
        assert not any(name in text for text in written)


def test_the_stack_file_is_right(draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text(stack_text.composed(answers({**OPTIONS, **draft.answers}, None), draft), encoding="utf-8")
    file = stack_file.read("campus", path)
    assert stack_file.examined(file).problems == ()
    assert {*file.values["services"]} == {"notes", "xqueue"}
    assert not draft.left, "nothing was dropped on the way"


def test_nothing_secret_is_shown(tutor: Tutor, draft: Draft) -> None:
    config = yaml.safe_load((tutor.root / "config.yml").read_text(encoding="utf-8"))
    words = ("SECRET", "PASSWORD", "PRIVATE_KEY")
    secrets = {value for name, value in config.items() if any(word in name for word in words)}
    out = io.StringIO()
    command.show(root.read(tutor.root), draft, Console(file=out, width=200))
    assert len(secrets) > 8 and not [each for each in secrets if str(each) in out.getvalue()]
