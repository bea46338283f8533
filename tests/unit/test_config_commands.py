"""`config get`, `config set` and `themes` show and change what counts, and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from exec_server import ExecServer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from openedx_infra.config import ConfigError
from openedx_infra.config.errors.key_paths import key_of, location_of
from openedx_infra.operations.configuration import change, commands, themes
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file

TEXT = """\
# Campus. Ask the office before you change it.
config:
  openedx:site:
    name: Campus   # on every page
    lms_host: learn.example.org
  openedx:sizing:
    profile: medium
    lms: {memory: 3Gi}
  # Off for now.
  openedx:features:
    flags: {ENABLE_DISCUSSION_SERVICE: false}
  openedx:settings:
    common: {TIME_ZONE_DISPLAYED_FOR_DEADLINES: Europe/Zurich}
    lms: {PLATFORM_FACEBOOK_ACCOUNT: CHANGEME}
  openedx:datastores:
    storage: {source: volumes, access_mode: ReadWriteMany}
  openedx:secrets:
    mysql_password: {secure: v1:hidden}
"""

Get = Callable[..., tuple[str, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def get(path: Path, capsys: pytest.CaptureFixture[str]) -> Get:
    def run(key: str, *, as_json: bool = False) -> tuple[str, str]:
        output, notes = io.StringIO(), io.StringIO()
        consoles = [Console(file=out, width=200) for out in (output, notes)]
        commands.get("campus", path, key, *consoles, as_json=as_json)
        return (output.getvalue() + capsys.readouterr().out).rstrip("\n"), notes.getvalue().strip()

    return run


def put(path: Path, key: str, value: str) -> str:
    output = io.StringIO()
    console = Console(file=output, width=400)
    commands.set_value("campus", path, key, value, console, console)
    return output.getvalue()


@given(st.lists(st.text(min_size=1)), st.lists(st.integers(0, 99)))
def test_a_key_is_read_back_as_it_is_written(names: list[str], indexes: list[int]) -> None:
    location = ("settings", *indexes, *names)
    assert location_of(key_of(location)) == location


@pytest.mark.parametrize("key", ["", "openedx:", "site..name", "site.", "a b", "aws:region", "overrides[x]"])
def test_what_is_no_key_is_refused_with_the_rule(get: Get, key: str) -> None:
    with pytest.raises(OperationError, match="is no key: write names with dots"):
        get(key)


@pytest.mark.parametrize(
    ("key", "value", "origin"),
    [
        ("site.name", "Campus", "Pulumi.campus.yaml, line 4"),
        ("openedx:site.studio_host", "studio.learn.example.org", "default"),
        ("cluster.namespace", "openedx-campus", "default, from the stack's name"),
        ("sizing.lms.memory", "3Gi", "Pulumi.campus.yaml, line 8"),
        ("sizing.lms.autoscaling.max", "6", "profile medium"),
        ("sizing.lms.cpu_limit", "null", "default"),
        ("settings.lms.PLATFORM_FACEBOOK_ACCOUNT", "CHANGEME", "Pulumi.campus.yaml, line 14"),
        ("secrets.mysql_password", "[secret]", "Pulumi.campus.yaml, line 18"),
        ("lms.PLATFORM_NAME", "Campus", "set by the program"),
        ("studio.CMS_BASE", "studio.learn.example.org", "computed from openedx:site.studio_host"),
        ("lms.SECRET_KEY", "[secret]", "computed from the secret `django_secret_key`"),
        ("cms.ENABLE_DISCUSSION_SERVICE", "false", "Pulumi.campus.yaml, line 11 (openedx:features.flags)"),
        (
            "studio.TIME_ZONE_DISPLAYED_FOR_DEADLINES",
            "Europe/Zurich",
            "Pulumi.campus.yaml, line 13 (openedx:settings.common)",
        ),
        ("lms.DATABASES.default.PASSWORD", "[secret]", "computed from openedx:datastores.mysql"),
    ],
)
def test_a_value_is_printed_alone_and_its_origin_beside(get: Get, key: str, value: str, origin: str) -> None:
    assert get(key) == (value, f"from: {origin}")
    [row] = json.loads(get(key, as_json=True)[0])
    assert row["from"] == origin


MERGED = """\
config:
  openedx:site: {name: Campus, lms_host: learn.example.org}
  openedx:settings:
    modules: {studio: FOLDER/studio.py}
    common:
      ALLOWED_HOSTS: [of-both.example.org]
      CELERY_BROKER_TRANSPORT_OPTIONS: {max_retries: 3}
    lms: {ALLOWED_HOSTS: [of-lms.example.org]}
"""


@pytest.mark.parametrize(
    ("key", "values", "origins"),
    [
        (
            "lms.ALLOWED_HOSTS",
            ["learn.example.org", "of-both.example.org", "of-lms.example.org"],
            [
                "set by the program (openedx:site.more_hosts)",
                "Pulumi.campus.yaml, line 6 (openedx:settings.common)",
                "Pulumi.campus.yaml, line 8 (openedx:settings.lms)",
            ],
        ),
        (
            "studio.ALLOWED_HOSTS",
            ["studio.learn.example.org", "of-both.example.org"],
            [
                "set by the program (openedx:site.more_hosts)",
                "Pulumi.campus.yaml, line 6 (openedx:settings.common)",
                "FOLDER/studio.py runs after it (openedx:settings.modules.studio)",
            ],
        ),
        (
            "lms.CELERY_BROKER_TRANSPORT_OPTIONS",
            ["visibility_timeout", "max_retries"],
            [
                "set by the program (openedx:datastores.broker)",
                "Pulumi.campus.yaml, line 7 (openedx:settings.common)",
            ],
        ),
        (
            "lms.CELERY_BROKER_TRANSPORT_OPTIONS.max_retries",
            ["3"],
            ["Pulumi.campus.yaml, line 7 (openedx:settings.common)"],
        ),
        (
            "lms.CELERY_BROKER_TRANSPORT_OPTIONS.visibility_timeout",
            [""],
            ["set by the program (openedx:datastores.broker)"],
        ),
    ],
)
def test_what_is_put_together_is_shown_whole_with_all_its_origins(
    get: Get, path: Path, key: str, values: list[str], origins: list[str]
) -> None:
    path.write_text(MERGED.replace("FOLDER", str(path.parent)), encoding="utf-8")
    path.with_name("studio.py").write_text("", encoding="utf-8")
    text, origin = get(key)
    assert [value for value in values if value not in text] == []
    assert origin.replace(str(path.parent), "FOLDER") == f"from: {'; '.join(origins)}"


def test_an_image_that_is_not_set_is_the_release_s(get: Get) -> None:
    value, origin = get("images.openedx")
    assert value.startswith("docker.io/overhangio/openedx:")
    assert origin.startswith("from: release ")


def test_a_section_is_yaml_with_origins(get: Get) -> None:
    text, _ = get("sizing.lms")
    assert "memory: 3Gi # Pulumi.campus.yaml, line 8" in " ".join(text.split(" ")).replace("  #", " #")
    assert "max: 6" in text
    assert "# profile medium" in text


def test_secrets_are_never_shown(get: Get) -> None:
    for key in ("secrets", "lms.JWT_AUTH", "lms.DATABASES"):
        text, _ = get(key)
        assert "v1:hidden" not in text
        assert "[secret]" in text


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("site.nme", "did you mean `name`?"),
        ("sit", "did you mean `site`?"),
        ("site.name.x", "openedx:site.name has nothing under it"),
        ("secrets.absent", "secrets list --stack campus"),
        ("lms.PLATFORM_NAM", "print_setting PLATFORM_NAM"),
    ],
)
def test_a_key_that_is_not_there_is_told_with_what_is(get: Get, key: str, remedy: str) -> None:
    with pytest.raises(OperationError) as caught:
        get(key)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("site.name", "Campus North", "    name: Campus   # on", "    name: Campus North # on"),
        ("sizing.lms.memory", "2560Mi", "{memory: 3Gi}", "{memory: 2560Mi}"),
        ("sizing.lms.processes", "3", "{memory: 3Gi}", "{memory: 3Gi, processes: 3}"),
        (
            "settings.lms.PLATFORM_FACEBOOK_ACCOUNT",
            "https://www.facebook.com/campus",
            "CHANGEME",
            "https://www.facebook.com/campus",
        ),
    ],
)
def test_one_value_changes_and_nothing_else(
    path: Path, key: str, value: str, before: str, after: str
) -> None:
    told = put(path, key, value)
    assert path.read_text(encoding="utf-8") == TEXT.replace(before, after)
    assert "up --stack campus" in told


def test_sections_and_items_are_added(path: Path) -> None:
    put(path, "mail.sender", "site@example.org")
    put(path, "site.languages", "[en, fr]")
    put(path, "site.languages[2]", "de")
    values = stack_file.read("campus", path).values
    assert values["mail"] == {"sender": "site@example.org"}
    assert values["site"]["languages"] == ["en", "fr", "de"]
    assert path.read_text(encoding="utf-8").startswith(TEXT[:130])


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("site.lms_host", "Learn", "is no host name"),
        ("site.name", "2026", "put it in quotes"),
        ("site.nme", "x", "did you mean `name`?"),
        ("relase", "ulmo", "did you mean `release`?"),
        ("secrets.mysql_password", "hunter2", "`openedx-infra secrets set mysql_password --stack campus`"),
        ("secrets", "{mysql_password: hunter2}", "is a secret"),
        ("settings.lms.API_TOKEN", "hunter2hunter2hunter2", "write `{secret: api_token}` here"),
        ("lms.PLATFORM_NAME", "x", "config set settings.lms.PLATFORM_NAME"),
        ("settings.lms.LMS_BASE", "x", "is written by this program from site.lms_host"),
        ("site.name.first", "x", "with nothing under it"),
        ("overrides[3]", "{}", "write a name after a dot"),
        ("site.name", "[a", "is no valid YAML"),
        ("site.name", "\x07", "is no valid YAML: unacceptable character"),
        ("site.name", "2026-13-45", "is no valid YAML: month must be"),
    ],
)
def test_what_would_be_wrong_is_not_written(path: Path, key: str, value: str, reason: str) -> None:
    with pytest.raises((OperationError, ConfigError)) as caught:
        put(path, key, value)
    assert reason in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "othing was changed" in str(caught.value)
    assert path.read_text(encoding="utf-8") == TEXT
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_faulty_file_is_mended_key_by_key(path: Path) -> None:
    path.write_text(TEXT.replace("Gi}", "GB}").replace("lms_host: learn", "lms_host: https://learn"))
    put(path, "sizing.lms.memory", "3Gi")
    put(path, "site.lms_host", "learn.example.org")
    assert path.read_text(encoding="utf-8") == TEXT


def test_a_theme_that_nobody_built_is_noted(path: Path) -> None:
    told = put(path, "site.theme", "indigo")
    assert "note: nothing here tells whether" in told
    assert stack_file.read("campus", path).values["site"]["theme"] == "indigo"


BUILT = """\
config:
  openedx:site: {lms_host: learn.example.org, theme: campus}
  openedx:images:
    openedx:
      source: build
      repository: registry.example.org/campus/openedx
      themes:
        campus: {source: folder, path: themes/campus}
        alumni: {source: folder, path: themes/alumni}
"""


def test_themes_of_a_build_are_checked_and_listed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(BUILT)
    with pytest.raises(ConfigError, match="campus, alumni"):
        change.set_key(stack_file.read("campus", path), ("site", "theme"), "indigo")

    def nobody(*_: object) -> list[str]:
        raise OperationError("The cluster refused or did not answer: nobody")

    monkeypatch.setattr(themes, "_in_a_pod", nobody)
    output = io.StringIO()
    console = Console(file=output, width=200)
    assert themes.show(stack_file.read("campus", path), console, console)
    assert "  alumni\n* campus\n" in output.getvalue()
    assert "did not answer: nobody" in output.getvalue()


def test_a_theme_that_is_in_no_pod_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(BUILT)
    monkeypatch.setattr(themes, "_in_a_pod", lambda *_: ["alumni"])
    output = io.StringIO()
    console = Console(file=output, width=200)
    assert not themes.show(stack_file.read("campus", path), console, console)
    assert "campus, is not among them" in output.getvalue()


def test_folders_in_a_pod_are_its_themes(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "themes"
    for name in ("campus", "alumni"):
        (folder / name / "lms").mkdir(parents=True)
    (folder / "README.md").touch()
    path.write_text(BUILT.replace("  openedx:site", "  openedx:cluster: {context: here}\n  openedx:site"))
    file = stack_file.read("campus", path)
    monkeypatch.setattr(themes, "THEMES_DIR", str(folder))
    with ExecServer() as server:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(json.dumps(server.kubeconfig))
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        monkeypatch.setattr("openedx_infra.operations.pods.container.choose", lambda *_: server.container())
        output = io.StringIO()
        console = Console(file=output, width=200)
        assert themes.show(file, console, console)
        assert output.getvalue() == "  alumni\n* campus\n"
        folder.rename(tmp_path / "gone")
        assert themes.show(file, console, console)
        assert "No such file" in output.getvalue()
