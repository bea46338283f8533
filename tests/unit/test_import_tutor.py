"""`import tutor` takes over what a Tutor root says, and lists all that it can't."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from openedx_infra.config.secrets.catalogue import password
from openedx_infra.operations.cli.app import main
from openedx_infra.operations.imports.draft import Draft, Unresolved
from openedx_infra.operations.imports.tutor import command, root
from openedx_infra.operations.imports.tutor.values import DEFAULTS, TutorValues
from openedx_infra.operations.init import init
from openedx_infra.operations.secrets.stand_in_key import stand_in_key
from openedx_infra.operations.stack_files import stack_file

KEY = stand_in_key()
LEAST: dict[str, Any] = {
    "LMS_HOST": "learn.example.org",
    "OPENEDX_SECRET_KEY": "secret-of-django",
    "JWT_RSA_PRIVATE_KEY": KEY,
    "CMS_OAUTH2_SECRET": "secret-of-studio",
    "PLUGINS": ["mfe", "indigo"],
}
Root = Callable[..., Path]


@pytest.fixture
def tutor_root(tmp_path: Path) -> Root:
    """Makes a Tutor root."""

    def make(version: str = "22.0.3", plugins: dict[str, str] | None = None, **config: Any) -> Path:
        path = tmp_path / "root"
        (path / "env").mkdir(parents=True)
        (path / "env" / "version").write_text(version, encoding="utf-8")
        content = {**LEAST, **config}
        content["PLUGINS"] = [*content["PLUGINS"], *(name.partition(".")[0] for name in plugins or ())]
        (path / "config.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
        (tmp_path / "plugins").mkdir()
        for name, text in (plugins or {}).items():
            (tmp_path / "plugins" / name).write_text(text, encoding="utf-8")
        return path

    return make


def draft_of(path: Path) -> Draft:
    return command.translated(root.read(path, path.parent / "plugins"))


def reasons(draft: Draft) -> dict[str, str]:
    return {each.where: each.reason for each in draft.left}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs the command without secrets; its code and what it prints."""
    for module in (init, stack_file):
        monkeypatch.setattr(module, "stack_file_path", lambda name: tmp_path / f"Pulumi.{name}.yaml")

    def run_it(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["openedx-infra", "import", "tutor", "--no-secrets", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run_it


def test_hosts_follow_the_lms_unless_they_are_set(tutor_root: Root) -> None:
    draft = draft_of(tutor_root(CMS_HOST="authors.{{ LMS_HOST }}", MFE_HOST="apps.example.org"))
    assert draft.answers["lms_host"] == "learn.example.org"
    assert draft.answers["studio_host"] == "authors.learn.example.org"
    assert draft.answers["mfe_host"] == "apps.example.org"
    assert draft.answers["search_host"] == "meilisearch.learn.example.org"
    assert draft.answers["email"] == draft.sections["mail"]["sender"] == "contact@learn.example.org"


@pytest.mark.parametrize(
    ("https", "proxy", "tls"),
    [(True, True, "cert-manager"), (True, False, "upstream"), (False, True, "none")],
)
def test_who_encrypts(tutor_root: Root, https: bool, proxy: bool, tls: str) -> None:
    draft = draft_of(tutor_root(ENABLE_HTTPS=https, ENABLE_WEB_PROXY=proxy))
    assert draft.answers["tls"] == tls


def test_secrets_that_data_depends_on_stay(tutor_root: Root) -> None:
    path = tutor_root()
    kept = draft_of(path).secrets
    assert kept["django_secret_key"] == kept["jwt_secret_key"] == "secret-of-django"
    assert (kept["jwt_private_key"], kept["studio_oauth2_secret"]) == (KEY, "secret-of-studio")
    assert kept["profile_image_hash_seed"] == "placeholder_secret_key"
    assert kept["retired_user_salts"].splitlines() == ["123", "abc"], "newest first; edx-platform has it last"
    fresh, old = kept["fernet_keys"].splitlines()
    assert old == "DUMMY KEY CHANGE BEFORE GOING TO PRODUCTION" and len(fresh) > 30
    assert draft_of(path).secrets["fernet_keys"] != kept["fernet_keys"]


def test_another_key_of_tokens(tutor_root: Root) -> None:
    assert draft_of(tutor_root(JWT_COMMON_SECRET_KEY="other")).secrets["jwt_secret_key"] == "other"


def test_mail_goes_the_same_way(tutor_root: Root) -> None:
    smtp = {"RUN_SMTP": False, "SMTP_HOST": "mail.example.org", "SMTP_PORT": 465, "SMTP_USE_SSL": True}
    draft = draft_of(tutor_root(**smtp, SMTP_USERNAME="mailer", SMTP_PASSWORD="pass"))
    assert (draft.answers["smtp_host"], draft.answers["smtp_user"]) == ("mail.example.org", "mailer")
    assert draft.sections["mail"]["delivery"] == {"port": 465, "security": "tls"}
    assert draft.secrets["mail_password"] == "pass"


def test_a_relay_needs_nothing(tutor_root: Root) -> None:
    draft = draft_of(tutor_root(SMTP_PASSWORD="of-no-use"))
    assert "smtp_host" not in draft.answers and "mail_password" not in draft.secrets


def test_servers_outside_are_never_shared_with_the_old_site(tutor_root: Root) -> None:
    draft = draft_of(
        tutor_root(RUN_MYSQL=False, MYSQL_HOST="db.example.org", OPENEDX_MYSQL_PASSWORD="x", RUN_REDIS=False)
    )
    left = reasons(draft)
    assert "MySQL at db.example.org" in left["RUN_MYSQL"]
    assert "two sites must not write to one" in left["RUN_MYSQL"]
    assert "datastores" not in draft.sections and "mysql_password" not in draft.secrets


@pytest.mark.parametrize(
    ("version", "release", "said"),
    [
        ("19.0.5", "ulmo", "Sumac"),
        ("20.0.5", "ulmo", "Teak"),
        ("21.0.8", "ulmo", ""),
        ("22.0.3", "verawood", ""),
    ],
)
def test_releases(tutor_root: Root, version: str, release: str, said: str) -> None:
    draft = draft_of(tutor_root(version))
    assert draft.sections["release"] == release
    assert bool(said) == (f"Tutor {version}" in reasons(draft))
    assert said in reasons(draft).get(f"Tutor {version}", "")


def test_the_look_stays(tutor_root: Root) -> None:
    draft = draft_of(tutor_root("21.0.8"))
    assert draft.sections["site"]["theme"] == "indigo"
    assert draft.sections["images"]["openedx"].endswith("openedx:21.0.8-indigo")
    assert draft.sections["images"]["mfe"].endswith("-indigo")


def test_requirements_and_forks_are_built(tutor_root: Root) -> None:
    fork = {"EDX_PLATFORM_REPOSITORY": "https://git.example.org/p.git", "EDX_PLATFORM_VERSION": "mine"}
    draft = draft_of(tutor_root(OPENEDX_EXTRA_PIP_REQUIREMENTS=["xblock-poll==1.0"], **fork))
    built = draft.sections["images"]["openedx"]
    assert (built["source"], built["requirements"]) == ("build", ["xblock-poll==1.0"])
    assert built["platform"] == {
        "source": "git",
        "repository": "https://git.example.org/p.git",
        "ref": "mine",
    }
    assert "have no theme indigo" in reasons(draft)["plugin indigo"]


def test_an_image_of_one_s_own_is_used(tutor_root: Root) -> None:
    draft = draft_of(tutor_root(DOCKER_IMAGE_OPENEDX="registry.example.org/o:1", PLUGINS=["mfe"]))
    assert draft.sections["images"] == {"openedx": "registry.example.org/o:1"}


def test_discussions_are_on_with_the_plugin_alone(tutor_root: Root) -> None:
    assert draft_of(tutor_root()).sections["features"]["flags"] == {"ENABLE_DISCUSSION_SERVICE": False}


def test_plugins_become_services_or_are_explained(tutor_root: Root) -> None:
    plugins = ["mfe", "notes", "minio", "forum", "cairn", "unheard-of"]
    draft = draft_of(tutor_root(PLUGINS=plugins, NOTES_HOST="n.{{ LMS_HOST }}", NOTES_SECRET_KEY="x"))
    assert draft.sections["services"]["notes"] == {"enabled": True, "host": "n.learn.example.org"}
    assert draft.sections["features"]["flags"] == {"ENABLE_DISCUSSION_SERVICE": True}
    storage = {"source": "in-cluster", "files_host": "files.learn.example.org"}
    assert draft.sections["datastores"]["storage"] == storage
    assert {*reasons(draft)} == {"plugin cairn", "plugin unheard-of"}


PLUGIN = '''"""A plugin."""
import os
from tutor import hooks

hooks.Filters.ENV_PATCHES.add_items([
    ("openedx-common-settings", """
SUPPORT_SITE_LINK = "https://{{ LMS_HOST }}/help"
FEATURES["CUSTOM_COURSES_EDX"] = True
MFE_CONFIG["LOGO_URL"] = "https://example.org/logo.svg"
GOOGLE_PASSWORD = "hunter2"
LOGIN_REDIRECT_WHITELIST.append("hunter3")
"""),
    ("mfe-dockerfile-post-npm-install", "RUN npm install x"),
    (os.environ["PLACE"], "x"),
])
hooks.Filters.CLI_DO_INIT_TASKS.add_item(("lms", "echo hunter4"))
'''


def test_patches_in_python(tutor_root: Root) -> None:
    path = tutor_root(plugins={"school.py": PLUGIN})
    draft = draft_of(path)
    settings = draft.sections["settings"]["common"]
    assert settings["SUPPORT_SITE_LINK"] == "https://learn.example.org/help"
    assert draft.sections["features"]["flags"]["CUSTOM_COURSES_EDX"] is True
    assert draft.sections["mfes"]["config"]["LOGO_URL"] == "https://example.org/logo.svg"
    name = settings["GOOGLE_PASSWORD"]["secret"]
    assert draft.secrets[name] == "hunter2"
    file = path.parent / "plugins" / "school.py"
    left = reasons(draft)
    assert "LOGIN_REDIRECT_WHITELIST.append(…)" in left[f"{file}:11"]
    assert "openedx:settings.modules.common" in left[f"{file}:11"]
    assert "openedx:images.*.fragments" in left[f"{file}:13 (mfe-dockerfile-post-npm-install)"]
    assert "os.environ['PLACE']" in left[f"{file}:14"]
    assert "CLI_DO_INIT_TASKS" in left[f"{file}:16"]
    assert "hunter" not in "".join(left.values())


def test_patches_in_yaml(tutor_root: Root) -> None:
    text = (
        "name: school\nversion: 1\npatches:\n  lms-env-features: |\n    CUSTOM_COURSES_EDX: true\n"
        "  openedx-lms-production-settings: |\n    # ours\n    X_FRAME_OPTIONS = 'DENY'\n"
        "    for x in y: pass\n"
        "  openedx-cms-common-settings: |\n    A = '{{ PLACE_NOBODY_KNOWS }}'\nhooks:\n  init: [lms]\n"
    )
    path = tutor_root(plugins={"school.yml": text})
    draft, file = draft_of(path), path.parent / "plugins" / "school.yml"
    assert draft.sections["features"]["flags"]["CUSTOM_COURSES_EDX"] is True
    assert draft.sections["settings"] == {"lms": {"X_FRAME_OPTIONS": "DENY"}}
    left = reasons(draft)
    assert "for x in y" in left[f"{file}:9"]
    assert "refers to PLACE_NOBODY_KNOWS" in left[f"{file}:11 (openedx-cms-common-settings)"]
    assert "hooks" in left[str(file)]


@pytest.mark.parametrize(
    ("text", "what"), [("patches: [", "is not YAML"), ("name: x\npatches: {lms-env: just text}", "no map")]
)
def test_a_broken_plugin_is_listed(tutor_root: Root, text: str, what: str) -> None:
    draft = draft_of(tutor_root(plugins={"broken.yml": text}))
    assert any(what in reason for reason in reasons(draft).values())


def test_no_setting_is_forgotten(tutor_root: Root) -> None:
    draft = draft_of(tutor_root(ID="x", K8S_NAMESPACE="openedx", MYSQL_ROOT_PASSWORD="x", SOMETHING_ODD=3))
    assert {*reasons(draft)} == {"SOMETHING_ODD"}


def test_values_that_refer_to_each_other() -> None:
    values = TutorValues(
        {"A": "{{ B }}", "B": "{{ A }}", "C": "{% if ENABLE_HTTPS %}s{% endif %}", "D": "{{ x("}
    )
    for name in ("A", "D"):
        with pytest.raises(Unresolved):
            values.get(name)
    assert values.get("C") == ""
    assert values.rendered("{{ LMS_HOST }}") == "local.openedx.io"


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(["", "{{ NOBODY }}", "{{ LMS_HOST }}", "{{ x(", "two\nlines", "[red]", "yes"]),
    st.lists(st.sampled_from(["notes", "{{ NOBODY }}", "minio"]), max_size=2),
    st.dictionaries(st.just("a"), st.integers(), max_size=1),
)
SETTINGS = sorted({*DEFAULTS, "OPENEDX_SECRET_KEY", "OPENEDX_EXTRA_PIP_REQUIREMENTS", "EDX_PLATFORM_VERSION",
                   "DOCKER_IMAGE_OPENEDX", "OPENEDX_LMS_UWSGI_WORKERS", "SMTP_USERNAME", "SMTP_PASSWORD",
                   "MYSQL_HOST", "OPENEDX_COMMON_VERSION", "MFE_DOCKER_IMAGE"})  # fmt: skip


@given(config=st.dictionaries(st.sampled_from(SETTINGS), ODD, max_size=8))
@settings(max_examples=200, deadline=None)
def test_whatever_config_yml_holds_is_taken_or_listed(config: dict[str, Any]) -> None:
    tutor = root.TutorRoot(path=Path("/none"), config=config, version="22.0.3", plugins=Path("/none"))
    draft = command.translated(tutor)
    command.show(tutor, draft, Console(file=io.StringIO(), width=200))
    for name, value in config.items():
        if value == "{{ NOBODY }}" and name in ("LMS_HOST", "PLATFORM_NAME", "ENABLE_HTTPS", "RUN_MYSQL"):
            assert name in reasons(draft)


def test_what_goes_with_another_is_dropped_with_it() -> None:
    draft = Draft()
    draft.set(("datastores", "storage"), {"source": "in-cluster"}, "plugin minio")
    draft.set(("datastores", "storage", "files_host"), "x", "MINIO_HOST")
    for path in draft.under("openedx:datastores.storage"):
        draft.drop(path, "wrong")
    assert draft.sections == {"datastores": {}} and {*reasons(draft)} == {"plugin minio", "MINIO_HOST"}


def test_templates_run_no_code() -> None:
    with pytest.raises(Unresolved):
        TutorValues({}).rendered("{{ ''.__class__.__mro__[1].__subclasses__() }}")


def test_the_file_is_right_and_what_check_refuses_is_left_out(
    run: Any, tutor_root: Root, tmp_path: Path
) -> None:
    patch = "name: s\nversion: 1\npatches:\n  lms-env: |\n    LMS_ROOT_URL: https://x\n    SUPPORT_SITE_LINK: https://y\n"
    path = tutor_root(plugins={"school.yml": patch}, ENABLE_HTTPS=True, LANGUAGE_CODE="pt_BR")
    before = sorted((each, each.stat().st_mtime_ns) for each in path.rglob("*"))
    code, text = run(str(path), "--stack", "campus", "--plugins-root", str(tmp_path / "plugins"))
    assert code == 0, text
    assert "Pulumi.campus.yaml is written" in text and "LMS_ROOT_URL" in text
    file = stack_file.read("campus", tmp_path / "Pulumi.campus.yaml")
    assert stack_file.examined(file).problems == ()
    assert file.values["settings"] == {"lms": {"SUPPORT_SITE_LINK": "https://y"}}
    assert file.values["site"]["language"] == "pt-br"
    assert "secret-of-django" not in text + file.path.read_text(encoding="utf-8")
    assert sorted((each, each.stat().st_mtime_ns) for each in path.rglob("*")) == before


def test_a_stack_that_exists_is_not_touched(run: Any, tutor_root: Root, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.campus.yaml").write_text("config: {}\n", encoding="utf-8")
    code, text = run(str(tutor_root()), "--stack", "campus")
    assert code == 1 and "There is a stack campus already" in text
    assert (tmp_path / "Pulumi.campus.yaml").read_text(encoding="utf-8") == "config: {}\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: (path / "config.yml").unlink(), "is no root of Tutor"),
        (lambda path: (path / "config.yml").write_text("a: ["), "is not YAML"),
        (lambda path: (path / "config.yml").write_text("just text"), "is no map of settings"),
        (lambda path: (path / "env" / "version").unlink(), "does not tell the version"),
        (lambda path: (path / "env" / "version").write_text("13.1.0"), "is of Tutor 13.1.0"),
    ],
)
def test_what_is_no_root(run: Any, tutor_root: Root, tmp_path: Path, change: Any, said: str) -> None:
    path = tutor_root()
    change(path)
    code, text = run(str(path))
    assert code == 1 and said in text and "Traceback" not in text
    assert not list(tmp_path.glob("Pulumi.*"))


def test_a_damaged_key_is_refused_before_anything_is_written(
    run: Any, tutor_root: Root, tmp_path: Path
) -> None:
    code, text = run(str(tutor_root(JWT_RSA_PRIVATE_KEY="-----BEGIN RSA PRIVATE KEY-----\nx\n")))
    assert code == 1 and "openedx:secrets.jwt_private_key: is no private key" in text
    assert not list(tmp_path.glob("Pulumi.*"))


def test_nothing_secret_is_printed(tutor_root: Root) -> None:
    secret = password()
    path = tutor_root(SMTP_PASSWORD=secret, RUN_SMTP=False, SMTP_USERNAME="x", FOO_PASSWORD=secret)
    draft, out = draft_of(path), io.StringIO()
    command.show(root.read(path), draft, Console(file=out, width=200))
    assert "FOO_PASSWORD" in out.getvalue() and secret not in out.getvalue()
    assert draft.secrets["mail_password"] == secret
