"""Refuses a state backend or secrets provider that is half configured, before Pulumi is started."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from openedx_infra.config.errors.messages import without_credentials
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.encryption import SALT, encrypted_values
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import backend
from openedx_infra.operations.state.checks import cloud_logins

CLOUD = "https://api.pulumi.com"
"""Pulumi Cloud, which is meant where only an access token is set."""

BACKENDS = ("file", "s3", "azblob", "gs", "https", "http", "postgres")
"""Schemes of addresses that Pulumi takes as a backend (3.259). It takes any other for a Pulumi Cloud, and
asks for its access token."""

PROVIDERS = ("awskms", "azurekeyvault", "gcpkms", "hashivault")
"""Schemes of secrets providers, besides `passphrase` and `default`."""

_MEANT = {
    **dict.fromkeys(("gcs", "gcp", "google", "storage"), "gs"),
    **dict.fromkeys(("azure", "az", "abs", "blob", "azureblob", "wasb"), "azblob"),
    **dict.fromkeys(("aws", "minio", "s3a", "s3n"), "s3"),
    **dict.fromkeys(("kms", "aws-kms"), "awskms"),
    **dict.fromkeys(("keyvault", "azurekms"), "azurekeyvault"),
    **dict.fromkeys(("gcp-kms", "googlekms"), "gcpkms"),
    **dict.fromkeys(("vault", "hcvault"), "hashivault"),
}
"""Schemes that people write, and what they mean."""

_BUCKETS = ("s3", "azblob", "gs")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{0,2}")
_PAGE = "docs/state.md has an example of each"

_FORMS = {
    "awskms": (r"/?(alias/|arn:aws|[0-9a-fA-F-]{36}|mrk-).*", "awskms://alias/NAME?region=eu-west-1"),
    "azurekeyvault": (
        r"[^/]+\.vault\.[a-z0-9.-]+/keys/[^/]+.*",
        "azurekeyvault://VAULT.vault.azure.net/keys/KEY",
    ),
    "gcpkms": (
        r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+",
        "gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY",
    ),
    "hashivault": (r"[^/]+", "hashivault://KEY"),
}
"""What follows the scheme of a secrets provider, and an example."""


def require_configured(file: StackFile, variables: Mapping[str, str]) -> None:
    """Raise OperationError with all that is missing or wrong; nothing is asked over the network."""
    faults = [*backend_faults(variables), *provider_faults(file, variables)]
    if not faults:
        return
    raise OperationError(
        f"The state or the secrets of stack {file.name} are half configured. Nothing was changed.\n"
        f"{without_credentials(cloud_logins.listed(faults))}",
        remedy=f"mend what is listed; {_PAGE}",
    )


def backend_faults(variables: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the address of the state, or missing for it."""
    url = _chosen(variables)
    if url is None:
        return
    match = _SCHEME.match(url)
    scheme = match[1] if match else ""
    if scheme not in BACKENDS or not url.startswith(f"{scheme}://"):
        yield f"the backend {url} {_no_scheme(scheme, BACKENDS)}"
        return
    faults = list(_of_backend(scheme, url, variables))
    yield from (f"backend {url}: {fault}" for fault in faults)


def _of_backend(scheme: str, url: str, variables: Mapping[str, str]) -> Iterator[str]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if scheme in _BUCKETS and not parts.netloc:
        yield "the name of the bucket is missing: write it after the slashes"
        return
    match scheme:
        case "s3":
            yield from cloud_logins.aws(variables, query)
        case "azblob":
            yield from cloud_logins.azure_storage(variables, query)
        case "gs":
            yield from cloud_logins.google(variables)
        case "file":
            yield from _folder(url)
        case "https" | "http":
            yield from _token(url, variables)


def _folder(url: str) -> Iterator[str]:
    text = unquote(url.removeprefix("file://").partition("?")[0])
    if not text.startswith(("/", "~")):
        return  # relative: Pulumi decides to what
    path = Path(text).expanduser()
    if not path.is_dir():
        yield f"{path} is no folder: make it (`mkdir -p {path}`), or name another one"
    elif not os.access(path, os.W_OK | os.X_OK):
        yield f"you may not write in {path}: change its owner or mode, or name another folder"


def _token(url: str, variables: Mapping[str, str]) -> Iterator[str]:
    known = _credentials(variables).get("accessTokens")
    if not variables.get("PULUMI_ACCESS_TOKEN") and not (isinstance(known, Mapping) and known.get(url)):
        yield f"no access token is set for it: run `pulumi login {url}`, or set PULUMI_ACCESS_TOKEN"


def provider_faults(file: StackFile, variables: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with how a stack's secrets are encrypted, or missing to decrypt them."""
    content = file.content
    provider = content.get("secretsprovider") or ""
    name = file.path.name
    if not isinstance(provider, str):
        yield f"{name}: secretsprovider is no text: write `passphrase`, or the address of a key"
        return
    if provider in ("", "default", "passphrase"):
        if content.get("encryptedkey"):
            yield (
                f"{name}: encryptedkey stands without the secretsprovider whose key encrypted it: put the "
                f"line `secretsprovider: …` back from an older version of the file (`git log -p {name}`)"
            )
        else:
            yield from _passphrase(file, variables, provider)
        return
    yield from _cloud_key(file, provider, variables)
    yield from _kept(content, name)


def _kept(content: Mapping[str, Any], name: str) -> Iterator[str]:
    """What belongs to a key of a cloud, and what doesn't."""
    if content.get(SALT):
        yield (
            f"{name}: {SALT} stands beside a secretsprovider that is a key, which can't decrypt what a "
            "passphrase encrypted: remove the one that is not used (`pulumi stack "
            "change-secrets-provider` encrypts all values anew, and does this by itself)"
        )
    elif not content.get("encryptedkey") and any(encrypted_values(content)):
        yield (
            f"{name}: encryptedkey is missing, and without it nobody can decrypt the values in the file: put "
            f"the line `encryptedkey: …` back from an older version of the file (`git log -p {name}`)"
        )


def _cloud_key(file: StackFile, provider: str, variables: Mapping[str, str]) -> Iterator[str]:
    scheme, colon, rest = provider.partition("://")
    if not colon or scheme not in PROVIDERS:
        scheme = scheme.partition(":")[0]
        yield f"{file.path.name}: secretsprovider {provider} {_no_scheme(scheme, PROVIDERS, 'passphrase')}"
        return
    address, _, options = rest.partition("?")
    form, example = _FORMS[scheme]
    if not re.fullmatch(form, address):
        yield f"{file.path.name}: secretsprovider {provider} names no key: write it like {example}"
        return
    query = dict(parse_qsl(options))
    faults = {
        "awskms": lambda: cloud_logins.aws(variables, query),
        "azurekeyvault": lambda: cloud_logins.azure(variables),
        "gcpkms": lambda: cloud_logins.google(variables),
        "hashivault": lambda: cloud_logins.vault(variables),
    }[scheme]()
    yield from (f"secretsprovider {provider}: {fault}" for fault in faults)


def _passphrase(file: StackFile, variables: Mapping[str, str], provider: str) -> Iterator[str]:
    variable, by_file = backend.PASSPHRASE_VARIABLES
    if variables.get(variable):
        return
    if path := variables.get(by_file):
        try:
            empty = not Path(path).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            yield f"{by_file} names {path}, which can't be read ({reason}): name the file of the passphrase"
            return
        if empty:
            yield f"{by_file} names {path}, which is empty: write the passphrase into it"
        return
    url = _chosen(variables) or ""
    shared = url.startswith(tuple(f"{scheme}://" for scheme in (*_BUCKETS, "postgres")))
    in_cloud = url.startswith(("https://", "http://"))
    needs = file.content.get(SALT) or (shared and not file.local) or provider == "passphrase"
    if needs and (shared or in_cloud) and not backend.has_own_passphrase():
        yield (
            f"neither {variable} nor {by_file} is set, and the state is shared: a passphrase that this "
            "checkout makes up would be known to nobody else; set the one that encrypts the secrets of "
            f"{file.path.name}, or choose one and keep it safe"
        )


def _chosen(variables: Mapping[str, str]) -> str | None:
    """The address of the backend that a variable or a login chose; None for the checkout's own files."""
    current = _credentials(variables).get("current")
    logged_in = current if isinstance(current, str) and current else None
    token = CLOUD if variables.get("PULUMI_ACCESS_TOKEN") else None
    return variables.get("PULUMI_BACKEND_URL") or logged_in or token


def _credentials(variables: Mapping[str, str]) -> Mapping[str, Any]:
    """Pulumi's logins; nothing where there are none."""
    try:
        content = json.loads(backend.credentials(variables).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, Mapping) else {}


def _no_scheme(scheme: str, known: tuple[str, ...], *words: str) -> str:
    written = ", ".join([*(f"{each}://…" for each in known if each != "http"), *words])
    near = _MEANT.get(scheme.lower()) or next(iter(get_close_matches(scheme.lower(), known, 1, 0.6)), None)
    hint = f"; did you mean {near}://…?" if near in known else ""
    return f"begins with no kind of address that Pulumi takes: write one of {written}{hint}"
