"""`import native` takes over what lms.yml and studio.yml have, and lists all that it can't."""

from __future__ import annotations

import io
import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from openedx_infra.config.secrets.catalogue import password
from openedx_infra.operations.cli.app import main
from openedx_infra.operations.imports import writing
from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.imports.native import command
from openedx_infra.operations.imports.native.installation import Installation, SettingsFile
from openedx_infra.operations.init import init
from openedx_infra.operations.secrets.stand_in_key import stand_in_key
from openedx_infra.operations.stack_files import stack_file


def _jwk(pem: str) -> dict[str, str]:
    numbers = load_pem_private_key(pem.encode(), None).private_numbers()

    def text(number: int) -> str:
        return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode().rstrip("=")

    public = numbers.public_numbers
    return {"kty": "RSA", "kid": "key", "n": text(public.n), "e": text(public.e), "d": text(numbers.d)}


KEY = stand_in_key()
ALIAS = {
    "ENGINE": "django.db.backends.mysql",
    "USER": "edxapp001",
    "PASSWORD": "pass-of-mysql",
    "PORT": "3306",
}
COMMON: dict[str, Any] = {
    "LMS_BASE": "learn.example.org",
    "CMS_BASE": "studio.example.org",
    "LMS_ROOT_URL": "https://learn.example.org",
    "PLATFORM_NAME": "Campus",
    "CONTACT_EMAIL": "help@example.org",
    "DEFAULT_FROM_EMAIL": "no-reply@example.org",
    "TIME_ZONE": "America/New_York",
    "LANGUAGE_CODE": "pt_BR",
    "SECRET_KEY": "secret-of-django",
    "EDX_PLATFORM_REVISION": "open-release/nutmeg.3",
    "DATABASES": {
        "default": {**ALIAS, "NAME": "edxapp", "HOST": "localhost"},
        "read_replica": {**ALIAS, "NAME": "edxapp", "HOST": "localhost"},
        "student_module_history": {**ALIAS, "NAME": "edxapp_csmh", "HOST": "localhost"},
    },
    "DOC_STORE_CONFIG": {"db": "edxapp", "host": "localhost", "password": "pass-of-mongo"},
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "mail.example.org",
    "EMAIL_PORT": 587,
    "EMAIL_USE_TLS": True,
    "EMAIL_HOST_USER": "mailer",
    "EMAIL_HOST_PASSWORD": "pass-of-mail",
    "JWT_AUTH": {"JWT_SECRET_KEY": "secret-of-jwt", "JWT_PRIVATE_SIGNING_JWK": json.dumps(_jwk(KEY))},
    "FERNET_KEYS": ["DUMMY KEY CHANGE BEFORE GOING TO PRODUCTION"],
    "RETIRED_USER_SALTS": ["oldest", "newest"],
    "PROFILE_IMAGE_HASH_SEED": "seed-of-avatars",
    "MEDIA_ROOT": "/edx/var/edxapp/media/",
    "FEATURES": {"ENABLE_DISCUSSION_SERVICE": True, "AUTH_USE_OPENID_PROVIDER": True},
    "CACHES": {"default": {"LOCATION": ["localhost:11211"]}},
}
STUDIO = {"SOCIAL_AUTH_EDX_OAUTH2_SECRET": "secret-of-studio"}


def installation(studio: dict[str, Any] | None = None, variables: Any = None, **changes: Any) -> Installation:
    lms = {**COMMON, **changes}
    return Installation(
        lms=SettingsFile(path=Path("lms.yml"), content=lms),
        studio=SettingsFile(path=Path("studio.yml"), content={**lms, **STUDIO, **(studio or {})}),
        variables=SettingsFile(path=Path("server-vars.yml"), content=variables or {}),
    )


def draft_of(**changes: Any) -> Draft:
    return command.translated(installation(**changes), "keep")


def reasons(draft: Draft) -> dict[str, str]:
    return {each.where: each.reason for each in draft.left}


def test_hosts_names_and_mail() -> None:
    draft = draft_of(ACCOUNT_MICROFRONTEND_URL="https://mfes.example.org/account")
    assert draft.answers == {
        "lms_host": "learn.example.org",
        "studio_host": "studio.example.org",
        "mfe_host": "mfes.example.org",
        "name": "Campus",
        "email": "help@example.org",
        "tls": "cert-manager",
        "smtp_host": "mail.example.org",
        "smtp_user": "mailer",
    }
    assert draft.sections["mail"] == {
        "sender": "no-reply@example.org",
        "delivery": {"port": 587, "security": "starttls"},
    }
    assert draft.sections["site"] == {"time_zone": "America/New_York", "language": "pt-br"}


def test_a_port_in_a_host_is_told() -> None:
    draft = draft_of(LMS_BASE="learn.example.org:18000", LMS_ROOT_URL="http://learn.example.org:18000")
    assert (draft.answers["lms_host"], draft.answers["tls"]) == ("learn.example.org", "none")
    assert "names port 18000" in reasons(draft)["lms.yml: LMS_BASE"]


def test_mail_by_the_old_machine_or_by_ses_is_told() -> None:
    assert "smtp_host" not in (local := draft_of(EMAIL_HOST="localhost")).answers
    assert "on the old machine" in reasons(local)["lms.yml: EMAIL_HOST"]
    ses = draft_of(EMAIL_BACKEND="django_ses.SESBackend")
    assert "{source: ses}" in reasons(ses)["lms.yml: EMAIL_BACKEND"] and "mail_password" not in ses.secrets


def test_secrets_that_data_depends_on_stay() -> None:
    kept = draft_of().secrets
    assert kept["django_secret_key"] == "secret-of-django" and kept["jwt_secret_key"] == "secret-of-jwt"
    numbers = [
        load_pem_private_key(key.encode(), None).private_numbers() for key in (KEY, kept["jwt_private_key"])
    ]
    assert numbers[0] == numbers[1]
    assert kept["studio_oauth2_secret"] == "secret-of-studio" and kept["mail_password"] == "pass-of-mail"
    assert kept["profile_image_hash_seed"] == "seed-of-avatars"
    assert kept["retired_user_salts"].splitlines() == ["newest", "oldest"], "edx-platform has the newest last"
    fresh, old = kept["fernet_keys"].splitlines()
    assert old == COMMON["FERNET_KEYS"][0] and len(fresh) > 30


def test_keys_of_one_s_own_stay_alone() -> None:
    assert draft_of(FERNET_KEYS=["new", "old"]).secrets["fernet_keys"] == "new\nold"


@pytest.mark.parametrize(
    "key", ["", "not json", '{"kty": "oct"}', json.dumps({"n": "AQAB", "e": "AQAB", "d": "AQAB"})]
)
def test_a_key_that_is_none_is_told(key: str) -> None:
    draft = draft_of(JWT_AUTH={"JWT_SECRET_KEY": "x", "JWT_PRIVATE_SIGNING_JWK": key})
    assert "jwt_private_key" not in draft.secrets
    assert "no private RSA key" in reasons(draft)["lms.yml: JWT_AUTH.JWT_PRIVATE_SIGNING_JWK"]


def test_the_second_database_is_kept_or_folded_in() -> None:
    where = "lms.yml: DATABASES.student_module_history"
    kept = draft_of()
    assert kept.sections["datastores"]["mysql"] == {"history_database": "openedx_history"}
    assert kept.taken[where] == "openedx:datastores.mysql.history_database"
    folded = command.translated(installation(), "fold")
    assert "datastores" not in folded.sections and "edxapp_csmh is folded in" in reasons(folded)[where]


def test_servers_outside_are_never_shared_with_the_old_site() -> None:
    databases = {"default": {**ALIAS, "NAME": "edxapp", "HOST": "db.example.org"}, "extra": dict(ALIAS)}
    left = reasons(draft_of(DATABASES=databases))
    assert "MySQL at db.example.org" in left["lms.yml: DATABASES.default.HOST"]
    assert "nothing copies it" in left["lms.yml: DATABASES.extra"]


@pytest.mark.parametrize(
    ("revision", "release", "words"),
    [
        ("open-release/nutmeg.3", "ulmo", "are of Nutmeg"),
        ("release/ulmo.1", "ulmo", None),
        ("release/verawood", "verawood", None),
        ("open-release/ironwood.2", "ulmo", "older than any"),
        ("master", "ulmo", "no file tells"),
    ],
)
def test_releases(revision: str, release: str, words: str | None) -> None:
    draft = draft_of(EDX_PLATFORM_REVISION=revision)
    assert draft.sections["release"] == release
    reason = reasons(draft).get("lms.yml: EDX_PLATFORM_REVISION")
    assert (
        (reason is None) if words is None else (words in str(reason) and "move-from-native.md" in str(reason))
    )


def test_flags_and_settings() -> None:
    draft = draft_of(
        FEATURES={"ENABLE_DISCUSSION_SERVICE": "True", "AUTH_USE_OPENID_PROVIDER": True, "ODD": "text"},
        SUPPORT_SITE_LINK="https://example.org/help",
        GOOGLE_ANALYTICS_ACCOUNT="UA-1",
        studio={"STUDIO_NAME": "Workshop", "FEATURES": {"ENABLE_DISCUSSION_SERVICE": False}},
    )
    assert draft.sections["features"]["flags"] == {"ENABLE_DISCUSSION_SERVICE": True}
    assert draft.sections["settings"]["common"]["SUPPORT_SITE_LINK"] == "https://example.org/help"
    assert draft.sections["settings"]["studio"] == {"STUDIO_NAME": "Workshop"}
    left = reasons(draft)
    assert "no switch" in left["lms.yml: FEATURES.ODD"]
    assert "in Studio" in left["studio.yml: FEATURES.ENABLE_DISCUSSION_SERVICE"]
    assert draft.needless["lms.yml: FEATURES.AUTH_USE_OPENID_PROVIDER"] == "gone from Open edX"
    assert draft.needless["lms.yml: CACHES"] == "written from openedx:datastores.cache"


def test_a_secret_setting_becomes_a_secret() -> None:
    draft = draft_of(SOCIAL_AUTH_SAML_SP_PRIVATE_KEY="private-of-saml")
    name = draft.sections["settings"]["common"]["SOCIAL_AUTH_SAML_SP_PRIVATE_KEY"]["secret"]
    assert draft.secrets[name] == "private-of-saml"


def test_places_of_the_old_machine_are_left() -> None:
    left = reasons(draft_of(XBLOCK_SETTINGS={"a": "/edx/var/x"}, CREDENTIALS_PUBLIC_SERVICE_URL="http://c"))
    assert "place on the old machine" in left["lms.yml: XBLOCK_SETTINGS"]
    assert "openedx:services.credentials" in left["lms.yml: CREDENTIALS_PUBLIC_SERVICE_URL"]
    assert "import data" in left["lms.yml: MEDIA_ROOT"]


def test_variables_of_ansible() -> None:
    variables = {
        "EDXAPP_PLATFORM_NAME": "Campus",
        "EDXAPP_EXTRA_REQUIREMENTS": [
            {"name": "xblock-poll", "version": "1.0"},
            {"name": "-e git+https://h/x"},
        ],
        "edx_platform_repo": "https://git.example.org/p.git",
        "NGINX_ENABLE_SSL": True,
        "EDXAPP_MYSQL_PASSWORD": "hidden",
        "SOMETHING": 1,
    }
    draft = draft_of(variables=variables)
    assert draft.sections["images"]["openedx"]["requirements"] == ["xblock-poll==1.0", "git+https://h/x"]
    left = reasons(draft)
    assert "was a fork" in left["server-vars.yml: edx_platform_repo"]
    assert "openedx:ingress" in left["server-vars.yml: NGINX_ENABLE_SSL"]
    assert "server-vars.yml: SOMETHING" in left
    assert draft.needless["server-vars.yml: EDXAPP_PLATFORM_NAME"] == "its result is in lms.yml or studio.yml"
    assert "server-vars.yml: EDXAPP_MYSQL_PASSWORD" in draft.needless


TEXTS = ["", "x", "SET-ME-PLEASE", "[red]", "/edx/var/x"]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(TEXTS),
    st.lists(st.text("ab", max_size=2), max_size=2),
    st.dictionaries(st.just("a"), st.integers(), max_size=1),
)
OTHERS = ["CELERY_X", "CORS_ORIGIN_WHITELIST", "LOGGING", "WIKI_ENABLED", "UNHEARD_OF", "SUPPORT_SITE_LINK"]
STORES = ["DEFAULT_FILE_STORAGE", "GRADES_DOWNLOAD", "X_MICROFRONTEND_URL"]
NAMES = sorted({*COMMON, *STUDIO, *OTHERS, *STORES} - {"JWT_AUTH"})
FILES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


@given(lms=FILES, studio=FILES)
@settings(max_examples=60, deadline=None)
def test_whatever_the_files_hold_is_taken_listed_or_not_needed(
    lms: dict[str, Any], studio: dict[str, Any]
) -> None:
    old = installation(studio=studio, **{"JWT_AUTH": {}, **lms})
    draft = command.translated(old, "keep")
    assert not old.lms.unread() and not old.studio.unread()
    accounted = {*draft.taken, *draft.needless, *reasons(draft)}
    for name in ("UNHEARD_OF", "SUPPORT_SITE_LINK", "WIKI_ENABLED", "LOGGING", "CORS_ORIGIN_WHITELIST"):
        for file in (old.lms, old.studio):
            if name in file.content and not (
                file is old.studio and old.lms.content.get(name) == file.content[name]
            ):
                assert any(f"{file.path.name}: {name}" in each for each in accounted), (name, file.path)
    writing.show(draft, command.origin(old), Console(file=io.StringIO(), width=200))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs the command without secrets on files of a folder; its code and what it prints."""
    for module in (init, stack_file):
        monkeypatch.setattr(module, "stack_file_path", lambda name: tmp_path / f"Pulumi.{name}.yaml")
    for name, content in (("lms", COMMON), ("studio", {**COMMON, **STUDIO})):
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def run_it(*arguments: str) -> tuple[int, str]:
        files = ["--lms", str(tmp_path / "lms.yml"), "--studio", str(tmp_path / "studio.yml")]
        monkeypatch.setattr(
            "sys.argv", ["openedx-infra", "import", "native", "--no-secrets", *files, *arguments]
        )
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run_it


def test_the_file_is_right_and_nothing_secret_is_in_it(run: Any, tmp_path: Path) -> None:
    secret = password()
    (tmp_path / "lms.yml").write_text(yaml.safe_dump({**COMMON, "ODD_PASSWORD": secret}), encoding="utf-8")
    code, text = run("--stack", "campus")
    assert code == 0, text
    path = tmp_path / "Pulumi.campus.yaml"
    file = stack_file.read("campus", path)
    assert stack_file.examined(file).problems == ()
    assert file.values["datastores"]["mysql"]["history_database"] == "openedx_history"
    assert "ODD_PASSWORD" in text
    for hidden in (secret, "secret-of", "pass-of"):
        assert hidden not in text + path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: (path / "lms.yml").unlink(), "can't be read"),
        (lambda path: (path / "lms.yml").write_text("a: ["), "is not YAML"),
        (lambda path: (path / "lms.yml").write_text("text"), "is no map of settings"),
        (lambda path: (path / "studio.yml").write_text("a: 1"), "it has no LMS_BASE, DATABASES, SECRET_KEY"),
        (
            lambda path: (path / "Pulumi.campus.yaml").write_text("config: {}"),
            "There is a stack campus already",
        ),
    ],
)
def test_what_is_no_installation(run: Any, tmp_path: Path, change: Any, words: str) -> None:
    change(tmp_path)
    before = {each.name for each in tmp_path.iterdir()}
    code, text = run()
    assert code == 1 and words in text and "Traceback" not in text
    assert {each.name for each in tmp_path.iterdir()} == before


def test_an_unknown_choice(run: Any) -> None:
    code, text = run("--history", "lose")
    assert code == 1 and "write keep or fold" in text
