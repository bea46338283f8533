"""Whether the environment has what a cloud's storage or key service demands, judged without asking it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigFault
from pathlib import Path

Variables = Mapping[str, str]

_VENDOR = Path("/sys/class/dmi/id/sys_vendor")
"""Where Linux tells who made the machine: clouds name themselves."""

_KEY_PAIRS = (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_ACCESS_KEY", "AWS_SECRET_KEY"))
"""Names of the same two variables, as AWS' library for Go has them."""

_AWS_LOGINS = ("role_arn", "sso_session", "sso_start_url", "credential_process", "login_session")
"""Keys of a profile that lead to credentials besides a pair of keys."""

_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")

_GOOGLE = ("GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS")


def aws(variables: Variables, query: Mapping[str, str]) -> Iterator[str]:
    """What is missing for AWS; `query` has the options of the address, such as `region` and `profile`."""
    profiles = _profiles(variables)
    named = query.get("profile") or variables.get("AWS_PROFILE")
    profile = profiles.get(named or "default", {})
    if named and not profile:
        yield (
            f"the profile {named} is in neither of AWS' files: add it, or unset AWS_PROFILE and leave "
            "`profile` out of the address"
        )
        return
    regions = (query.get("region"), variables.get("AWS_REGION"), variables.get("AWS_DEFAULT_REGION"))
    if not any((*regions, profile.get("region"))):
        yield "no region is set: add `?region=eu-west-1` to the address, with your region, or set AWS_REGION"
    if query.get("anonymous") != "true":
        yield from _aws_credentials(variables, profile)


def _aws_credentials(variables: Variables, profile: Mapping[str, str]) -> Iterator[str]:
    for pair in _KEY_PAIRS:
        there = [name for name in pair if variables.get(name)]
        if len(there) == len(pair):
            return
        if there:
            (lacking,) = set(pair) - set(there)
            yield f"{there[0]} is set without {lacking}: set both, or neither"
            return
    if token := variables.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        if not variables.get("AWS_ROLE_ARN"):
            yield "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN: set the role of the token"
        elif not Path(token).is_file():
            yield f"AWS_WEB_IDENTITY_TOKEN_FILE names {token}, which is no file: name the token's"
        return
    keys = [name for name in ("aws_access_key_id", "aws_secret_access_key") if profile.get(name)]
    if len(keys) == 1:
        yield f"the profile in AWS' files has {keys[0]} alone: it takes the ID of a key and its secret"
        return
    metadata = variables.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true" and _may_be("Amazon EC2")
    if keys or any(map(profile.get, _AWS_LOGINS)) or any(map(variables.get, _CONTAINER)) or metadata:
        return
    yield (
        "there are no credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE "
        "to a profile that `aws configure sso` has made, or log in by OIDC in CI"
    )


def azure(variables: Variables) -> Iterator[str]:
    """What is half set for Azure. Its library also takes logins of `az` and managed identities, which only
    Azure can judge."""
    rest = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID")
    if variables.get("AZURE_CLIENT_SECRET") and not all(map(variables.get, rest)):
        yield "AZURE_CLIENT_SECRET is set without AZURE_CLIENT_ID and AZURE_TENANT_ID: set all three, or none"


def azure_storage(variables: Variables, query: Mapping[str, str]) -> Iterator[str]:
    """What is missing for a container of Azure's Blob Storage."""
    connection = ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING")
    account = query.get("storage_account") or variables.get("AZURE_STORAGE_ACCOUNT")
    if not account and not any(map(variables.get, connection)):
        yield (
            "no storage account is set: add `?storage_account=NAME` to the address, or set "
            "AZURE_STORAGE_ACCOUNT"
        )
    yield from azure(variables)


def google(variables: Variables) -> Iterator[str]:
    """What is missing for Google Cloud."""
    if text := variables.get("GOOGLE_CREDENTIALS"):
        try:
            json.loads(text)
        except ValueError:
            yield (
                "GOOGLE_CREDENTIALS is no JSON: it holds the key itself; the path of a file belongs into "
                "GOOGLE_APPLICATION_CREDENTIALS"
            )
        return
    file = variables.get("GOOGLE_APPLICATION_CREDENTIALS")
    if file and not variables.get("GOOGLE_OAUTH_ACCESS_TOKEN") and not Path(file).is_file():
        yield f"GOOGLE_APPLICATION_CREDENTIALS names {file}, which is no file: name that of the key"
        return
    folder = variables.get("CLOUDSDK_CONFIG") or _home(variables) / ".config" / "gcloud"
    login = Path(folder) / "application_default_credentials.json"
    if not (any(map(variables.get, _GOOGLE)) or login.is_file() or _may_be("Google")):
        yield (
            "there are no credentials for Google Cloud: run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to the file of a key"
        )


def vault(variables: Variables) -> Iterator[str]:
    """What is missing for HashiCorp Vault."""
    for noun, *names in (
        ("address", "VAULT_SERVER_URL", "VAULT_ADDR"),
        ("token", "VAULT_SERVER_TOKEN", "VAULT_TOKEN"),
    ):
        if not any(map(variables.get, names)):
            yield f"{names[1]} is not set: set it to the server's {noun}"


def _profiles(variables: Variables) -> dict[str, dict[str, str]]:
    """AWS' profiles by name, of both files. One that can't be read has none."""
    home = _home(variables) / ".aws"
    found: dict[str, dict[str, str]] = {}
    for variable, name in (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")):
        parser = ConfigParser(interpolation=None, strict=False, default_section="")
        try:
            parser.read(variables.get(variable) or home / name, encoding="utf-8")
        except (ConfigFault, OSError, UnicodeError):
            continue
        for section in parser.sections():
            profile = section.removeprefix("profile ").strip()
            found.setdefault(profile, {}).update(parser[section])
    return found


def _home(variables: Variables) -> Path:
    return Path(variables["HOME"]) if variables.get("HOME") else Path.home()


def _may_be(vendor: str) -> bool:
    """Whether this machine is of a cloud, which then gives it credentials; also where nobody can tell."""
    try:
        return vendor in _VENDOR.read_text(encoding="utf-8")
    except OSError:
        return Path("/sys").is_dir()


def listed(faults: Sequence[str]) -> str:
    """Several faults as lines."""
    return "\n".join(f"  - {fault}" for fault in faults)
