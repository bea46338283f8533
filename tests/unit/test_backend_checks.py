"""A backend or secrets provider that is half configured is refused before Pulumi starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import backend
from openedx_infra.operations.state.checks import cloud_logins
from openedx_infra.operations.state.checks.backend_checks import (
    backend_faults,
    provider_faults,
    require_configured,
)

AWS = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
VALUE = {"config": {"openedx:secrets": {"mysql_password": {"secure": "v1:x"}}}}
CLUSTER = {"openedx:cluster": {"context": "theirs"}}


@pytest.fixture(autouse=True)
def _no_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of nobody's cloud, without logins."""
    (tmp_path / "vendor").write_text("QEMU\n")
    monkeypatch.setattr(cloud_logins, "_VENDOR", tmp_path / "vendor")
    monkeypatch.setenv("OPENEDX_INFRA_STATE", str(tmp_path / "state"))


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home"), "PULUMI_CREDENTIALS_PATH": str(tmp_path / "home")}


def file(**content: Any) -> StackFile:
    config = {**CLUSTER, **content.pop("config", {})}
    return StackFile(name="campus", path=Path("Pulumi.campus.yaml"), content={"config": config, **content})


@pytest.mark.parametrize(
    ("url", "variables", "words"),
    [
        ("s3://state", AWS, ()),
        ("s3://state?region=eu-west-1", {k: v for k, v in AWS.items() if k != "AWS_REGION"}, ()),
        ("s3://state?region=x&anonymous=true", {}, ()),
        ("s3://state", AWS | {"AWS_REGION": ""}, ("no region is set", "?region=eu-west-1")),
        ("s3://state", {}, ("no region is set", "no credentials for AWS")),
        ("s3://state", AWS | {"AWS_SECRET_ACCESS_KEY": ""}, ("set without AWS_SECRET_ACCESS_KEY",)),
        ("s3://state", AWS | {"AWS_PROFILE": "campus"}, ("profile campus is in neither",)),
        (
            "s3://state?region=x",
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/none"},
            ("without AWS_ROLE_ARN",),
        ),
        (
            "s3://state?region=x",
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/none", "AWS_ROLE_ARN": "arn:aws:iam::1:role/ci"},
            ("names /none, which is no file",),
        ),
        ("s3://state?region=x", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23"}, ()),
        ("s3://", AWS, ("name of the bucket is missing",)),
        ("s3:/state", AWS, ("begins with no kind of address", "did you mean s3://")),
        ("S3://state", AWS, ("did you mean s3://",)),
        ("gcs://state", {}, ("did you mean gs://",)),
        ("azure://state", {}, ("did you mean azblob://",)),
        ("my-bucket", {}, ("begins with no kind of address", "s3://…, azblob://…, gs://…")),
        ("azblob://state", {}, ("no storage account is set",)),
        ("azblob://state?storage_account=campus", {}, ()),
        ("azblob://state", {"AZURE_STORAGE_CONNECTION_STRING": "x"}, ()),
        (
            "azblob://state",
            {"AZURE_STORAGE_ACCOUNT": "campus", "AZURE_CLIENT_SECRET": "x", "AZURE_CLIENT_ID": "y"},
            ("without AZURE_CLIENT_ID and AZURE_TENANT_ID",),
        ),
        ("gs://state", {}, ("no credentials for Google Cloud",)),
        ("gs://state", {"GOOGLE_CREDENTIALS": "/key.json"}, ("is no JSON",)),
        ("gs://state", {"GOOGLE_CREDENTIALS": "{}"}, ()),
        ("gs://state", {"GOOGLE_APPLICATION_CREDENTIALS": "/none"}, ("/none, which is no file",)),
        ("https://api.pulumi.com", {}, ("no access token", "pulumi login https://api.pulumi.com")),
        ("https://api.pulumi.com", {"PULUMI_ACCESS_TOKEN": "pul-x"}, ()),
        ("file:///nowhere/at/all", {}, ("no folder", "mkdir -p /nowhere/at/all")),
        ("postgres://me:hush@db/state", {}, ()),
    ],
)
def test_what_is_missing_for_a_backend(
    home: dict[str, str], url: str, variables: dict[str, str], words: tuple[str, ...]
) -> None:
    found = list(backend_faults({**home, "PULUMI_BACKEND_URL": url, **variables}))
    assert len(found) == (0 if not words else max(1, len(found)))
    text = "\n".join(found)
    assert [word for word in words if word not in text] == []
    assert all(": " in fault for fault in found), "each has its remedy"


def test_nothing_is_demanded_where_the_checkouts_own_files_are_used(home: dict[str, str]) -> None:
    require_configured(file(encryptionsalt="v1:x", **VALUE), home)


def test_a_folder_that_is_there_will_do(home: dict[str, str], tmp_path: Path) -> None:
    assert list(backend_faults({**home, "PULUMI_BACKEND_URL": tmp_path.as_uri()})) == []
    assert list(backend_faults({**home, "PULUMI_BACKEND_URL": f"{tmp_path.as_uri()}?no_tmp_dir=true"})) == []


def test_a_login_is_judged_as_a_variable_is(home: dict[str, str]) -> None:
    logins = Path(home["HOME"]) / "credentials.json"
    logins.write_text('{"current": "s3://state?region=x", "accessTokens": {"https://pulumi.example": "t"}}')
    assert "no credentials for AWS" in "".join(backend_faults(home))
    assert list(backend_faults({**home, "PULUMI_BACKEND_URL": "https://pulumi.example"})) == []


@pytest.mark.parametrize(
    ("config", "credentials", "words"),
    [
        ("[profile campus]\nregion = eu-west-1\nsso_session = x\n", "", None),
        ("[profile campus]\nregion = eu-west-1\n", "[campus]\naws_access_key_id = a\n", "alone"),
        (
            "[profile campus]\nregion = eu-west-1\n",
            "[campus]\naws_access_key_id = a\naws_secret_access_key = b%c\n",
            None,
        ),
        ("[profile campus]\nregion = eu-west-1\n", "", "no credentials for AWS"),
        ("[profile campus]\nrole_arn = arn\nsource_profile = x\n", "", "no region is set"),
        ("[profile other]\n", "broken", "profile campus is in neither"),
    ],
)
def test_profiles_of_awss_files_count(
    home: dict[str, str], config: str, credentials: str, words: str | None
) -> None:
    folder = Path(home["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "config").write_text(config)
    (folder / "credentials").write_text(credentials)
    found = list(backend_faults({**home, "PULUMI_BACKEND_URL": "s3://state?profile=campus"}))
    assert [words in fault for fault in found if words] == ([True] if words else [])
    assert bool(found) == bool(words)


def test_machines_of_the_cloud_bring_their_own_credentials(
    home: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = {**home, "PULUMI_BACKEND_URL": "s3://state?region=x"}
    (tmp_path / "vendor").write_text("Amazon EC2\n")
    assert list(backend_faults(there)) == []
    assert list(backend_faults({**there, "AWS_EC2_METADATA_DISABLED": "true"}))
    (tmp_path / "vendor").write_text("Google\n")
    assert list(backend_faults({**home, "PULUMI_BACKEND_URL": "gs://state"})) == []


KMS = "awskms://alias/campus?region=eu-west-1"


@pytest.mark.parametrize(
    ("content", "variables", "words"),
    [
        ({"secretsprovider": KMS, "encryptedkey": "x", **VALUE}, AWS, None),
        ({"secretsprovider": KMS}, AWS, None),
        ({"secretsprovider": KMS, **VALUE}, AWS, "encryptedkey is missing"),
        (
            {"secretsprovider": KMS, "encryptedkey": "x", "encryptionsalt": "y"},
            AWS,
            "encryptionsalt stands beside",
        ),
        ({"encryptedkey": "x", **VALUE}, AWS, "encryptedkey stands without the secretsprovider"),
        ({"secretsprovider": "passphrase", "encryptedkey": "x"}, {}, "stands without the secretsprovider"),
        ({"secretsprovider": "awskms://alias/campus"}, {"AWS_REGION": ""}, "no region is set"),
        ({"secretsprovider": KMS}, {"AWS_ACCESS_KEY_ID": ""}, "set without AWS_ACCESS_KEY_ID"),
        ({"secretsprovider": "awskms://"}, AWS, "names no key"),
        ({"secretsprovider": "awskms:///arn:aws:kms:eu-west-1:1:key/a?region=x"}, AWS, None),
        ({"secretsprovider": "kms://alias/campus"}, AWS, "did you mean awskms://"),
        ({"secretsprovider": "awskms:alias/campus"}, AWS, "did you mean awskms://"),
        ({"secretsprovider": "hashvault://campus"}, {}, "did you mean hashivault://"),
        ({"secretsprovider": "hashivault://campus"}, {"VAULT_ADDR": "https://v"}, "VAULT_TOKEN is not set"),
        ({"secretsprovider": "hashivault://campus"}, {"VAULT_ADDR": "https://v", "VAULT_TOKEN": "t"}, None),
        ({"secretsprovider": "azurekeyvault://campus/keys/state"}, {}, "names no key"),
        ({"secretsprovider": "azurekeyvault://campus.vault.azure.net/keys/state"}, {}, None),
        ({"secretsprovider": "gcpkms://projects/p/keyRings/r"}, {"GOOGLE_CREDENTIALS": "{}"}, "names no key"),
        (
            {"secretsprovider": "gcpkms://projects/p/locations/eu/keyRings/r/cryptoKeys/k"},
            {},
            "no credentials for Google Cloud",
        ),
        ({"secretsprovider": 7}, {}, "is no text"),
    ],
)
def test_what_is_missing_for_a_secrets_provider(
    home: dict[str, str], content: dict[str, Any], variables: dict[str, str], words: str | None
) -> None:
    found = list(provider_faults(file(**content), {**home, **AWS, **variables}))
    assert bool(found) == bool(words), found
    assert words is None or words in "\n".join(found)


def test_a_passphrase_that_is_made_up_here_is_nothing_for_a_shared_state(home: dict[str, str]) -> None:
    shared = {**home, "PULUMI_BACKEND_URL": "s3://state", **AWS}
    salted = file(encryptionsalt="v1:x", **VALUE)
    (fault,) = provider_faults(salted, shared)
    assert "neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set" in fault
    assert list(provider_faults(salted, {**shared, "PULUMI_CONFIG_PASSPHRASE": "x"})) == []
    in_cloud = {**home, "PULUMI_ACCESS_TOKEN": "t"}
    assert list(provider_faults(file(), in_cloud)) == [], "Pulumi Cloud encrypts by itself"
    assert list(provider_faults(salted, in_cloud))
    backend.passphrase_file()
    assert list(provider_faults(salted, shared)) == [], "it may be the one; Pulumi tells"


def test_the_file_of_a_passphrase_must_be_there_and_hold_one(home: dict[str, str], tmp_path: Path) -> None:
    named = tmp_path / "passphrase"
    given = {**home, "PULUMI_CONFIG_PASSPHRASE_FILE": str(named)}
    assert "can't be read" in "".join(provider_faults(file(), given))
    named.write_text("\n")
    assert "is empty" in "".join(provider_faults(file(), given))
    named.write_text("secret words")
    assert list(provider_faults(file(), given)) == []


def test_all_faults_come_at_once_without_passwords_and_before_any_request(home: dict[str, str]) -> None:
    wrong = file(secretsprovider="kms://x", encryptedkey="y")
    with pytest.raises(OperationError) as error:
        require_configured(wrong, {**home, "PULUMI_BACKEND_URL": "http://me:hush@pulumi.example"})
    text = str(error.value)
    assert text.count("\n  - ") == 2 and "hush" not in text
    assert "Nothing was changed" in text and "docs/state.md" in text
